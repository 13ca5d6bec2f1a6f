"""Quarantined rows: see them, let them in again after a correction of the rule, or in spite of it; always with a reason.

A row that was released goes through staging again in the next run and is judged again. A row that was overridden is accepted in
spite of its rule, as long as it has its key and its time. A file that is delivered again, corrected, supersedes its own rows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from tonglu.core.errors import Finding, InputError, Place, did_you_mean, refuse_errors
from tonglu.core.ports import Warehouse
from tonglu.language.contract import Contract
from tonglu.stages.check import MASK
from tonglu.stages.pattern import fill
from tonglu.stages.tables import quarantine

_LIST = """
SELECT quarantine_id, run_no, rule, file, row_no, row, state FROM aside
WHERE state = $state OR $state = 'all'
ORDER BY run_no DESC, file, row_no, quarantine_id LIMIT $most
"""
_OPEN = "SELECT state FROM aside WHERE quarantine_id = $quarantine_id"
_SETTLE = "UPDATE aside SET state = $state WHERE quarantine_id = $quarantine_id"


@dataclass(frozen=True)
class QuarantinedRow:
    """One row that was set aside; values of personal tables are masked."""

    quarantine_id: str
    table: str
    run_no: int
    rule: str
    file: str
    row_no: int
    row: Mapping[str, object]
    state: str


def quarantine_list(
    warehouse: Warehouse, contracts: Mapping[str, Contract], table: str | None = None, *, state: str = "open", most: int = 1000
) -> list[QuarantinedRow]:
    """Rows in quarantine, the latest run first, at most `most` per table.

    Args:
        warehouse: the warehouse.
        contracts: the tables to look at.
        table: only this one.
        state: open, released, overridden, restaged, superseded or all.
        most: most rows per table.

    Raises:
        InputError: there is no such table.
    """
    if table is not None and table not in contracts:
        raise InputError(
            [Finding("TL731", f"no contract names the table '{table}'", Place("quarantine"), did_you_mean(table, contracts))]
        )
    rows = []
    for contract in contracts.values() if table is None else [contracts[table]]:
        for quarantine_id, run_no, rule, file, row_no, row, was in warehouse.fetch(
            fill(_LIST, {"aside": quarantine(contract)}), state=state, most=most
        ):
            values = json.loads(row)
            shown = {name: MASK if contract.personal and value is not None else value for name, value in values.items()}
            rows.append(QuarantinedRow(quarantine_id, contract.table, run_no, rule, file, row_no, shown, was))
    return rows


def quarantine_release(
    warehouse: Warehouse,
    contracts: Mapping[str, Contract],
    ids: Sequence[str],
    reason: str,
    by: str,
    *,
    at: datetime,
    override: bool = False,
) -> int:
    """Let rows go through staging again in the next run; all of them or none. Returns how many.

    Args:
        warehouse: the warehouse.
        contracts: the tables.
        ids: quarantine ids, as `quarantine_list` shows them.
        reason: why; kept in the audit table `tonglu.quarantine_action`.
        by: who decides.
        at: when, for the audit only.
        override: accept the rows in spite of the rule that they broke.

    Raises:
        InputError: no reason, an unknown id, or a row that is not open.
    """
    findings: list[Finding] = []
    if not reason.strip():
        findings.append(
            Finding("TL732", "a reason is needed", Place("quarantine"), "Write --reason '...'; it is kept for audit.")
        )
    action = "overridden" if override else "released"
    found: dict[str, exp.Expr] = {}
    for one in dict.fromkeys(ids):
        contract = contracts.get(one.rsplit("-", 2)[0])
        states = warehouse.fetch(fill(_OPEN, {"aside": quarantine(contract)}), quarantine_id=one) if contract else []
        if contract is None or not states:
            findings.append(
                Finding("TL733", f"there is no quarantined row '{one}'", Place("quarantine"), "See `tonglu quarantine list`.")
            )
        elif states[0][0] != "open":
            findings.append(Finding("TL734", f"the row '{one}' is {states[0][0]}, not open", Place("quarantine")))
        else:
            found[one] = quarantine(contract)
    refuse_errors(findings)
    with warehouse.transaction():
        for one, aside in found.items():
            warehouse.execute(fill(_SETTLE, {"aside": aside}), quarantine_id=one, state=action)
            table = one.rsplit("-", 2)[0]
            warehouse.run(
                "ingest/note_quarantine_action",
                quarantine_id=one, source_table=table, action=action, reason=reason.strip(), done_by=by, done_at=at,
            )  # fmt: skip
    return len(found)
