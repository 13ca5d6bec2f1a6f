"""Batches of bulk channels: a staged Parquet file each, whose life is an outbox row, and the touches taken out of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tonglu.core.delivery import BatchRow, DeliveryState, instant_of, instant_text
from tonglu.mailroom import outbox_sql
from tonglu.mailroom.connection import Database
from tonglu.mailroom.delivery_log import DeliveryLog, LoggedDelivery
from tonglu.mailroom.parts import WAITS_IN, first_of

_HAND_OVER = """
INSERT INTO batch (batch_id, path, rows, sha256, made_at) VALUES (:batch_id, :path, :rows, :sha256, :made_at)
ON CONFLICT (batch_id) DO NOTHING
"""
_STAGED = "SELECT path, rows, sha256, made_at FROM batch WHERE batch_id = :batch_id"
_UNSENT = """
SELECT 1 FROM outbox
WHERE key = :batch_id AND unit = 'batch' AND (state = 'waiting' OR (state = 'leased' AND attempting = 0))
"""
_EXCLUDE = """
INSERT INTO batch_exclusion (batch_id, touch_key, reason)
SELECT :batch_id, value, :reason FROM json_each(:keys) WHERE true
ON CONFLICT (batch_id, touch_key) DO NOTHING
RETURNING touch_key
"""
_EXCLUDED = "SELECT touch_key FROM batch_exclusion WHERE batch_id = :batch_id"
_IN_PARTS = """
SELECT touch_key, reason FROM batch_exclusion
WHERE batch_id = :batch_id AND reason LIKE 'waits in %' AND touch_key IN (SELECT value FROM json_each(:keys)) ORDER BY touch_key
"""
_KEPT = """
SELECT batch.batch_id, batch.path, outbox.state, outbox.attempting, outbox.settled_at
FROM batch JOIN outbox ON outbox.key = batch.batch_id WHERE batch.path IS NOT NULL ORDER BY batch.batch_id
"""
_REPLACE = "UPDATE batch SET path = :path, rows = :rows, sha256 = :sha256 WHERE batch_id = :batch_id"
_ERASE = "UPDATE batch SET path = NULL WHERE batch_id = :batch_id"


@dataclass(frozen=True)
class StagedBatch:
    """Where a batch's file is, relative to the folder of staged batches, and what it must be."""

    path: str | None
    rows: int
    sha256: str
    made_at: datetime


@dataclass(frozen=True)
class KeptBatch:
    """A batch whose staged file is still there: whether it has not begun to leave, is leaving now, and when it settled."""

    batch_id: str
    path: str
    unsent: bool
    leaving: bool
    settled_at: datetime | None


class Batches:
    """Hand-over, exclusions and erasure of batches."""

    def __init__(self, database: Database, log: DeliveryLog) -> None:
        self._database = database
        self._log = log

    def hand_over(self, batches: Iterable[BatchRow]) -> int:
        """Take batches durably, in one transaction; a batch_id that is known is left as it is. How many were new."""
        rows = list(batches)
        with self._database.transaction():
            new = self._database.change_many(outbox_sql.HAND_OVER, (_life(row) for row in rows))
            self._database.change_many(_HAND_OVER, (_staged(row) for row in rows))
        return new

    def staged(self, batch_id: str) -> StagedBatch | None:
        """The staged file of a batch; None when the batch is not known."""
        found = self._database.rows(_STAGED, {"batch_id": batch_id})
        if not found:
            return None
        path, rows, sha256, made_at = found[0]
        return StagedBatch(path, rows, sha256, instant_of(made_at))

    def exclude(self, batch_id: str, keys: Iterable[str], at: datetime, reason: str) -> int:
        """Cancel touches of a batch that has not begun to leave; how many. None of them otherwise."""
        with self._database.transaction():
            return self.exclude_within(batch_id, keys, at, reason)

    def exclude_within(self, batch_id: str, keys: Iterable[str], at: datetime, reason: str) -> int:
        """`exclude` inside the caller's transaction; what waits on in a part of the batch is taken out of that."""
        keys = list(keys)
        if not self._database.rows(_UNSENT, {"batch_id": batch_id}):
            return self._exclude_from_parts(batch_id, keys, at, reason)
        asked = {"batch_id": batch_id, "keys": json.dumps(list(keys)), "reason": reason}
        excluded = [str(row[0]) for row in self._database.rows(_EXCLUDE, asked)]
        self._log.append(LoggedDelivery(key, batch_id, DeliveryState.CANCELLED, at, 0, reason) for key in excluded)
        return len(excluded)

    def _exclude_from_parts(self, batch_id: str, keys: list[str], at: datetime, reason: str) -> int:
        if batch_id != first_of(batch_id):
            return 0
        waiting: dict[str, list[str]] = {}
        for touch_key, why in self._database.rows(_IN_PARTS, {"batch_id": batch_id, "keys": json.dumps(keys)}):
            waiting.setdefault(why.removeprefix(WAITS_IN), []).append(touch_key)
        return sum(self.exclude_within(part, touches, at, reason) for part, touches in waiting.items())

    def excluded(self, batch_id: str) -> frozenset[str]:
        """The touches taken out of a batch."""
        return frozenset(str(row[0]) for row in self._database.rows(_EXCLUDED, {"batch_id": batch_id}))

    def kept(self) -> list[KeptBatch]:
        """Batches whose staged file has not been erased."""
        return [
            KeptBatch(
                batch_id,
                path,
                state == "waiting" or (state == "leased" and not attempting),
                state == "leased",
                None if settled_at is None else instant_of(settled_at),
            )
            for batch_id, path, state, attempting, settled_at in self._database.rows(_KEPT)
        ]

    def replace(self, batch_id: str, path: str, rows: int, sha256: str) -> None:
        """Point a batch at another staged file, inside the caller's transaction."""
        self._database.change(_REPLACE, {"batch_id": batch_id, "path": path, "rows": rows, "sha256": sha256})

    def erased(self, batch_id: str) -> None:
        """Note that a batch's staged file is gone, inside the caller's transaction."""
        self._database.change(_ERASE, {"batch_id": batch_id})


def _life(row: BatchRow) -> dict[str, object]:
    return {
        "key": row.batch_id,
        "unit": "batch",
        "run_no": row.run_no,
        "channel": row.channel,
        "journey": row.journey,
        "customer_id": None,
        "payload": None,
        "not_before": instant_text(row.not_before),
        "expires_at": instant_text(row.expires_at),
        "heeds_hours": row.heeds_hours,
        "heeds_opt_out": True,
        "product": row.product,
        "branch": "",
        "purpose": row.purpose,
        "hours": row.hours,
    }


def _staged(row: BatchRow) -> dict[str, object]:
    return {
        "batch_id": row.batch_id,
        "path": row.path,
        "rows": row.rows,
        "sha256": row.sha256,
        "made_at": instant_text(row.made_at),
    }
