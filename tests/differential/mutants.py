"""Deliberate faults, fixed beforehand, put into the engine one at a time: each must make it differ from the interpreter.

    python -m tests.differential.mutants [--batches 15] [name ...]

A fault changes the text of a statement on its way to DuckDB, or a function. One that no statement shows any more is stale and counts as a survivor.
"""

import argparse
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from sqlglot import exp
from tests.differential.batch import run_batch
from tests.differential.cases import Case
from tests.differential.judge import cases_of

from tonglu.core import clock as clocks
from tonglu.language import hours
from tonglu.stages.occasions import Instants, instants
from tonglu.warehouse.connection import DuckDBWarehouse

TICK = timedelta(microseconds=1)
SEED = 4711
BATCH = 60


@dataclass(frozen=True)
class Mutant:
    """A fault in SQL: wherever a statement holds `old` (spaces and capitals do not matter), and `beside` too, `new` stands instead."""

    name: str
    old: str
    new: str
    beside: str = ""

    @contextmanager
    def at_work(self, used: Counter[str]) -> Iterator[None]:
        """The engine with this fault; `used` counts the statements that have it."""
        pattern = re.compile(r"\s+".join(map(re.escape, self.old.split())), re.IGNORECASE)
        beside = re.compile(r"\s+".join(map(re.escape, self.beside.split())), re.IGNORECASE)
        whole = DuckDBWarehouse._last

        def last(warehouse: DuckDBWarehouse, statement: str | exp.Expression, parameters: dict[str, object]) -> Any:
            text = statement if isinstance(statement, str) else statement.sql(dialect="duckdb")
            if pattern.search(text) and beside.search(text):
                used[self.name] += 1
                text = pattern.sub(lambda _: self.new, text)
            return whole(warehouse, text, parameters)

        with patch.object(DuckDBWarehouse, "_last", last):
            yield


@dataclass(frozen=True)
class Replaced:
    """A fault in a function: another one stands in its place."""

    name: str
    place: str
    by: Any

    @contextmanager
    def at_work(self, used: Counter[str]) -> Iterator[None]:
        """The engine with this fault."""

        def counted(*given: Any, **named: Any) -> Any:
            used[self.name] += 1
            return self.by(*given, **named)

        with patch(self.place, counted):
            yield


def opening_with_its_end(rule: hours.ByDay, instant: datetime, zone: ZoneInfo, days: hours.Days) -> datetime:
    """Quiet hours that begin a moment late: the end of the hours still belongs to them."""
    here = clocks.local(instant, zone)
    closings = [closes for _, closes in hours.windows_on(rule, here.date(), days)]
    return instant if here.time() in closings else hours.next_opening_of(rule, instant, zone, days)


def instants_with_their_beginning(rule: Any, after: datetime, until: datetime, zone: ZoneInfo, calendar: Any) -> Instants:
    """A calendar whose interval is closed on the wrong side."""
    return instants(rule, after - TICK, until - TICK, zone, calendar)


def flags_without_make_up_days(calendar: Any, years: range) -> str:
    """A calendar of holidays in which no weekend is worked."""
    from tonglu.core.workdays import days_of

    return "".join("1" if day.weekday() < 5 and calendar.is_workday(day) else "0" for day in days_of(years))


def weekday(calendar: Any, day: date) -> bool:
    """A calendar without holidays."""
    return day.weekday() < 5


MUTANTS: tuple[Mutant | Replaced, ...] = (
    Mutant("window holds its beginning", "e.occurred_at > p.since", "e.occurred_at >= p.since"),
    Mutant("window lacks its end", "e.occurred_at <= p.since + to_microseconds(", "e.occurred_at < p.since + to_microseconds("),
    Mutant("tie goes to the alternative written last", "order by won_at, ordinal", "order by won_at, -ordinal"),
    Mutant("latest event wins", "order by won_at, ordinal", "order by won_at desc, ordinal"),
    Mutant("limit's clock is the run's", "p.since + to_microseconds(s.takes_us), 'timed out'", "$as_of, 'timed out'"),
    Mutant(
        "limit leads to next",
        "coalesce(s.otherwise_key, s.next_key), p.since + to_microseconds(s.takes_us)",
        "s.next_key, p.since + to_microseconds(s.takes_us)",
    ),
    Mutant("state wins after the limit", "to_microseconds(86400000000) >= $as_of", "to_microseconds(864000000000) >= $as_of"),
    Mutant("move before exit at one instant", "l.exit_at - interval 1 microsecond", "l.exit_at"),
    Mutant(
        "goal after other exits", "order by exit_at, ordinal", "order by exit_at, case when ordinal < 0 then 999 else ordinal end"
    ),
    Mutant("exit by the latest event", "order by exit_at, ordinal", "order by exit_at desc, ordinal"),
    Mutant("exit ends at the event though the clock is later", "greatest(exit_at, since), exit_reason", "exit_at, exit_reason"),
    Mutant("exit counts events before the trip", "e.occurred_at > r.first_since", "e.occurred_at >= r.first_since"),
    Mutant("late event changes a path", "e.entry_id is not null, null, null", "true, null, null", "r.due_at"),
    Mutant("again needs a moment more than its time", "o.since >= p.ended_at +", "o.since > p.ended_at +"),
    Mutant(
        "again at the very end", "j.again = 'always' and o.since > p.ended_at", "j.again = 'always' and o.since >= p.ended_at"
    ),
    Mutant(
        "earliest occasion is not the one",
        "partition by o.journey, o.customer_id, o.key order by o.since",
        "partition by o.journey, o.customer_id, o.key order by o.since desc",
    ),
    Mutant(
        "fresh lacks its edge",
        "e.occurred_at >= $as_of - to_microseconds",
        "e.occurred_at > $as_of - to_microseconds",
        "insert into occasion",
    ),
    Mutant("trips are all number one", "coalesce(p.entry_no, 0) + 1 as entry_no", "1 as entry_no"),
    Mutant("limit's order is upside down", "order by e.order_value desc nulls last", "order by e.order_value asc nulls last"),
    Mutant("missing order goes first", "order by e.order_value desc nulls last", "order by e.order_value desc nulls first"),
    Mutant("day's limit counts all days", "filter (where assigned_at >= $day_start)", "filter (where true)"),
    Mutant("holdout's salt lacks the journey", "draw('holdout', journey, unit)", "draw('holdout', 'all', unit)"),
    Mutant("key is ignored", "keyed.key =", "keyed.key is not null or keyed.key ="),
    Mutant(
        "split from the other side",
        "p.entry_no) >= w.low and draw('split', p.journey, p.customer_id, p.step, p.entry_no) < w.high",
        "p.entry_no) >= 1 - w.high and draw('split', p.journey, p.customer_id, p.step, p.entry_no) < 1 - w.low",
    ),
    Mutant("arms from the last", "partition by step_key order by arm_no", "partition by step_key order by arm_no desc"),
    Mutant(
        "wait's clock is the run's", "s.next_key, p.since + to_microseconds(s.takes_us), 'waited'", "s.next_key, $as_of, 'waited'"
    ),
    Mutant(
        "wait needs a moment more",
        "p.kind = 'wait' and p.since + to_microseconds(s.takes_us) <= p.horizon",
        "p.kind = 'wait' and p.since + to_microseconds(s.takes_us) < p.horizon",
    ),
    Mutant("note seen by others at once", "noted.run_no < $run_no", "noted.run_no <= $run_no"),
    Mutant("passed on with the run's clock", "t.target, e.key, p.since", "t.target, e.key, $as_of"),
    Mutant("count's window holds its beginning", "counted.occurred_at > $as_of -", "counted.occurred_at >= $as_of -"),
    Mutant("touches of this run's instant do not count", "touched.not_before <= $as_of", "touched.not_before < $as_of"),
    Mutant("not in segment is in", "not coalesce(p.customer_id in", "coalesce(p.customer_id in"),
    Mutant("cap's window holds its beginning", "t.not_before > r.not_before -", "t.not_before >= r.not_before -"),
    Mutant("cap counts what was taken back", "d.state in ('cancelled', 'expired')", "d.state in ('expired')"),
    Mutant(
        "cap counts ghosts",
        "where p.outcome is null and not p.ghost and list_contains($skipping, p.purpose)",
        "where p.outcome is null and (p.ghost or list_contains($skipping, p.purpose))",
    ),
    Mutant(
        "arbitration lets the worst through",
        "order by priority, score desc, tie",
        "order by priority desc, score, tie desc",
        "'outranked'",
    ),
    Mutant("tie is not by hash", "order by priority, score desc, tie", "order by priority, score desc, journey", "'outranked'"),
    Mutant("deferred is dropped", "then 'deferred' else 'dropped'", "then 'dropped' else 'dropped'"),
    Mutant(
        "validity lacks its end",
        "$as_of > first_proposed_at + to_microseconds(",
        "$as_of >= first_proposed_at + to_microseconds(",
    ),
    Mutant("dropped touch goes on to next", "else coalesce(s.otherwise_key, s.next_key)", "else s.next_key"),
    Mutant(
        "sent touch keeps the run's clock",
        "greatest(p.since, $as_of, case when p.outcome = 'sent' then p.not_before else $as_of end)",
        "greatest(p.since, $as_of)",
    ),
    Mutant("opt-out loses against an equal consent", "o.since >= c.changed_at", "false"),
    Mutant(
        "conversion counts from assignment on",
        "e.occurred_at <= en.assigned_at + to_microseconds(",
        "e.occurred_at < en.assigned_at + to_microseconds(",
    ),
    Mutant("pay-day is not moved", "max(day) filter (is_workday) over (order by day) as paid", "day as paid"),
    Replaced("end of the hours is open", "tonglu.gates.quiet_hours.next_opening_of", opening_with_its_end),
    Replaced("calendar's interval on the wrong side", "tonglu.stages.enrol.instants", instants_with_their_beginning),
    Replaced("make-up days are off", "tonglu.stages.calendar.flags_of", flags_without_make_up_days),
    Replaced("no holidays for entering", "tonglu.core.workdays.ChineseCalendar.is_workday", weekday),
)


def played(cases: Sequence[Case]) -> str:
    """What a batch shows: nothing, the tables that differ, or how the run died."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            differences = run_batch(Path(folder), cases).differences
        except Exception as problem:
            return f"the run's own rules: {type(problem).__name__}"
    tables = sorted({one.table for one in differences})
    return f"{len({one.case.number for one in differences})} cases: {', '.join(tables)}" if differences else ""


def caught(mutant: Mutant | Replaced, batches: int) -> tuple[str, str, float]:
    """The fault's name, what came of it, and the seconds."""
    began, used = time.monotonic(), Counter[str]()
    with mutant.at_work(used):
        for batch in range(batches):
            if shown := played(cases_of(SEED, batch, BATCH)):
                return mutant.name, f"caught in batch {batch} by {shown}", time.monotonic() - began
    return mutant.name, "SURVIVED" if used[mutant.name] else "SURVIVED (stale: nothing to change)", time.monotonic() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every fault, print what came of it; 1 where one survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=15)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args(arguments)
    wanted = [one for one in MUTANTS if not chosen.names or one.name in chosen.names]
    survived = 0
    with ProcessPoolExecutor(chosen.processes) as pool:
        for batch, shown in enumerate(pool.map(played, (cases_of(SEED, batch, BATCH) for batch in range(chosen.batches)))):
            if shown:
                print(f"without a fault, batch {batch} differs in {shown}: settle that first")
                return 1
        for name, outcome, seconds in pool.map(caught, wanted, repeat(chosen.batches)):
            survived += outcome.startswith("SURVIVED")
            print(f"{name:<50} {outcome} ({seconds:.0f} s)", flush=True)
    print(f"\nseed {SEED}: {len(wanted) - survived} of {len(wanted)} faults caught")
    return 1 if survived else 0


if __name__ == "__main__":
    raise SystemExit(main())
