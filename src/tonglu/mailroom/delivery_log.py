"""The delivery log: every change of a delivery state, in the order it was committed; ingest reads it by watermark."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tonglu.core.delivery import DeliveryState, instant_of, instant_text
from tonglu.mailroom.connection import Database

_APPEND = """
INSERT INTO delivery_log (touch_key, batch_id, state, at, attempt, detail)
VALUES (:touch_key, :batch_id, :state, :at, :attempt, :detail)
"""
_SINCE = """
SELECT seq, touch_key, batch_id, state, at, attempt, detail FROM delivery_log WHERE seq > :seq ORDER BY seq LIMIT :limit
"""
_NEWEST = "SELECT at FROM delivery_log ORDER BY seq DESC LIMIT 1"
_RETAIN = """
DELETE FROM delivery_log WHERE at < :before AND seq <= :read AND seq < (
    SELECT max(seq) FROM delivery_log AS later
    WHERE later.touch_key IS delivery_log.touch_key AND later.batch_id IS delivery_log.batch_id)
"""


@dataclass(frozen=True)
class LoggedDelivery:
    """One change. A line with a batch and no touch speaks for every touch of the batch that has no line of its own.

    `waiting` stands for an attempt that will be repeated. `seq` rises with every line and is 0 before the log gives it.
    """

    touch_key: str | None
    batch_id: str | None
    state: DeliveryState
    at: datetime
    attempt: int = 0
    detail: str = ""
    seq: int = 0


class DeliveryLog:
    """Append-only. Writers hold the one writing lock, so a line that is read has no earlier line still to come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, lines: Iterable[LoggedDelivery]) -> None:
        """Add lines inside the caller's transaction."""
        self._database.change_many(
            _APPEND,
            (
                {
                    "touch_key": line.touch_key,
                    "batch_id": line.batch_id,
                    "state": line.state.value,
                    "at": instant_text(line.at),
                    "attempt": line.attempt,
                    "detail": line.detail,
                }
                for line in lines
            ),
        )

    def retain(self, before: datetime, read: int) -> int:
        """Remove lines from before an instant that a run has read, but the newest of each touch; how many."""
        with self._database.transaction():
            return self._database.change(_RETAIN, {"before": instant_text(before), "read": read})

    def newest(self) -> datetime | None:
        """The instant of the last line; None while there is none."""
        found = self._database.rows(_NEWEST)
        return instant_of(found[0][0]) if found else None

    def since(self, seq: int, limit: int = 100_000) -> list[LoggedDelivery]:
        """Lines after the watermark `seq`, oldest first; the new watermark is the last one's `seq`."""
        rows = self._database.rows(_SINCE, {"seq": seq, "limit": limit})
        return [
            LoggedDelivery(touch_key, batch_id, DeliveryState(state), instant_of(at), attempt, detail, number)
            for number, touch_key, batch_id, state, at, attempt, detail in rows
        ]
