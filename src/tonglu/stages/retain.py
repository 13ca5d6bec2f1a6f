"""Retention: remove what is older than the policy keeps it. Sums that measurement, caps and keys need are in other tables, or stay."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from tonglu.core.ports import Warehouse
from tonglu.language.contract import Contract
from tonglu.stages.pattern import fill
from tonglu.stages.tables import current, quarantine

OLD_RUNS = "SELECT coalesce(max(run_no), 0) FROM tonglu.run WHERE as_of < $before"
JUDGED = ("SELECT count(*) FROM tonglu.judged WHERE run_no <= $run_no", "DELETE FROM tonglu.judged WHERE run_no <= $run_no")
GHOSTS = ("SELECT count(*) FROM tonglu.ghost WHERE run_no <= $run_no", "DELETE FROM tonglu.ghost WHERE run_no <= $run_no")
# The newest line of a touch says what became of it, and stays.
SEND_LOG = (
    """
    SELECT count(*) FROM tonglu.delivery AS d JOIN (SELECT touch_key, max(seq) AS seq FROM tonglu.delivery GROUP BY touch_key) AS n USING (touch_key)
    WHERE d.changed_at < $before AND d.seq < n.seq
    """,
    """
    DELETE FROM tonglu.delivery AS d USING (SELECT touch_key, max(seq) AS seq FROM tonglu.delivery GROUP BY touch_key) AS n
    WHERE d.touch_key = n.touch_key AND d.changed_at < $before AND d.seq < n.seq
    """,
)
RECEIPTS = ("SELECT count(*) FROM here WHERE occurred_at < $before", "DELETE FROM here WHERE occurred_at < $before")
RECEIPT_EVENTS = "DELETE FROM here WHERE occurred_at < $before AND name LIKE 'touch.%'"
ASIDE = ("SELECT count(*) FROM here WHERE run_no <= $run_no", "DELETE FROM here WHERE run_no <= $run_no")
NOTE = "INSERT INTO tonglu.retained VALUES ($at, $kind, $before, $rows)"

Contracts = Mapping[str, Contract]


def retain(warehouse: Warehouse, contracts: Contracts, kind: str, before: datetime, at: datetime, *, dry: bool) -> int:
    """Remove one kind of rows from before an instant, in the caller's transaction; how many. `dry` only counts."""
    [(run_no,)] = warehouse.fetch(OLD_RUNS, before=before)
    rows = _KINDS[kind](warehouse, contracts.values(), before, int(run_no), dry)
    if rows and not dry:
        warehouse.execute(NOTE, at=at, kind=kind, before=before, rows=rows)
    return rows


def _plain(warehouse: Warehouse, statements: tuple[str, str], before: datetime, run_no: int, dry: bool) -> int:
    [(rows,)] = warehouse.fetch(statements[0], before=before, run_no=run_no)
    if rows and not dry:
        warehouse.execute(statements[1], before=before, run_no=run_no)
    return int(rows)


def _judged(warehouse: Warehouse, _: Collection[Contract], before: datetime, run_no: int, dry: bool) -> int:
    return _plain(warehouse, JUDGED, before, run_no, dry)


def _ghosts(warehouse: Warehouse, _: Collection[Contract], before: datetime, run_no: int, dry: bool) -> int:
    return _plain(warehouse, GHOSTS, before, run_no, dry)


def _send_log(warehouse: Warehouse, _: Collection[Contract], before: datetime, run_no: int, dry: bool) -> int:
    return _plain(warehouse, SEND_LOG, before, run_no, dry)


def _receipts(warehouse: Warehouse, contracts: Collection[Contract], before: datetime, run_no: int, dry: bool) -> int:
    rows = 0
    for contract in contracts:
        here = {"here": current(contract)}
        if contract.table == "receipts":
            [(rows,)] = warehouse.fetch(fill(RECEIPTS[0], here), before=before)
            if rows and not dry:
                warehouse.execute(fill(RECEIPTS[1], here), before=before)
        elif contract.table == "events" and not dry:
            warehouse.execute(fill(RECEIPT_EVENTS, here), before=before)
    return rows


def _quarantine(warehouse: Warehouse, contracts: Collection[Contract], before: datetime, run_no: int, dry: bool) -> int:
    rows = 0
    for contract in contracts:
        here = {"here": quarantine(contract)}
        rows += int(warehouse.fetch(fill(ASIDE[0], here), run_no=run_no)[0][0])
        if not dry:
            warehouse.execute(fill(ASIDE[1], here), run_no=run_no)
    return rows


_KINDS: Mapping[str, Callable[[Warehouse, Collection[Contract], datetime, int, bool], int]] = {
    "judged": _judged,
    "ghosts": _ghosts,
    "receipts": _receipts,
    "send_log": _send_log,
    "quarantine": _quarantine,
}
