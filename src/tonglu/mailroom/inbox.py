"""The inbox: receipts, events and outcomes that other processes bring; ingest reads it by watermark."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from tonglu.core.delivery import instant_of, instant_text
from tonglu.mailroom.connection import Database

_POST = """
INSERT INTO inbox (kind, id, content, customer_id, payload, received_at)
VALUES (:kind, :id, :content, :customer_id, :payload, :received_at)
ON CONFLICT (kind, id, content) DO NOTHING
"""
_SINCE = """
SELECT seq, kind, id, customer_id, payload, received_at FROM inbox
WHERE seq > :seq AND payload IS NOT NULL ORDER BY seq LIMIT :limit
"""


@dataclass(frozen=True)
class InboxItem:
    """One piece of news: its kind ('receipt', 'event', 'outcome'...), its sender's id, whom it is about, and its content."""

    kind: str
    id: str
    customer_id: int | None
    payload: Mapping[str, object] = field(repr=False)
    received_at: datetime
    seq: int = 0


class Inbox:
    """Idempotent by kind, id and content: a repeat is ignored, an id with another content is kept for ingest to judge both."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, items: Iterable[InboxItem]) -> int:
        """Take news durably, in one transaction; how many were new."""
        rows = [self._row(item) for item in items]
        with self._database.transaction():
            return self._database.change_many(_POST, rows)

    def post_within(self, items: Iterable[InboxItem]) -> int:
        """`post` inside the caller's transaction."""
        return self._database.change_many(_POST, [self._row(item) for item in items])

    def since(self, seq: int, limit: int = 100_000) -> list[InboxItem]:
        """Items after the watermark `seq`, oldest first; the new watermark is the last one's `seq`. Erased ones are skipped."""
        return [
            InboxItem(kind, identity, customer_id, json.loads(payload), instant_of(received_at), number)
            for number, kind, identity, customer_id, payload, received_at in self._database.rows(
                _SINCE, {"seq": seq, "limit": limit}
            )
        ]

    @staticmethod
    def _row(item: InboxItem) -> dict[str, object]:
        payload = json.dumps(dict(item.payload), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return {
            "kind": item.kind,
            "id": item.id,
            "content": sha256(f"{item.customer_id}|{payload}".encode()).hexdigest(),
            "customer_id": item.customer_id,
            "payload": payload,
            "received_at": instant_text(item.received_at),
        }
