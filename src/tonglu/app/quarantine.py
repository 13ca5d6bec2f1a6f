"""Rows that a data contract set aside, of the project in a folder: see them, let them in again, accept them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tonglu.app.inspect import project_of
from tonglu.app.workplace import workplace
from tonglu.stages.quarantine import QuarantinedRow, quarantine_list, quarantine_release


def rows_aside(root: Path, table: str | None, state: str, most: int) -> list[QuarantinedRow]:
    """Rows in quarantine, the latest run first; values of personal tables are masked.

    Raises:
        InputError: there is no such table.
        Unavailable: a run has the warehouse at this moment.
    """
    project_of(root)
    with workplace(root) as place:
        return quarantine_list(place.warehouse, place.definitions.contracts, table, state=state, most=most)


def settle(root: Path, ids: Sequence[str], reason: str, by: str, at: datetime, *, override: bool) -> int:
    """Let rows through the checks again in the next run, or accept them in spite of their rule; how many.

    Raises:
        InputError: no reason, an unknown id, or a row that is not open.
        Unavailable: a run has the warehouse at this moment.
    """
    project_of(root)
    with workplace(root) as place:
        contracts = place.definitions.contracts
        settled = quarantine_release(place.warehouse, contracts, ids, reason, by, at=at, override=override)
        detail = {"action": "overridden" if override else "released", "rows": sorted(set(ids))}
        place.mailroom.audit.append("quarantine", f"{settled} rows", by=by, at=at, detail=detail, words=reason.strip())
        return settled
