"""The rows of a worklist as items."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tonglu.core.delivery import instant_of
from tonglu.core.work import WorkItem, WorkState
from tonglu.mailroom.connection import Row

STATES: Mapping[str, WorkState] = {
    "pending": WorkState.OPEN,
    "expired": WorkState.EXPIRED,
    "cancelled": WorkState.CANCELLED,
    "delivered": WorkState.DONE,
    "failed": WorkState.DONE,
    "accepted": WorkState.DONE,
    "unknown": WorkState.DONE,
}
"""Where an item stands, by the delivery state of its touch."""


@dataclass(frozen=True)
class Held:
    """An item with what only the list itself looks at."""

    item: WorkItem
    token: int
    heeds_opt_out: bool
    heeds_hours: bool


def held(row: Row, now: datetime) -> Held:
    """An item from a row of `worklist_sql.COLUMNS`, as it stands at an instant."""
    key, channel, journey, customer_id, branch_id, employee_id, name, address, message, arm, title, body = row[:12]
    not_before, due_at, expires_at = (instant_of(text) for text in row[12:15])
    state, attempts, version, outcome, by, until, token, withdrawn, opt_out, hours = row[15:25]
    product, branch, purpose = row[25:]
    end = instant_of(until) if until else None
    taken = state == "pending" and end is not None and end > now
    item = WorkItem(
        key=key,
        channel=channel,
        journey=journey,
        customer_id=customer_id,
        branch_id=branch_id,
        employee_id=employee_id,
        name=name,
        address=address,
        message=message,
        arm=arm,
        title=title,
        body=body,
        not_before=not_before,
        due_at=due_at,
        expires_at=expires_at,
        state=WorkState.TAKEN if taken else STATES[state],
        attempts=attempts,
        version=version,
        outcome=outcome,
        taken_by=by if taken else "",
        taken_until=end if taken else None,
        product=product,
        branch=branch,
        purpose=purpose,
        taken_back=withdrawn or "",
    )
    return Held(item, token, bool(opt_out), bool(hours))
