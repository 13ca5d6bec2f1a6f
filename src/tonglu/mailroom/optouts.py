"""Opt-outs: effective for the deliverer at once, read into the warehouse by watermark."""

from dataclasses import dataclass
from datetime import datetime

from tonglu.core.delivery import instant_of, instant_text
from tonglu.mailroom.connection import Database

EVERY_CHANNEL = "*"

_RECORD = "INSERT INTO optout (customer_id, channel, action, at) VALUES (:customer_id, :channel, :action, :at)"
_SINCE = "SELECT seq, customer_id, channel, action, at FROM optout WHERE seq > :seq ORDER BY seq LIMIT :limit"
_LATEST = """
SELECT action FROM optout WHERE customer_id = :customer_id AND channel IN (:channel, '*') ORDER BY seq DESC LIMIT 1
"""
_OUT = """
SELECT customer_id FROM (
    SELECT customer_id, action, row_number() OVER (PARTITION BY customer_id ORDER BY seq DESC) AS newest
    FROM optout WHERE channel IN (:channel, '*')
) WHERE newest = 1 AND action = 'out'
"""


@dataclass(frozen=True)
class OptOut:
    """A customer's word about one channel or all ('*'): out, or in again."""

    customer_id: int
    channel: str
    out: bool
    at: datetime
    seq: int = 0


class OptOuts:
    """Append-only; the latest word that covers a channel counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, customer_id: int, channel: str, at: datetime) -> None:
        """The customer wants nothing more on this channel ('*': on any); durable on return."""
        with self._database.transaction():
            self.note(customer_id, channel, at, out=True)

    def lift(self, customer_id: int, channel: str, at: datetime) -> None:
        """The customer agreed again."""
        with self._database.transaction():
            self.note(customer_id, channel, at, out=False)

    def note(self, customer_id: int, channel: str, at: datetime, *, out: bool) -> None:
        """`record` or `lift` inside the caller's transaction."""
        action = "out" if out else "in"
        self._database.change(_RECORD, {"customer_id": customer_id, "channel": channel, "action": action, "at": instant_text(at)})

    def stops(self, customer_id: int, channel: str) -> bool:
        """Whether the customer is out of this channel now."""
        latest = self._database.rows(_LATEST, {"customer_id": customer_id, "channel": channel})
        return bool(latest) and latest[0][0] == "out"

    def out_of(self, channel: str) -> frozenset[int]:
        """Every customer who is out of this channel now."""
        return frozenset(int(row[0]) for row in self._database.rows(_OUT, {"channel": channel}))

    def since(self, seq: int, limit: int = 100_000) -> list[OptOut]:
        """Words after the watermark `seq`, oldest first."""
        return [
            OptOut(customer_id, channel, action == "out", instant_of(at), number)
            for number, customer_id, channel, action, at in self._database.rows(_SINCE, {"seq": seq, "limit": limit})
        ]
