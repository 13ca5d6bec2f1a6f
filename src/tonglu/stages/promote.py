"""Promote: move what was checked from staging to where facts live, inside the run's one transaction.

Facts that are kept forever are appended once per id; keyed rows replace their older version, which goes to history. Whatever
may not move is kept: broken rows and contradicting copies in quarantine, facts of the future in `held`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.language.contract import Contract, Keep
from tonglu.stages import promote_sql as sql
from tonglu.stages.casts import as_json, differs, same_key
from tonglu.stages.pattern import call, column, columns, fill
from tonglu.stages.tables import current, held, history, quarantine, staging


@dataclass(frozen=True)
class Promoted:
    """What became of one table's staged rows; the counts add up to them (a held or released row counts as staged again)."""

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


def promote(warehouse: Warehouse, contracts: Mapping[str, Contract], run_no: int, as_of: datetime) -> PromoteSummary:
    """Move staging to its tables. Call it inside `warehouse.transaction()`, after `check` let it pass.

    Args:
        warehouse: the warehouse.
        contracts: the contracts that staging was made by.
        run_no: becomes `loaded_run` of what is added, `replaced_run` of what it replaces.
        as_of: facts after it are held.
    """
    tables: dict[str, Promoted] = {}
    for contract in contracts.values():
        staged = warehouse.fetch(fill("SELECT count(*) FROM staged", {"staged": staging(contract)}))[0][0]
        warehouse.run("ingest/supersede", source_table=contract.table) if False else _supersede(warehouse, contract, run_no)
        if staged:
            tables[contract.table] = _Move(warehouse, contract, run_no, as_of, staged).move()
    receipts = 0
    if {"receipts", "events"} <= contracts.keys() and tables.get("receipts", Promoted()).added:
        receipts = warehouse.run("ingest/receipts_to_events", run_no=run_no)
    warehouse.run("ingest/remember_files", run_no=run_no)
    return PromoteSummary(run_no, tables, receipts)


def _supersede(warehouse: Warehouse, contract: Contract, run_no: int) -> None:
    """A file that came again, corrected, takes the place of its own rows in quarantine; released rows are settled."""
    warehouse.execute(fill(sql.SUPERSEDE, {"aside": quarantine(contract)}), run_no=run_no, source_table=contract.table)
    warehouse.execute(fill(sql.SETTLE_RELEASED, {"aside": quarantine(contract)}), run_no=run_no)


class _Move:
    """One table's way from staging; each method is one set-based statement, or a few that belong together."""

    def __init__(self, warehouse: Warehouse, contract: Contract, run_no: int, as_of: datetime, staged: int) -> None:
        self.warehouse, self.contract, self.run_no, self.as_of, self.staged = warehouse, contract, run_no, as_of, staged
        names = list(contract.columns)
        moment = exp.cast(column(contract.time, "s"), "timestamp") if contract.time else None
        self.tables: dict[str, exp.Expression] = {
            "staged": staging(contract),
            "present": current(contract),
            "kept": held(contract),
            "past": history(contract),
            "aside": quarantine(contract),
        }
        self.lists = {
            "own": columns(names),
            "staged_own": columns(names, "s"),
            "present_own": columns(names, "p"),
            "key": columns(list(contract.key), "s"),
            "plain_key": columns(list(contract.key)),
            "everything": columns([*names, *sql.MARKS], "s"),
        }
        self.conditions: dict[str, exp.Expression] = {
            "due": exp.LTE(this=moment, expression=exp.Parameter(this=exp.Var(this="as_of"))) if moment else exp.true(),
            "future": exp.GT(this=moment, expression=exp.Parameter(this=exp.Var(this="as_of"))) if moment else exp.false(),
            "same_key": same_key(contract, "s", "p"),
            "same_copy": same_key(contract, "s", "c"),
            "differs": differs(contract, "s", "p"),
            "stale": exp.LT(this=column(contract.newest_by, "s"), expression=column(contract.newest_by, "p"))
            if contract.newest_by
            else exp.false(),
            "newest": column(contract.newest_by, "s") if contract.newest_by else exp.null(),
            "moment": moment or exp.null(),
            "row_json": call("coalesce", column("_raw", "s"), as_json(names, "s")),
            "content_json": as_json(names, "s"),
        }

    def _run(self, pattern: str) -> int:
        statement = fill(pattern, self.tables, self.lists, self.conditions)
        return self.warehouse.execute(statement, run_no=self.run_no, as_of=self.as_of, table=self.contract.table)

    def _count(self, pattern: str) -> int:
        return int(self.warehouse.fetch(fill(pattern, self.tables, self.lists, self.conditions), as_of=self.as_of)[0][0] or 0)

    def move(self) -> Promoted:
        """All of it."""
        self._run(sql.NO_FATES)
        if self.contract.table == "receipts":
            self._run(sql.UNKNOWN_TOUCH)
        if self._run(sql.COPIES):
            self._run(sql.FATES_OF_FACT_COPIES if self.contract.keep is Keep.ALL else sql.FATES_OF_VERSIONS)
        empty = not self._count("SELECT 1 FROM present LIMIT 1") if False else not self._any("present")
        if self.contract.keep is Keep.ALL:
            return self._append(empty)
        return self._upsert(empty)

    def _any(self, table: str) -> bool:
        return bool(self.warehouse.fetch(fill("SELECT 1 FROM here LIMIT 1", {"here": self.tables[table]})))

    def _append(self, empty: bool) -> Promoted:
        if not empty:
            self._run(sql.FATES_AGAINST_PRESENT)
        if self._any("kept"):
            self._run(sql.LEAVE_HELD)
            self._run(sql.FATES_AGAINST_HELD)
        quarantined = self._set_aside()
        waiting = self._run(sql.HOLD)
        added = self._run(sql.APPEND_SORTED)
        return Promoted(self.staged, added, 0, 0, self._fates("duplicate"), waiting, quarantined)

    def _upsert(self, empty: bool) -> Promoted:
        if self.contract.time is not None and self._any("kept"):
            self._run(sql.LEAVE_HELD)
            self._run(sql.FATES_AGAINST_HELD_VERSIONS)
        if not empty:
            self._run(sql.FATES_AGAINST_VERSIONS)
        quarantined = self._set_aside()
        waiting = self._run(sql.HOLD) if self.contract.time is not None else 0
        older = self._run(sql.OLDER_TO_HISTORY)
        replaced = 0
        if not empty:
            replaced = self._run(sql.REPLACED_TO_HISTORY)
            if replaced:
                self._run(sql.REMOVE_REPLACED)
        added = self._run(sql.APPEND if empty else sql.APPEND_ABSENT)
        return Promoted(self.staged, added - replaced, replaced, older, self._fates("duplicate"), waiting, quarantined)

    def _set_aside(self) -> int:
        return self._run(sql.SET_ASIDE)

    def _fates(self, fate: str) -> int:
        return int(self.warehouse.fetch("SELECT count(*) FROM staged_fate WHERE fate = $fate", fate=fate)[0][0])
