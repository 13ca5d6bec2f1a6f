"""Promote: move what was checked from staging to where facts live, inside the run's one transaction.

Facts that are kept forever are appended once per id; keyed rows replace their older version, which goes to history. Whatever
may not move is kept: broken rows and contradicting copies in quarantine, facts of the future in `held`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.language.contract import Attached, Contract, Keep
from tonglu.stages import promote_sql as sql
from tonglu.stages.casts import as_json, differs, same_key
from tonglu.stages.pattern import call, column, columns, condition, fill
from tonglu.stages.tables import create_staging, current, held, history, quarantine, staging

LONGEST_SORTED = 2_000_000


@dataclass(frozen=True)
class Promoted:
    """What became of one table's staged rows; `staged` is the sum of the others."""

    staged: int = 0
    added: int = 0  # rows of new keys
    replaced: int = 0  # new versions of keys that were there
    older: int = 0  # versions older than the current one, straight to history
    duplicates: int = 0  # copies of what is there, or of each other
    held: int = 0  # not before their time
    quarantined: int = 0


@dataclass(frozen=True)
class PromoteSummary:
    """What a run moved, by table, and how many receipts became events."""

    run_no: int
    tables: Mapping[str, Promoted] = field(default_factory=dict)
    receipt_events: int = 0

    def counts(self) -> dict[str, object]:
        """For the run's summary: new facts and versions, and the rows of all tables that did not become one."""
        moved = self.tables.values()
        return {
            "facts": sum(one.added + one.replaced for one in moved),
            "duplicates": sum(one.duplicates for one in moved),
            "held": sum(one.held for one in moved),
            "quarantined": sum(one.quarantined for one in moved),
        }


def promote(warehouse: Warehouse, contracts: Mapping[str, Contract], run_no: int, as_of: datetime) -> PromoteSummary:
    """Move staging to its tables and leave it empty. Call it inside `warehouse.transaction()`, after `check` let it pass.

    Args:
        warehouse: the warehouse; receipts need its table `tonglu.touch`.
        contracts: the contracts that staging was made by.
        run_no: becomes `loaded_run` of what is added, `replaced_run` of what it replaces.
        as_of: facts after it are held.
    """
    tables: dict[str, Promoted] = {}
    filled = set(warehouse.rows("ingest/sizes"))
    for contract in contracts.values():
        if ("quarantine", contract.table) in filled:
            aside = {"aside": quarantine(contract)}
            warehouse.execute(fill(sql.SUPERSEDE, aside), run_no=run_no, source_table=contract.table)
            warehouse.execute(fill(sql.SETTLE_RELEASED, aside), run_no=run_no)
        staged = int(warehouse.fetch(fill("SELECT count(*) FROM staged", {"staged": staging(contract)}))[0][0])
        if staged:
            moved = _Move(warehouse, contract, run_no, as_of, staged).move()
            tables[contract.table] = moved
            if moved.added or moved.replaced:
                warehouse.execute(sql.CHANGED, run_no=run_no, table=contract.table)
            warehouse.execute(create_staging(contract))
    receipts = 0
    if {"receipts", "events"} <= contracts.keys() and "receipts" in tables:
        receipts = warehouse.run("ingest/receipts_to_events", run_no=run_no)
        warehouse.execute(sql.CHANGED, run_no=run_no, table="events")
    if {"lists", "events"} <= contracts.keys() and "lists" in tables:
        warehouse.run("ingest/lists_to_events", run_no=run_no)
        warehouse.execute(sql.CHANGED, run_no=run_no, table="events")
    warehouse.run("ingest/remember_files", run_no=run_no)
    return PromoteSummary(run_no, tables, receipts)


class _Move:
    """One table's way from staging, statement by statement."""

    def __init__(self, warehouse: Warehouse, contract: Contract, run_no: int, as_of: datetime, staged: int) -> None:
        self.warehouse, self.contract, self.run_no, self.as_of, self.staged = warehouse, contract, run_no, as_of, staged
        self.tables: dict[str, exp.Expr] = {
            "staged": staging(contract),
            "present": current(contract),
            "kept": held(contract),
            "past": history(contract),
            "aside": quarantine(contract),
        }
        names, keys = list(contract.columns), list(contract.key)
        self.lists = {
            "staged_own": columns(names, "s"),
            "present_own": columns(names, "p"),
            "key": columns(keys, "s"),
            "present_key": columns(keys, "p"),
            "everything": columns([*names, *sql.MARKS], "s"),
        }
        moment, newest = contract.time, contract.newest_by
        now = exp.Parameter(this=exp.Var(this="as_of"))
        self.conditions: dict[str, exp.Expr] = {
            "undecided": condition(sql.UNBROKEN),
            "due": exp.LTE(this=column(moment, "s"), expression=now) if moment else exp.true(),
            "future": exp.GT(this=column(moment, "s"), expression=now) if moment else exp.false(),
            "moment": column(moment, "s") if moment else exp.null(),
            "newest": column(newest, "s") if newest else exp.null(),
            "stale": exp.LT(this=column(newest, "s"), expression=column(newest, "p")) if newest else exp.false(),
            "same_key": same_key(contract, "s", "p"),
            "same_copy": same_key(contract, "s", "c"),
            "differs": differs(contract, "s", "p"),
            "content_json": as_json(names, "s"),
            "row_json": call("coalesce", column("_raw", "s"), as_json(names, "s")),
        }

    def move(self) -> Promoted:
        """All of it; the counts of what became of each row."""
        self._run(sql.NO_FATES)
        if isinstance(self.contract.source, Attached) and self._any("aside") and self._run(sql.FATES_AGAINST_ASIDE):
            self._look_at_fates()
        if self.contract.table == "receipts":
            self._run(sql.UNKNOWN_TOUCH)
            self._look_at_fates()
        copies = self._run(sql.COPIES) > 0
        empty = not self._any("present")
        if self.contract.time is not None and self._any("kept"):
            self._run(sql.LEAVE_HELD)
        if self.contract.keep is Keep.ALL:
            added, replaced, older = self._append(copies, empty)
        else:
            added, replaced, older = self._upsert(copies, empty)
        waiting = self._run(sql.HOLD) if self.contract.time is not None else 0
        duplicates = self.warehouse.fetch("SELECT count(*) FROM staged_fate WHERE fate = 'duplicate'")[0][0]
        return Promoted(self.staged, added, replaced, older, duplicates, waiting, self._run(sql.SET_ASIDE))

    def _append(self, copies: bool, empty: bool) -> tuple[int, int, int]:
        if copies:
            self._run(sql.FATES_OF_FACT_COPIES)
            self._look_at_fates()
        if not empty and self._run(sql.KNOWN):
            self._run(sql.FATES_AGAINST_PRESENT)
            self._look_at_fates()
        if self._any("kept"):
            self._run(sql.FATES_AGAINST_HELD)
        self._look_at_fates()
        if self.staged <= LONGEST_SORTED:
            return self._run(sql.APPEND_FACTS), 0, 0
        months = self.warehouse.fetch(self._filled(sql.MONTHS), as_of=self.as_of)
        return sum(self._run(sql.APPEND_MONTH, month=month) for (month,) in months), 0, 0

    def _upsert(self, copies: bool, empty: bool) -> tuple[int, int, int]:
        if copies:
            self._run(sql.FATES_OF_CLASHING_VERSIONS)
            self._look_at_fates()
            self._run(sql.FATES_OF_OLDER_VERSIONS)
            self._look_at_fates()
        if self.contract.time is not None and self._any("kept"):
            self._run(sql.FATES_AGAINST_HELD_VERSIONS)
            self._look_at_fates()
        if not empty:
            self._run(sql.FATES_AGAINST_VERSIONS)
        self._look_at_fates()
        older = self._run(sql.OLDER_TO_HISTORY)
        if empty:
            return self._run(sql.APPEND), 0, older
        self._run(sql.MOVING)
        replaced = self._run(sql.REPLACED_TO_HISTORY)
        if replaced:
            self._run(sql.REMOVE_REPLACED)
        return self._run(sql.APPEND_MOVED) - replaced, replaced, older

    def _look_at_fates(self) -> None:
        """From here on fates are looked up when there are any; an anti join with nothing costs as much as the move itself."""
        if self.warehouse.fetch("SELECT 1 FROM staged_fate LIMIT 1"):
            self.conditions["undecided"] = condition(sql.UNDECIDED)

    def _filled(self, pattern: str) -> exp.Expression:
        return fill(pattern, self.tables, self.lists, self.conditions)

    def _run(self, pattern: str, **more: object) -> int:
        known = {"run_no": self.run_no, "as_of": self.as_of, "table": self.contract.table}
        return self.warehouse.execute(self._filled(pattern), **known, **more)

    def _any(self, table: str) -> bool:
        return bool(self.warehouse.fetch(fill("SELECT 1 FROM here LIMIT 1", {"here": self.tables[table]})))
