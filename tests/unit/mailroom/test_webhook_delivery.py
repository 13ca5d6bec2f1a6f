"""Touches on their way to a system: what is tried again, and what is not."""

from datetime import timedelta

from tests.loopback import System, running

from tonglu.core.delivery import DeliveryState

HOURS = timedelta(hours=5)


def keys(system):
    return [headers["Idempotency-Key"] for headers, _ in system.seen]


def test_a_system_that_takes_a_key_once_is_asked_again_under_the_same_key_until_it_says_that_it_has_it(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1")])
    with running(System(500, 429, 409)) as system:
        channel = system.channel(deduplicates=True)
        rounds = [deliver({"sms": channel}, number * HOURS) for number in range(4)]
    assert [(one.retried, one.states) for one in rounds] == [(1, {}), (1, {}), (0, {DeliveryState.DELIVERED: 1}), (0, {})]
    assert keys(system) == ["k1"] * 3
    assert len({body for _, body in system.seen}) == 1


def test_any_other_system_is_asked_once_and_what_nobody_can_tell_stays_unknown(mailroom, row, deliver):
    mailroom.outbox.hand_over([row("k1"), row("k2")])
    with running(System(500, 429)) as system:
        channel = system.channel()
        rounds = [deliver({"sms": channel}, number * HOURS) for number in range(2)]
    assert [one.states for one in rounds] == [{DeliveryState.UNKNOWN: 1, DeliveryState.FAILED: 1}, {}]
    assert keys(system) == ["k1", "k2"]
