"""Retention: what is older than the policy in force keeps it goes, in one transaction, and the audit log says what."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tonglu.app.governed import governed_now
from tonglu.app.loop import recover
from tonglu.app.people import known_person
from tonglu.app.workplace import Workplace
from tonglu.stages.mail import watermark
from tonglu.stages.retain import retain as remove


@dataclass(frozen=True)
class Removed:
    """One kind: how long it is kept, from before which instant rows go, and how many."""

    kind: str
    kept: timedelta
    before: datetime
    rows: int


def retain(place: Workplace, now: datetime, *, by: str, dry: bool) -> list[Removed]:
    """Remove what is older than it is kept; with `dry` only count it.

    Raises:
        InputError: nobody of that name.
    """
    own = known_person(place.definitions.project, by)
    recover(place)
    warehouse, contracts = place.warehouse, place.definitions.contracts
    kept = governed_now(place).policy.retention.written()
    with warehouse.transaction():
        done = [
            Removed(kind, length, now - length, remove(warehouse, contracts, kind, now - length, now, dry=dry))
            for kind, length in kept.items()
        ]
    if dry:
        return done
    if "send_log" in kept:
        place.mailroom.log.retain(now - kept["send_log"], watermark(warehouse, "delivery_log"))
    if any(one.rows for one in done):
        detail = {one.kind: {"rows": one.rows, "before": one.before.isoformat()} for one in done}
        place.mailroom.audit.append("retain", "retention", by=own, at=now, detail=detail)
        warehouse.connection.execute("CHECKPOINT")
    return done
