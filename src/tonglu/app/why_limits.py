"""Why capacity or budget held a proposal back: each limit with what was taken of it, what would have passed, from when on there is room."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tonglu.core.clock import show_instant

Rows = Sequence[Mapping[str, Any]]


def limits_seen(rows: Rows, gate: str, zone: ZoneInfo) -> list[dict[str, object]]:
    """What a gate counted for a proposal: each of its limits, period by period."""
    return [
        {
            "limit": _called(row),
            "from": show_instant(row["starts"], zone),
            "used": _amount(row, row["used"]),
            "at_most": _amount(row, row["at_most"]),
        }
        for row in rows
        if row["gate"] == gate
    ]


def explain_limit(rows: Rows, detail: str, score: float, as_of: datetime, valid: timedelta, zone: ZoneInfo) -> tuple[str, str]:
    """The reason in words, and the nearest change.

    Args:
        rows: the limits that the proposal competed in.
        detail: the one that held it back, as the decision names it.
        score: the proposal's own.
        as_of: the run's instant.
        valid: for how long the touch is valid.
        zone: the bank's.
    """
    mine = [row for row in rows if _called(row) == detail]
    if not mine:
        return f"the limit {detail} is used up", ""
    shown = ", ".join(
        f"{_amount(row, row['used'])} of {_amount(row, row['at_most'])} from {show_instant(row['starts'], zone)}"
        for row in mine[:3]
    )
    more = f" and {len(mine) - 3} more periods" if len(mine) > 3 else ""
    needed = mine[0]["needs_score"]
    changes = []
    if needed is not None and float(needed) >= score:
        changes.append(f"with a score above {float(needed):g} (it has {score:g})")
    changes.append(f"from {show_instant(max(row['ends'] for row in mine), zone)} on, when the next period begins")
    return f"no room in {detail}: {shown}{more}", f"would pass {', or '.join(changes)}" + _wait(mine, as_of, valid)


def _wait(rows: Rows, as_of: datetime, valid: timedelta) -> str:
    """That a longer life would have reached the next period, where it is over before."""
    needed = max(row["ends"] for row in rows) - as_of
    return f"; its valid_for is shorter than the {-(-needed // timedelta(hours=1))} hours until then" if needed > valid else ""


def _called(row: Mapping[str, Any]) -> str:
    return f"{row['limit_name']}: {row['unit']}" if row["unit"] else str(row["limit_name"])


def _amount(row: Mapping[str, Any], amount: int) -> str:
    return f"{amount / 100:.2f} yuan" if row["gate"] == "budget" else f"{amount}"
