"""Handing over, watermarks and what other processes post: durable, idempotent, in order."""

from dataclasses import replace
from datetime import timedelta

import apsw
import pytest

from tonglu.core.delivery import BatchRow, DeliveryState, instant_of, instant_text
from tonglu.core.errors import TongluError
from tonglu.mailroom.connection import FIXED_SQLITE, Database, sqlite_version
from tonglu.mailroom.inbox import InboxItem
from tonglu.mailroom.mailroom import Mailroom


def test_a_touch_that_is_handed_over_twice_is_there_once_as_it_came_first(mailroom, row):
    assert mailroom.outbox.hand_over([row("k1"), row("k2")]) == 2
    assert mailroom.outbox.hand_over([row("k1", channel="email"), row("k3")]) == 1
    assert mailroom.outbox.counts() == {("touch", "sms", DeliveryState.WAITING): 3}


def test_a_batch_that_is_handed_over_twice_is_there_once(mailroom, now):
    batch = BatchRow("000001-sms-20261123T0200", 1, "sms", now, now, now, "b.parquet", 3, "00")
    assert mailroom.batches.hand_over([batch]) == 1
    assert mailroom.batches.hand_over([replace(batch, rows=4)]) == 0
    assert mailroom.batches.staged(batch.batch_id).rows == 3


def test_a_row_that_breaks_the_table_takes_the_whole_hand_over_back(mailroom, row):
    with pytest.raises(TongluError):
        mailroom.outbox.hand_over([row("k1"), row(None)])
    assert mailroom.outbox.counts() == {}


def test_what_was_handed_over_is_there_after_opening_again(mailroom, row, tmp_path):
    mailroom.outbox.hand_over([row("k1")])
    mailroom.close()
    with Mailroom(tmp_path / "mailroom.db") as again:
        assert again.outbox.state_of("k1") is DeliveryState.WAITING
        assert again.quick_check() == []


def test_the_log_is_read_by_watermark_and_each_line_once(mailroom, row, now):
    mailroom.outbox.hand_over([row("k1"), row("k2"), row("k3")])
    mailroom.outbox.cancel(["k1", "k2"], now, "entry ended")
    first = mailroom.log.since(0, limit=1)
    rest = mailroom.log.since(first[-1].seq)
    assert [line.touch_key for line in first + rest] == ["k1", "k2"]
    assert {line.state for line in first + rest} == {DeliveryState.CANCELLED}
    assert mailroom.log.since(rest[-1].seq) == []


def test_news_that_comes_twice_is_kept_once_and_news_that_differs_is_kept_for_ingest_to_judge(mailroom, now):
    item = InboxItem("receipt", "r1", 7, {"receipt": "opened", "touch_key": "k1"}, now)
    assert mailroom.inbox.post([item, replace(item, received_at=now + timedelta(hours=1))]) == 1
    assert mailroom.inbox.post([replace(item, payload={"receipt": "clicked", "touch_key": "k1"})]) == 1
    assert mailroom.inbox.post([replace(item, payload={"touch_key": "k1", "receipt": "opened"})]) == 0
    assert [news.payload["receipt"] for news in mailroom.inbox.since(0)] == ["opened", "clicked"]


def test_the_latest_word_about_a_channel_counts(mailroom, now):
    mailroom.optouts.record(7, "sms", now)
    mailroom.optouts.record(8, "*", now)
    assert mailroom.optouts.out_of("sms") == {7, 8}
    assert mailroom.optouts.out_of("email") == {8}
    mailroom.optouts.lift(8, "sms", now + timedelta(seconds=1))
    assert not mailroom.optouts.stops(8, "sms")
    assert mailroom.optouts.stops(8, "email")
    assert mailroom.optouts.out_of("sms") == {7}
    assert [(word.customer_id, word.channel, word.out) for word in mailroom.optouts.since(1)] == [
        (8, "*", True),
        (8, "sms", False),
    ]


def test_instants_as_text_sort_as_instants(now):
    instants = [now + timedelta(microseconds=step) for step in (0, 1, 10, 999_999, 1_000_000)]
    texts = [instant_text(instant) for instant in instants]
    assert sorted(texts) == texts
    assert [instant_of(text) for text in texts] == instants


def test_the_database_has_the_settings_that_keep_it_whole(mailroom, tmp_path):
    connection = mailroom._database._connection
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("mmap_size") == 0
    assert sqlite_version() >= FIXED_SQLITE


def test_every_writing_transaction_takes_the_lock_at_once(tmp_path):
    one, two = Database(tmp_path / "m.db"), Database(tmp_path / "m.db")
    two._connection.set_busy_timeout(0)
    with one.transaction(), pytest.raises(TongluError), two.transaction():
        pass
    with pytest.raises(TongluError, match="inside a transaction"):
        one.change("DELETE FROM optout", {})
    one.close()
    two.close()


def test_a_mailroom_of_a_newer_version_is_not_opened(tmp_path):
    Mailroom(tmp_path / "m.db").close()
    connection = apsw.Connection(str(tmp_path / "m.db"))
    connection.pragma("user_version", 99)
    connection.close()
    with pytest.raises(TongluError, match="newer Tonglu"):
        Mailroom(tmp_path / "m.db")


def test_personal_data_is_in_no_repr_and_no_error(mailroom, row):
    assert "138" not in repr(row("k1"))
    with pytest.raises(TongluError) as caught:
        mailroom.outbox.hand_over([row(None, address="13812341234")])
    assert "138" not in str(caught.value)
