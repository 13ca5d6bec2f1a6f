"""Erasing what is no longer needed, and everything about one customer: rows, news and staged files.

A file is replaced in an order that a crash cannot spoil: the new file, then the row that points at it, then the old file.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from tonglu.core.delivery import instant_text
from tonglu.core.errors import Unavailable
from tonglu.mailroom.batches import Batches, KeptBatch
from tonglu.mailroom.connection import Database
from tonglu.mailroom.optouts import EVERY_CHANNEL, OptOuts
from tonglu.mailroom.outbox import Outbox
from tonglu.mailroom.worklist import Worklist

_PURGE_PAYLOADS = """
UPDATE outbox SET payload = NULL
WHERE payload IS NOT NULL AND settled_at < :before AND state NOT IN ('waiting', 'leased', 'pending')
"""
_PURGE_INBOX = """
UPDATE inbox SET payload = NULL WHERE payload IS NOT NULL AND received_at < :before AND seq <= :read
"""
_FORGET_PAYLOADS = "UPDATE outbox SET payload = NULL WHERE payload IS NOT NULL AND customer_id = :customer_id"
_FORGET_INBOX = "UPDATE inbox SET payload = NULL WHERE payload IS NOT NULL AND customer_id = :customer_id"
_LEAVING = "SELECT 1 FROM outbox WHERE customer_id = :customer_id AND state = 'leased' AND attempting = 1"


@dataclass(frozen=True)
class Erased:
    """How many payloads of the outbox, items of the inbox and staged files were erased or rewritten."""

    payloads: int
    inbox: int
    files: int


class Erasure:
    """Erases in the tables and in the folder of staged batches."""

    def __init__(self, database: Database, outbox: Outbox, batches: Batches, optouts: OptOuts, worklist: Worklist) -> None:
        self._database = database
        self._outbox = outbox
        self._batches = batches
        self._optouts = optouts
        self._worklist = worklist

    def purge(self, before: datetime, staged_root: Path, inbox_read: int) -> Erased:
        """Erase payloads and staged files settled before an instant, and news up to the watermark `inbox_read`."""
        old = [kept for kept in self._batches.kept() if kept.settled_at and kept.settled_at < before and not kept.unsent]
        for kept in old:
            (staged_root / kept.path).unlink(missing_ok=True)
        with self._database.transaction():
            for kept in old:
                self._batches.erased(kept.batch_id)
            payloads = self._database.change(_PURGE_PAYLOADS, {"before": instant_text(before)})
            inbox = self._database.change(_PURGE_INBOX, {"before": instant_text(before), "read": inbox_read})
            self._worklist.erase(None, before)
        if payloads or inbox or old:
            self._database.checkpoint()
        return Erased(payloads, inbox, len(old))

    def forget(self, customer_id: int, at: datetime, staged_root: Path) -> Erased:
        """Cancel what waits for a customer, erase what is kept about them, and opt them out of every channel.

        Raises:
            Unavailable: something of theirs is being sent at this moment; the opt-out holds already, ask again.
        """
        with self._database.transaction():
            self._optouts.note(customer_id, EVERY_CHANNEL, at, out=True)
            self._outbox.cancel_customer(customer_id, at, "forgotten")
            self._worklist.forget(customer_id, at)
        if self._database.rows(_LEAVING, {"customer_id": customer_id}):
            raise Unavailable("a touch of this customer is being sent at this moment; ask again when it has settled")
        with self._database.transaction():
            payloads = self._database.change(_FORGET_PAYLOADS, {"customer_id": customer_id})
            inbox = self._database.change(_FORGET_INBOX, {"customer_id": customer_id})
        rewritten = sum(self._forget_staged(kept, customer_id, at, staged_root) for kept in self._batches.kept())
        self._database.checkpoint()
        return Erased(payloads, inbox, rewritten)

    def _forget_staged(self, kept: KeptBatch, customer_id: int, at: datetime, staged_root: Path) -> int:
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        source = staged_root / kept.path
        if not source.exists():
            return 0
        table = pq.read_table(source)
        theirs = pc.equal(table["customer_id"], customer_id)
        keys = table.filter(theirs)["touch_key"].to_pylist()
        if not keys:
            return 0
        if kept.leaving:
            raise Unavailable(f"batch {kept.batch_id} is being sent at this moment; ask again when it has settled")
        stem, _, made = Path(kept.path).stem.partition("~")
        target = source.with_name(f"{stem}~{int(made or 0) + 1}.parquet")
        rest = table.filter(pc.invert(theirs))
        pq.write_table(rest, target)
        with target.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
        with self._database.transaction():
            self._batches.exclude_within(kept.batch_id, keys, at, "forgotten")
            self._batches.replace(kept.batch_id, str(target.relative_to(staged_root)), rest.num_rows, sha256)
        source.unlink()
        return 1
