"""What stays while its channel is closed, what leaves in spite of hours and opt-outs, and words that come late or twice."""

from datetime import timedelta

import pytest

from tonglu.core.delivery import BatchResult, BatchRow, Delivered, DeliveryState, Retry
from tonglu.mailroom.optouts import OptOut
from tonglu.mailroom.switches import Action, Scope

HOUR = timedelta(hours=1)
BATCH = "000001-sms-20261123T0200"


class Receiver:
    """Takes messages; the first outcomes are given."""

    kind = "test"
    deduplicates = True

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.keys = []

    def send(self, message):
        self.keys.append(message.touch_key)
        return self.outcomes.pop(0) if self.outcomes else Delivered()


class Platform:
    """Takes batches."""

    kind = "test"
    deduplicates = True

    def __init__(self):
        self.batches = []

    def send_batch(self, batch):
        self.batches.append(batch.batch_id)
        return BatchResult(Delivered("ref", DeliveryState.ACCEPTED), batch.rows)


def test_what_heeds_hours_waits_while_its_channel_is_closed_and_leaves_when_it_is_open(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1"), row("notice", heeds_hours=False), row("k2", channel="email")])
    sms, email = Receiver(), Receiver()
    deliver({"sms": sms, "email": email}, closed={"sms"})
    assert (sms.keys, email.keys) == (["notice"], ["k2"])
    assert mailroom.outbox.state_of("k1") is DeliveryState.WAITING
    deliver({"sms": sms}, 9 * HOUR)
    assert sms.keys == ["notice", "k1"]


def test_another_attempt_that_falls_due_at_night_waits_for_the_opening(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1")])
    sms = Receiver(Retry("busy"))
    deliver({"sms": sms})
    deliver({"sms": sms}, HOUR, closed={"sms"})
    assert sms.keys == ["k1"]
    deliver({"sms": sms}, 2 * HOUR)
    assert sms.keys == ["k1", "k1"]


def test_what_does_not_open_before_its_end_expires(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1")])
    assert deliver({"sms": Receiver()}, timedelta(days=1), closed={"sms"}).states == {DeliveryState.EXPIRED: 1}


@pytest.mark.parametrize("heeds", [True, False])
def test_a_batch_waits_for_its_channel_unless_all_of_it_may_leave(mailroom, deliver, now, heeds):
    end = now + timedelta(days=1)
    mailroom.batches.hand_over([BatchRow(BATCH, 1, "sms", now, end, now, "b.parquet", 4, "00", heeds_hours=heeds)])
    platform = Platform()
    deliver({"sms": platform}, closed={"sms"})
    assert platform.batches == ([] if heeds else [BATCH])
    deliver({"sms": platform}, HOUR)
    assert platform.batches == [BATCH]


def test_a_batch_of_one_journey_is_held_by_its_pause_and_cancelled_by_its_kill(mailroom, deliver, now):
    end = now + timedelta(days=1)
    for name in ("one", "two", "mixed"):
        journey = "" if name == "mixed" else name
        mailroom.batches.hand_over([BatchRow(name, 1, "sms", now, end, now, f"{name}.parquet", 4, "00", journey=journey)])
    mailroom.throw(Scope.JOURNEY, "one", Action.PAUSE, by="ops", reason="x", at=now)
    assert mailroom.throw(Scope.JOURNEY, "two", Action.KILL, by="ops", reason="x", at=now) == 1
    platform = Platform()
    deliver({"sms": platform})
    assert platform.batches == ["mixed"]
    mailroom.throw(Scope.JOURNEY, "one", Action.RESUME, by="ops", reason="x", at=now)
    deliver({"sms": platform}, HOUR)
    assert platform.batches == ["mixed", "one"]
    assert [(line.batch_id, line.state.value) for line in mailroom.log.since(0)] == [
        ("two", "cancelled"), ("mixed", "accepted"), ("one", "accepted"),
    ]  # fmt: skip


def test_a_touch_that_does_not_heed_opt_outs_leaves_to_somebody_who_opted_out(mailroom, row, deliver, now):
    mailroom.outbox.hand_over([row("offer"), row("notice", heeds_opt_out=False)])
    mailroom.optouts.record(7, "*", now)
    sms = Receiver()
    deliver({"sms": sms})
    assert sms.keys == ["notice"]


def test_a_touch_whose_address_is_gone_fails_and_says_so(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1", address=None), row("k2", address="")])
    sms = Receiver()
    assert deliver({"sms": sms}).states == {DeliveryState.FAILED: 1, DeliveryState.DELIVERED: 1}
    assert sms.keys == ["k2"]
    assert ("k1", "the address is gone") in [(line.touch_key, line.detail) for line in mailroom.log.since(0)]


def test_words_count_by_their_instants_not_by_their_arrival_and_out_wins_a_tie(mailroom, now):
    optouts = mailroom.optouts
    optouts.lift(7, "sms", now)
    optouts.record(7, "*", now - HOUR)
    assert not optouts.stops(7, "sms")
    assert optouts.out_of("email") == {7}
    optouts.record(7, "sms", now)
    assert optouts.stops(7, "sms")
    assert optouts.out_of("sms") == {7}


def test_a_word_that_is_told_again_changes_nothing_and_no_run_reads_back_what_runs_told(mailroom, now):
    optouts = mailroom.optouts
    word = OptOut(7, "sms", True, now)
    assert (optouts.told([word]), optouts.told([word])) == (1, 0)
    optouts.lift(7, "sms", now + HOUR)
    assert optouts.told([word]) == 0
    assert not optouts.stops(7, "sms")
    assert [(said.out, said.at) for said in optouts.since(0)] == [(False, now + HOUR)]


def test_the_file_and_what_sqlite_puts_beside_it_are_closed_to_others(mailroom, row, tmp_path):
    mailroom.outbox.hand_over([row("k1")])
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("mailroom.db*")}
    assert set(modes) >= {"mailroom.db", "mailroom.db-wal"}
    assert set(modes.values()) == {0o600}
