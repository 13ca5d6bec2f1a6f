"""Purging what is settled and forgetting a customer: the text is gone from the files, the bookkeeping stays."""

from datetime import timedelta
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tonglu.core.delivery import BatchRow, Delivered, DeliveryState
from tonglu.core.errors import Unavailable
from tonglu.mailroom.inbox import InboxItem

BATCH = "000001-sms-20261123T0200"


class Receiver:
    """Takes everything."""

    kind = "test"
    deduplicates = False

    def send(self, message):
        return Delivered()


@pytest.fixture
def batch(mailroom, tmp_path, now):
    table = pa.table({"touch_key": ["a", "b"], "customer_id": pa.array([7, 8], pa.int64()), "address": ["13812341234", "139"]})
    pq.write_table(table, tmp_path / "b.parquet")
    digest = sha256((tmp_path / "b.parquet").read_bytes()).hexdigest()
    end = now + timedelta(days=1)
    mailroom.batches.hand_over([BatchRow(BATCH, 1, "sms_bulk", now, end, now, "b.parquet", 2, digest)])
    return tmp_path / "b.parquet"


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_settled_payloads_are_erased_from_the_file_and_their_keys_stay(mailroom, row, deliver, now, tmp_path):
    mailroom.outbox.hand_over([row("k1"), row("k2", address="13999999999", not_before=now + timedelta(hours=5))])
    deliver({"sms": Receiver()})
    assert b"13812341234" in bytes_of(tmp_path)
    erased = mailroom.purge(now + timedelta(hours=1), tmp_path)
    assert (erased.payloads, erased.files) == (1, 0)
    assert b"13812341234" not in bytes_of(tmp_path)
    assert b"13999999999" in bytes_of(tmp_path)
    assert mailroom.outbox.hand_over([row("k1")]) == 0


def test_news_is_purged_only_when_it_was_read(mailroom, now, tmp_path):
    mailroom.inbox.post([InboxItem("event", f"e{number}", 7, {"n": number}, now) for number in range(3)])
    read = mailroom.inbox.since(0)[1].seq
    assert mailroom.purge(now + timedelta(hours=1), tmp_path, inbox_read=read).inbox == 2
    assert [item.id for item in mailroom.inbox.since(0)] == ["e2"]


def test_the_staged_file_of_a_settled_batch_is_deleted_and_that_of_a_waiting_one_is_not(mailroom, batch, now, tmp_path):
    assert mailroom.purge(now + timedelta(hours=1), tmp_path).files == 0
    (lease,) = mailroom.outbox.lease("batch", "sms_bulk", now, owner="a", until=now + timedelta(minutes=1), limit=1)
    mailroom.outbox.begin(lease, now)
    mailroom.outbox.settle(lease, DeliveryState.ACCEPTED, now)
    assert mailroom.purge(now + timedelta(hours=1), tmp_path).files == 1
    assert not batch.exists()
    assert mailroom.batches.staged(BATCH).path is None


def test_a_forgotten_customer_is_in_no_file_and_gets_nothing_more(mailroom, row, batch, deliver, now, tmp_path):
    mailroom.outbox.hand_over([row("k1"), row("k2", customer_id=8, address="13999999999")])
    mailroom.inbox.post([InboxItem("event", "e1", 7, {"said": "13812341234"}, now)])
    erased = mailroom.forget(7, now, tmp_path)
    assert (erased.payloads, erased.inbox, erased.files) == (1, 1, 1)
    assert b"13812341234" not in bytes_of(tmp_path)
    assert deliver({"sms": Receiver()}).states == {DeliveryState.DELIVERED: 1}
    assert mailroom.outbox.state_of("k1") is DeliveryState.CANCELLED
    assert mailroom.optouts.stops(7, "email")


def test_a_staged_file_without_the_forgotten_customer_is_still_what_its_batch_says(mailroom, batch, now, tmp_path):
    mailroom.forget(7, now, tmp_path)
    staged = mailroom.batches.staged(BATCH)
    assert not batch.exists()
    assert staged.rows == 1
    assert sha256((tmp_path / staged.path).read_bytes()).hexdigest() == staged.sha256
    assert pq.read_table(tmp_path / staged.path)["touch_key"].to_pylist() == ["b"]
    assert [(line.touch_key, line.batch_id, line.state) for line in mailroom.log.since(0)] == [
        ("a", BATCH, DeliveryState.CANCELLED)
    ]
    assert mailroom.forget(8, now, tmp_path).files == 1
    assert [path.name for path in tmp_path.glob("*.parquet")] == ["b~2.parquet"]


def test_a_customer_whose_touch_is_leaving_now_is_asked_for_again(mailroom, row, now, tmp_path):
    mailroom.outbox.hand_over([row("k1")])
    (lease,) = mailroom.outbox.lease("touch", "sms", now, owner="a", until=now + timedelta(minutes=1), limit=1)
    mailroom.outbox.begin(lease, now)
    with pytest.raises(Unavailable):
        mailroom.forget(7, now, tmp_path)
    assert mailroom.optouts.stops(7, "sms")
    mailroom.outbox.settle(lease, DeliveryState.DELIVERED, now)
    assert mailroom.forget(7, now, tmp_path).payloads == 1


def test_touches_are_taken_out_of_a_batch_until_it_begins_to_leave(mailroom, batch, now):
    assert mailroom.cancel([], now, "entry ended", {BATCH: ["a"]}) == 1
    assert mailroom.cancel([], now, "entry ended", {BATCH: ["a"]}) == 0
    (lease,) = mailroom.outbox.lease("batch", "sms_bulk", now, owner="a", until=now + timedelta(minutes=1), limit=1)
    mailroom.outbox.begin(lease, now)
    assert mailroom.cancel([], now, "entry ended", {BATCH: ["b"]}) == 0
    assert mailroom.batches.excluded(BATCH) == {"a"}
