"""Check: judge what lies in staging against the contracts, before anything moves.

Row rules were marked at ingest and are counted here; volume and freshness compare with what the warehouse has; everything that
can be said as an expectation is said by the judge (Great Expectations, see `tonglu.quality`), over the same tables by SQL. A
blocking breach raises; a quarantining one leaves its rows marked, and `promote` sets them aside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlglot import exp

from tonglu.core.durations import format_duration
from tonglu.core.errors import CheckFailed
from tonglu.core.ports import Warehouse
from tonglu.language.contract import Breach, Column, Contract, RuleKind
from tonglu.stages.pattern import column, fill
from tonglu.stages.tables import current, held, staging

_MARKED = """
SELECT _rule, count(*), min(_file), min(_row), list(shown)[1:5]
FROM staged WHERE _rule IS NOT NULL GROUP BY _rule ORDER BY _rule
"""
_HELD = "SELECT count(*), min(moment) FROM kept"
MASK = "***"


@dataclass(frozen=True)
class Verdict:
    """What one expectation of one table came to.

    `severity` is what a breach means (block, quarantine, warn). `unexpected` counts rows; `sample` shows some of their values,
    masked unless they are codes or the table tells of no customer (`shows_values`); `where` is the first file and line.
    """

    table: str
    expectation: str
    severity: Breach
    success: bool
    expected: str = ""
    observed: str = ""
    unexpected: int = 0
    sample: tuple[str, ...] = ()
    where: str = ""

    @property
    def stops(self) -> bool:
        """Whether this verdict stops the run."""
        return not self.success and self.severity is Breach.BLOCK

    def __str__(self) -> str:
        parts = [f"{self.table}: {self.expectation}"]
        parts += [f"expected {self.expected}"] if self.expected else []
        parts += [f"observed {self.observed}"] if self.observed else []
        parts += [f"for example {', '.join(self.sample)}"] if self.sample else []
        return "; ".join(parts) + (f" ({self.where})" if self.where else "")


class Judge(Protocol):
    """Runs the expectations of a contract over its staging table."""

    def judge(self, contract: Contract) -> Sequence[Verdict]:
        """One verdict per expectation."""


@dataclass(frozen=True)
class CheckSummary:
    """All verdicts of a run, and how many staged rows of each table will be set aside for breaking a row rule."""

    run_no: int
    verdicts: tuple[Verdict, ...]
    aside: Mapping[str, int]

    @property
    def blocking(self) -> tuple[Verdict, ...]:
        """The verdicts that stop the run."""
        return tuple(verdict for verdict in self.verdicts if verdict.stops)

    @property
    def breaches(self) -> tuple[Verdict, ...]:
        """Every verdict that is not a success."""
        return tuple(verdict for verdict in self.verdicts if not verdict.success)


class ContractBroken(CheckFailed):
    """Data broke a contract that blocks. `summary` has every verdict, for the written report."""

    def __init__(self, summary: CheckSummary) -> None:
        self.summary = summary
        lines = [f"{len(summary.blocking)} blocking breach(es) of data contracts; nothing was moved", *map(str, summary.blocking)]
        super().__init__("\n  ".join(lines))


def check(
    warehouse: Warehouse,
    contracts: Mapping[str, Contract],
    run_no: int,
    *,
    as_of: datetime,
    judge: Judge | None,
    unread: Mapping[str, int] | None = None,
) -> CheckSummary:
    """Judge staging.

    Args:
        warehouse: the warehouse, with a committed staging.
        contracts: what was promised.
        run_no: the run.
        as_of: the run's instant, against which freshness is measured.
        judge: runs the expectations; None leaves row rules, volume and freshness, for tests of the engine.
        unread: how many items came by mail that nothing reads, by kind; each kind is a warning.

    Raises:
        ContractBroken: at least one blocking breach; nothing was changed.
    """
    verdicts: list[Verdict] = []
    aside: dict[str, int] = {}
    for contract in contracts.values():
        marked = _marked(warehouse, contract)
        aside[contract.table] = sum(verdict.unexpected for verdict in marked)
        staged = warehouse.fetch(fill("SELECT count(*) FROM staged", {"staged": staging(contract)}))[0][0]
        verdicts += marked + _volume(warehouse, contract) + _freshness(warehouse, contract, as_of)
        if judge is not None and staged:
            verdicts += judge.judge(contract)
    verdicts += [
        Verdict(
            "inbox", "kind:known", Breach.WARN, success=False, observed=f"{count} item(s) of kind '{kind[:60]}'", unexpected=count
        )
        for kind, count in sorted((unread or {}).items())
    ]
    summary = CheckSummary(run_no, tuple(verdicts), {table: count for table, count in aside.items() if count})
    if summary.blocking:
        raise ContractBroken(summary)
    return summary


def unclear_words(run_no: int, count: int) -> CheckSummary:
    """Words of customers that name no known channel or purpose, as a warning that operators see until the next run."""
    observed = f"{count} word(s) out of a channel or purpose that is not known; each was taken for every one"
    return CheckSummary(
        run_no, (Verdict("opt_out", "word:known", Breach.WARN, success=False, observed=observed, unexpected=count),), {}
    )


def held_rows(warehouse: Warehouse, contracts: Mapping[str, Contract], run_no: int) -> CheckSummary:
    """Rows that wait for their instant after a run's promotion, as a warning per table: a withdrawn consent may be among them."""
    verdicts = []
    for contract in contracts.values():
        if contract.time is None:
            continue
        statement = fill(_HELD, {"kept": held(contract)}, conditions={"moment": column(contract.time)})
        count, first = warehouse.fetch(statement)[0]
        if count:
            observed = f"{count} row(s) of the future are held, the next until {first:%Y-%m-%d %H:%M} UTC"
            verdicts.append(Verdict(contract.table, "held", Breach.WARN, success=False, observed=observed, unexpected=count))
    return CheckSummary(run_no, tuple(verdicts), {})


def record_checks(warehouse: Warehouse, summary: CheckSummary) -> None:
    """Keep a run's verdicts in `tonglu.check_result`; call it inside the run's transaction."""
    for verdict in summary.verdicts:
        warehouse.run(
            "ingest/record_check",
            run_no=summary.run_no,
            source_table=verdict.table,
            expectation=verdict.expectation,
            severity=verdict.severity.value,
            success=verdict.success,
            observed=verdict.observed,
        )


def shows_values(contract: Contract, name: str | None) -> bool:
    """Whether a column's values may be shown in logs and reports: reports travel further than the data does.

    None of a personal table; in a table with customer_id only enumerated codes, by `values` or by the `names` of events.
    """
    if contract.personal:
        return False
    if "customer_id" not in contract.columns:
        return True
    promised = contract.columns.get(name or "")
    return promised is not None and (promised.values is not None or (name == "name" and contract.names is not None))


def shown_values(contract: Contract, name: str | None, values: Sequence[object]) -> tuple[str, ...]:
    """Values of a column for a report: short, and masked where `shows_values` says so."""
    shown = shows_values(contract, name)
    return tuple((("null" if value is None else str(value)[:60]) if shown else MASK) for value in values)


def _marked(warehouse: Warehouse, contract: Contract) -> list[Verdict]:
    """The row rules that staged rows break."""
    rules = {rule.name: rule for rule in contract.rules()}
    cases = []
    for name, rule in rules.items():
        if rule.kind is RuleKind.TYPE:
            value: exp.Expr = exp.Anonymous(
                this="json_extract_string", expressions=[column("_raw"), exp.convert(f"$.{rule.column}")]
            )
        else:
            value = exp.cast(column("properties" if rule.kind is RuleKind.PROPERTY else rule.column), "text")
        cases.append(exp.If(this=exp.EQ(this=column("_rule"), expression=exp.convert(name)), true=value))
    shown = exp.Case(ifs=cases)
    rows = warehouse.fetch(fill(_MARKED, {"staged": staging(contract)}, conditions={"shown": shown}))
    return [
        Verdict(
            contract.table,
            name,
            rules[name].breach,
            success=False,
            expected=expected(contract, rules[name].kind, rules[name].column),
            observed=f"{count} row(s)",
            unexpected=count,
            sample=shown_values(contract, "properties" if rules[name].kind is RuleKind.PROPERTY else rules[name].column, values),
            where=f"{file}:{line}",
        )
        for name, count, file, line, values in rows
    ]


def expected(contract: Contract, kind: RuleKind, name: str) -> str:
    """A row rule in words."""
    if kind is RuleKind.NAME:
        return f"one of {', '.join(contract.names or {})}"
    if kind is RuleKind.PROPERTY:
        return f"the property '{name}' of the type that its event promises"
    promised = contract.columns[name]
    return {
        RuleKind.TYPE: f"a value of type {promised.type}",
        RuleKind.REQUIRED: "a value",
        RuleKind.VALUES: f"one of {', '.join(map(str, promised.values or ()))}",
        RuleKind.RANGE: " and ".join(_limits(promised)),
        RuleKind.MATCHES: f"text like {promised.matches}",
    }[kind]


def _limits(promised: Column) -> list[str]:
    limits = [("at least", promised.min), ("at most", promised.max)]
    return [f"{words} {limit}" for words, limit in limits if limit is not None]


def _volume(warehouse: Warehouse, contract: Contract) -> list[Verdict]:
    """The newest delivered day against the promise and the delivery before; a table's first delivery is no yardstick."""
    if contract.volume is None:
        return []
    days: list[tuple[date, int]] = warehouse.rows("ingest/deliveries", source_table=contract.table)
    staged = warehouse.rows("ingest/staged_days", source_table=contract.table)
    if not staged:
        return []
    newest, rows = staged[-1]
    verdicts = []
    severity = Breach(contract.volume.breach)
    if contract.volume.min_rows is not None:
        least = contract.volume.min_rows
        text = f"at least {least} row(s) on {newest}"
        verdicts.append(Verdict(contract.table, "volume:min_rows", severity, rows >= least, text, f"{rows}"))
    # The first delivery is the opening balance, of a size of its own.
    earlier = [count for day, count in days[1:] if day < newest]
    if contract.volume.against_yesterday and earlier and earlier[-1]:
        low, high = contract.volume.against_yesterday
        ratio = rows / earlier[-1]
        text = f"{low:g} to {high:g} times the {earlier[-1]} row(s) of the delivery before"
        name = "volume:against_yesterday"
        verdicts.append(Verdict(contract.table, name, severity, low <= ratio <= high, text, f"{rows} row(s), {ratio:.2f} times"))
    return verdicts


def _freshness(warehouse: Warehouse, contract: Contract, as_of: datetime) -> list[Verdict]:
    if contract.freshness is None or contract.time is None:
        return []
    pattern = """
    SELECT max(newest) FROM (
      SELECT max(moment) AS newest FROM staged WHERE _rule IS NULL AND moment <= $as_of
      UNION ALL
      SELECT max(moment) AS newest FROM present
    ) AS both
    """
    statement = fill(
        pattern, {"staged": staging(contract), "present": current(contract)}, conditions={"moment": column(contract.time)}
    )
    newest = warehouse.fetch(statement, as_of=as_of)[0][0]
    if isinstance(newest, date) and not isinstance(newest, datetime):
        newest = datetime(newest.year, newest.month, newest.day)
    within = contract.freshness.newest_within
    fresh = newest is not None and as_of - newest <= within
    text = f"a row not older than {format_duration(within)} at {as_of:%Y-%m-%d %H:%M}"
    observed = f"{newest:%Y-%m-%d %H:%M}" if newest is not None else "no row"
    return [Verdict(contract.table, "freshness", Breach(contract.freshness.breach), fresh, text, observed)]
