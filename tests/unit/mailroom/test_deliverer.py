"""One round of delivery: when a touch leaves, when it does not, and what is written about it."""

from datetime import timedelta

import pytest

from tonglu.core.delivery import Delivered, DeliveryState, Refused, Retry, Text, Unsure
from tonglu.core.errors import Finding, InputError, Place
from tonglu.mailroom.deliverer import LONGEST_BACKOFF, backoff
from tonglu.mailroom.outbox import Clearance
from tonglu.mailroom.switches import Action, Scope


class Receiver:
    """Answers as it is told: outcomes in order, then delivered."""

    kind = "test"

    def __init__(self, *outcomes, deduplicates=False):
        self.outcomes = list(outcomes)
        self.deduplicates = deduplicates
        self.messages = []

    def send(self, message):
        self.messages.append(message)
        outcome = self.outcomes.pop(0) if self.outcomes else Delivered()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    @property
    def keys(self):
        return [message.touch_key for message in self.messages]


def lines(mailroom):
    return [(line.touch_key, line.state, line.detail) for line in mailroom.log.since(0)]


def test_a_due_touch_leaves_rendered_and_once(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1")])
    receiver = Receiver()
    assert deliver({"sms": receiver}).states == {DeliveryState.DELIVERED: 1}
    assert deliver({"sms": receiver}, timedelta(hours=5)).states == {}
    (message,) = receiver.messages
    assert (message.body, message.address, message.attempt) == ("welcome:warm:王", "13812341234", 1)
    assert lines(mailroom) == [("k1", DeliveryState.DELIVERED, "")]
    assert "138" not in repr(message)
    assert "王" not in repr(message)


def test_nothing_leaves_before_its_instant(mailroom, row, deliver, now):
    opening = now + timedelta(hours=6)
    mailroom.outbox.hand_over([row("k1", not_before=opening)])
    receiver = Receiver()
    deliver({"sms": receiver}, timedelta(hours=6) - timedelta(microseconds=1))
    assert receiver.keys == []
    assert mailroom.outbox.next_due() == opening
    deliver({"sms": receiver}, timedelta(hours=6))
    assert receiver.keys == ["k1"]


def test_a_touch_that_is_past_its_end_expires_and_never_leaves(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1")])
    receiver = Receiver()
    assert deliver({"sms": receiver}, timedelta(days=1)).states == {DeliveryState.EXPIRED: 1}
    assert receiver.keys == []
    assert lines(mailroom) == [("k1", DeliveryState.EXPIRED, "past its end")]


@pytest.mark.parametrize("channel", ["sms", "*"])
def test_an_opt_out_after_the_hand_over_cancels_that_channel(mailroom, row, deliver, now, channel):
    mailroom.outbox.hand_over([row("k1"), row("k2", customer_id=8), row("k3", channel="email")])
    mailroom.optouts.record(7, channel, now)
    sms, email = Receiver(), Receiver()
    deliver({"sms": sms, "email": email})
    assert sms.keys == ["k2"]
    assert email.keys == (["k3"] if channel == "sms" else [])
    assert ("k1", DeliveryState.CANCELLED, "opted out") in lines(mailroom)


def test_an_opt_out_between_the_lease_and_the_last_look_still_counts(mailroom, row, now):
    mailroom.outbox.hand_over([row("k1")])
    (lease,) = mailroom.outbox.lease("touch", "sms", now, owner="a", until=now + timedelta(minutes=1), limit=9)
    mailroom.optouts.record(7, "sms", now)
    assert mailroom.outbox.begin(lease, now) is Clearance.CANCELLED


@pytest.mark.parametrize(("scope", "name"), [(Scope.ALL, ""), (Scope.CHANNEL, "sms"), (Scope.JOURNEY, "payroll_companion")])
def test_a_pause_holds_and_a_resume_lets_go(mailroom, row, deliver, now, scope, name):
    mailroom.outbox.hand_over([row("k1")])
    mailroom.throw(scope, name, Action.PAUSE, by="ops", reason="wrong rate", at=now)
    receiver = Receiver()
    deliver({"sms": receiver})
    assert receiver.keys == []
    assert mailroom.outbox.state_of("k1") is DeliveryState.WAITING
    mailroom.throw(scope, name, Action.RESUME, by="ops", reason="mended", at=now)
    deliver({"sms": receiver})
    assert receiver.keys == ["k1"]


@pytest.mark.parametrize(("scope", "name"), [(Scope.ALL, ""), (Scope.CHANNEL, "sms"), (Scope.JOURNEY, "payroll_companion")])
def test_a_kill_cancels_what_waits_and_what_comes_and_a_resume_brings_none_of_it_back(mailroom, row, deliver, now, scope, name):
    mailroom.outbox.hand_over([row("k1")])
    assert mailroom.throw(scope, name, Action.KILL, by="ops", reason="wrong rate", at=now) == 1
    mailroom.outbox.hand_over([row("k2")])
    receiver = Receiver()
    deliver({"sms": receiver})
    mailroom.throw(scope, name, Action.RESUME, by="ops", reason="mended", at=now)
    deliver({"sms": receiver})
    assert receiver.keys == []
    assert {mailroom.outbox.state_of(key) for key in ("k1", "k2")} == {DeliveryState.CANCELLED}
    mailroom.outbox.hand_over([row("k3")])
    deliver({"sms": receiver})
    assert receiver.keys == ["k3"]


def test_a_switch_reaches_its_scope_only(mailroom, row, deliver, now):
    mailroom.outbox.hand_over([row("k1"), row("k2", journey="pension_day"), row("k3", channel="email", journey="pension_day")])
    mailroom.throw(Scope.JOURNEY, "payroll_companion", Action.KILL, by="ops", reason="x", at=now)
    mailroom.throw(Scope.CHANNEL, "email", Action.PAUSE, by="ops", reason="x", at=now)
    sms, email = Receiver(), Receiver()
    deliver({"sms": sms, "email": email})
    assert (sms.keys, email.keys) == (["k2"], [])
    assert [(switch.scope, switch.action) for switch in mailroom.switches.in_force()] == [
        (Scope.JOURNEY, Action.KILL),
        (Scope.CHANNEL, Action.PAUSE),
    ]


def test_a_kill_between_the_lease_and_the_last_look_still_counts(mailroom, row, now):
    mailroom.outbox.hand_over([row("k1")])
    (lease,) = mailroom.outbox.lease("touch", "sms", now, owner="a", until=now + timedelta(minutes=1), limit=9)
    mailroom.throw(Scope.ALL, "", Action.KILL, by="ops", reason="x", at=now)
    assert mailroom.outbox.begin(lease, now) is Clearance.LOST
    assert mailroom.outbox.state_of("k1") is DeliveryState.CANCELLED


@pytest.mark.parametrize(("scope", "name", "by", "reason"), [
    (Scope.ALL, "x", "ops", "r"), (Scope.JOURNEY, "", "ops", "r"), (Scope.ALL, "", " ", "r"),
])  # fmt: skip
def test_a_switch_says_of_what_and_by_whom(mailroom, now, scope, name, by, reason):
    with pytest.raises(InputError, match="TL820"):
        mailroom.throw(scope, name, Action.PAUSE, by=by, reason=reason, at=now)


def test_a_receiver_that_honours_keys_is_tried_again_later_under_the_same_key(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1")])
    receiver = Receiver(Retry("busy"), Unsure("no answer"), deduplicates=True)
    assert deliver({"sms": receiver}).retried == 1
    assert deliver({"sms": receiver}, timedelta(seconds=59)).retried == 0
    assert deliver({"sms": receiver}, timedelta(minutes=1)).retried == 1
    assert deliver({"sms": receiver}, timedelta(minutes=3)).states == {DeliveryState.DELIVERED: 1}
    assert receiver.keys == ["k1"] * 3
    assert [message.attempt for message in receiver.messages] == [1, 2, 3]
    assert [line[1] for line in lines(mailroom)] == [DeliveryState.WAITING, DeliveryState.WAITING, DeliveryState.DELIVERED]


def test_after_the_last_attempt_a_touch_fails_with_the_reason(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1")])
    receiver = Receiver(*[Retry("busy")] * 9, deduplicates=True)
    for hour in range(9):
        deliver({"sms": receiver}, timedelta(hours=hour), attempts=3)
    assert receiver.keys == ["k1"] * 3
    assert lines(mailroom)[-1] == ("k1", DeliveryState.FAILED, "busy")


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Retry("busy"), DeliveryState.FAILED),
        (Refused("no such number"), DeliveryState.FAILED),
        (Unsure("no answer"), DeliveryState.UNKNOWN),
        (RuntimeError("13812341234"), DeliveryState.UNKNOWN),
        (Delivered(state=DeliveryState.PENDING), DeliveryState.PENDING),
    ],
)
def test_a_receiver_that_does_not_honour_keys_is_attempted_once(mailroom, row, deliver, outcome, state):
    mailroom.outbox.hand_over([row("k1")])
    receiver = Receiver(outcome)
    for hour in range(4):
        deliver({"sms": receiver}, timedelta(hours=hour))
    assert receiver.keys == ["k1"]
    assert mailroom.outbox.state_of("k1") is state
    assert "138" not in str(lines(mailroom))


def test_a_receiver_that_was_not_reached_at_all_was_not_attempted(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1")])
    receiver = Receiver(Retry("no connection", reached=False))
    assert deliver({"sms": receiver}).retried == 1
    assert deliver({"sms": receiver}, timedelta(minutes=1)).states == {DeliveryState.DELIVERED: 1}


def test_a_text_that_cannot_be_written_fails_its_touch_and_no_other(mailroom, row, deliver):
    class Texts:
        def text(self, message, version, arm, channel, variables):
            if message == "broken":
                raise InputError([Finding("TL605", "'surname' is undefined", Place("template"))])
            return Text("", "ok")

    mailroom.outbox.hand_over([row("k1", message="broken"), row("k2")])
    receiver = Receiver()
    deliver({"sms": receiver}, texts=Texts())
    assert receiver.keys == ["k2"]
    assert ("k1", DeliveryState.FAILED, "text: 'surname' is undefined [TL605]") in lines(mailroom)


def test_a_round_says_when_there_is_more(mailroom, row, deliver):
    mailroom.outbox.hand_over(row(f"k{number}") for number in range(5))
    receiver = Receiver()
    assert deliver({"sms": receiver}, limit=3).more
    assert not deliver({"sms": receiver}, limit=3).more
    assert receiver.keys == [f"k{number}" for number in range(5)]


def test_rows_of_channels_that_a_deliverer_does_not_serve_are_left_to_others(mailroom, row, deliver, now):
    mailroom.outbox.hand_over([row("k1", channel="email"), row("k2")])
    (lease,) = mailroom.outbox.lease("touch", "email", now, owner="other", until=now + timedelta(minutes=1), limit=9)
    assert mailroom.outbox.begin(lease, now) is Clearance.GO
    deliver({"sms": Receiver()}, timedelta(hours=1))
    assert mailroom.outbox.state_of("k1") is DeliveryState.LEASED
    deliver({"email": Receiver()}, timedelta(hours=1))
    assert mailroom.outbox.state_of("k1") is DeliveryState.UNKNOWN


def test_a_lease_that_was_taken_over_lets_nothing_be_written(mailroom, row, now):
    mailroom.outbox.hand_over([row("k1")])
    soon, later = now + timedelta(minutes=1), now + timedelta(minutes=9)
    (old,) = mailroom.outbox.lease("touch", "sms", now, owner="a", until=soon, limit=1)
    mailroom.outbox.sweep(soon, {"sms": False}, 5)
    (new,) = mailroom.outbox.lease("touch", "sms", soon, owner="b", until=later, limit=1)
    assert new.token > old.token
    assert mailroom.outbox.begin(old, now) is Clearance.LOST
    assert mailroom.outbox.begin(new, soon) is Clearance.GO
    assert not mailroom.outbox.settle(old, DeliveryState.DELIVERED, soon)
    assert not mailroom.outbox.reschedule(old, later, soon, "busy")
    assert mailroom.outbox.settle(new, DeliveryState.DELIVERED, soon)
    assert len(mailroom.log.since(0)) == 1


def test_what_has_begun_to_leave_is_not_cancelled(mailroom, row, now):
    mailroom.outbox.hand_over([row("k1"), row("k2"), row("k3")])
    one, _ = mailroom.outbox.lease("touch", "sms", now, owner="a", until=now + timedelta(minutes=1), limit=2)
    mailroom.outbox.begin(one, now)
    assert mailroom.cancel(["k1", "k2", "k3", "nobody"], now, "entry ended") == 2
    assert mailroom.outbox.settle(one, DeliveryState.DELIVERED, now)


def test_what_is_known_later_settles_an_unknown_or_pending_touch_only(mailroom, row, deliver, now):
    mailroom.outbox.hand_over([row("k1"), row("k2")])
    deliver({"sms": Receiver(Unsure("no answer"), Delivered())})
    assert mailroom.outbox.confirm("k1", DeliveryState.DELIVERED, now, "seen by the operator")
    assert not mailroom.outbox.confirm("k2", DeliveryState.FAILED, now)
    assert not mailroom.outbox.confirm("k1", DeliveryState.FAILED, now)


def test_pauses_between_attempts_double_up_to_an_hour():
    assert [backoff(attempt) for attempt in (1, 2, 3)] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert backoff(50) == LONGEST_BACKOFF
