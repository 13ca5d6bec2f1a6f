"""A batch on its way out: what the deliverer tells the bulk channel, and what it writes about those left out."""

from datetime import timedelta

import pytest

from tonglu.core.delivery import BatchResult, BatchRow, Delivered, DeliveryState, LeftOut, Retry
from tonglu.mailroom.switches import Action, Scope

BATCH = "000001-sms-20261123T0200"


class Platform:
    """Takes batches; leaves out what it was told to, or gives one other answer first."""

    kind = "test"
    deduplicates = True

    def __init__(self, first=None):
        self.first = first
        self.batches = []

    def send_batch(self, batch):
        self.batches.append(batch)
        answer, self.first = self.first, None
        left_out = tuple(LeftOut(key, DeliveryState.CANCELLED, "excluded") for key in sorted(batch.excluded))
        opted_out = tuple(LeftOut(f"k{customer}", DeliveryState.CANCELLED, "opted out") for customer in sorted(batch.opted_out))
        return answer or BatchResult(Delivered("ref", DeliveryState.ACCEPTED), 2, left_out + opted_out)


@pytest.fixture
def handed_over(mailroom, now):
    mailroom.batches.hand_over([BatchRow(BATCH, 1, "sms", now, now + timedelta(days=1), now, "b.parquet", 4, "00")])


@pytest.mark.usefixtures("handed_over")
def test_a_batch_is_accepted_once_and_those_left_out_have_a_line_each(mailroom, deliver, now):
    mailroom.cancel([], now, "entry ended", {BATCH: ["k1"]})
    mailroom.optouts.record(2, "sms", now)
    platform = Platform()
    assert deliver({"sms": platform}).states == {DeliveryState.ACCEPTED: 1}
    assert deliver({"sms": platform}, timedelta(hours=9)).states == {}
    (batch,) = platform.batches
    assert (batch.excluded, batch.opted_out, batch.made_at) == ({"k1"}, {2}, now)
    assert [(line.touch_key, line.batch_id, line.state.value, line.detail) for line in mailroom.log.since(0)] == [
        ("k1", BATCH, "cancelled", "entry ended"),
        (None, BATCH, "accepted", "ref"),
        ("k2", BATCH, "cancelled", "opted out"),
    ]


@pytest.mark.usefixtures("handed_over")
def test_a_batch_waits_for_its_instant_and_for_a_paused_channel(mailroom, deliver, now):
    platform = Platform()
    deliver({"sms": platform}, -timedelta(microseconds=1))
    mailroom.throw(Scope.CHANNEL, "sms", Action.PAUSE, by="ops", reason="x", at=now)
    deliver({"sms": platform})
    assert platform.batches == []
    mailroom.throw(Scope.CHANNEL, "sms", Action.RESUME, by="ops", reason="x", at=now)
    deliver({"sms": platform})
    assert len(platform.batches) == 1


@pytest.mark.usefixtures("handed_over")
def test_a_journey_killed_after_the_hand_over_stays_out_even_if_it_was_resumed(mailroom, deliver, now):
    for journey, actions in {"killed": "kr", "paused": "p", "lifted": "pr"}.items():
        for action in actions:
            thrown = {"k": Action.KILL, "p": Action.PAUSE, "r": Action.RESUME}[action]
            mailroom.throw(Scope.JOURNEY, journey, thrown, by="ops", reason="x", at=now)
    platform = Platform()
    deliver({"sms": platform})
    assert platform.batches[0].stopped_journeys == {"killed", "paused"}


def test_a_journey_killed_and_resumed_before_the_hand_over_is_in(mailroom, deliver, now):
    for thrown in (Action.KILL, Action.RESUME):
        mailroom.throw(Scope.JOURNEY, "j", thrown, by="ops", reason="x", at=now)
    mailroom.batches.hand_over([BatchRow(BATCH, 1, "sms", now, now + timedelta(days=1), now, "b.parquet", 4, "00")])
    platform = Platform()
    deliver({"sms": platform})
    assert platform.batches[0].stopped_journeys == frozenset()


@pytest.mark.usefixtures("handed_over")
def test_a_batch_that_could_not_be_written_is_tried_again_with_what_holds_then(mailroom, deliver, now):
    platform = Platform(first=BatchResult(Retry("disk full")))
    assert deliver({"sms": platform}).retried == 1
    mailroom.cancel([], now, "entry ended", {BATCH: ["k1"]})
    deliver({"sms": platform}, timedelta(minutes=1))
    assert [batch.excluded for batch in platform.batches] == [frozenset(), {"k1"}]
    assert mailroom.outbox.state_of(BATCH) is DeliveryState.ACCEPTED


@pytest.mark.usefixtures("handed_over")
def test_a_batch_whose_staged_file_was_erased_fails(mailroom, deliver, now):
    with mailroom._database.transaction():
        mailroom.batches.erased(BATCH)
    assert deliver({"sms": Platform()}).states == {DeliveryState.FAILED: 1}
