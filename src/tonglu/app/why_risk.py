"""What the gate `risk` made of a proposal, in words: the rules that hit the customer, and until when they hold. For the bank's own
people; a customer is never told why.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from tonglu.core.clock import show_instant

Row = Mapping[str, Any]
REASONS = ("risk_hold", "no_risk_list")


def values(row: Row, zone: ZoneInfo) -> dict[str, object]:
    """The rules that held it, those that hit and stop nothing, and the end of the hold."""
    holds, others = row["risk_rules"] or [], row["risk_shadows"] or []
    return {"holds": holds, "until": _end(row, zone) if holds else None, "counted_only": others}


def explained(row: Row, zone: ZoneInfo) -> tuple[str, str]:
    """The binding reason, and when it ends."""
    if row["reason"] == "no_risk_list":
        return f"the list {row['detail']} was never loaded", f"would be judged once {row['detail']} is delivered"
    rules = ", ".join(row["risk_rules"] or [str(row["detail"])])
    if row["held_until"] is None:
        return f"held by {rules} until cleared", "would pass once it is cleared"
    return f"held by {rules} until {_end(row, zone)}", f"would pass from {_end(row, zone)} on, or once it is cleared"


def _end(row: Row, zone: ZoneInfo) -> str:
    return "cleared" if row["held_until"] is None else show_instant(row["held_until"], zone)
