"""Words of customers, out and in again: the latest instant that covers a channel counts, for runs and deliverers alike."""

from datetime import timedelta

import pytest

from tonglu.app.loop import recover
from tonglu.testing import at

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")


@pytest.fixture
def bank(tiny):
    """One customer at a touch by sms, who may opt out by event and come to a second one later."""
    steps = [{"hi": {"touch": "hello", "via": ["sms"], "valid_for": "9 days"}}, {"on": {"wait": "60 days"}}]
    journeys = {name: {"enter": {"event": event}, "steps": steps} for name, event in (("offer", "ordered"), ("later", "asked"))}
    made = tiny(journeys=journeys, events={"opt_out": {"channel": "text"}})
    made.customers(1)
    made.event("ordered", 1, T)
    return made


def reason(bank, run_no=1):
    [(found,)] = bank.rows("SELECT reason FROM tonglu.decision WHERE run_no = $n", n=run_no)
    return found


def test_a_word_in_again_is_kept_beside_the_opt_out_and_the_later_one_counts(bank):
    bank.place.mailroom.optouts.lift(1, "sms", T - HOUR)
    bank.place.mailroom.optouts.record(1, "sms", T - 2 * HOUR)
    bank.run(T)
    assert reason(bank) == "passed"
    assert bank.rows("SELECT channel, opted_out_at, run_no, word FROM tonglu.opt_out ORDER BY 2") == [
        ("sms", T - 2 * HOUR, 1, "out"),
        ("sms", T - HOUR, 1, "in"),
    ]


def test_a_word_about_one_channel_takes_that_channel_out_of_an_opt_out_of_all(bank):
    bank.place.mailroom.optouts.record(1, "*", T - 2 * HOUR)
    bank.place.mailroom.optouts.lift(1, "app_push", T - HOUR)
    bank.run(T)
    assert reason(bank) == "opted_out"
    assert not bank.place.mailroom.optouts.stops(1, "app_push")
    assert bank.place.mailroom.optouts.stops(1, "sms")


def test_at_one_instant_out_wins(bank):
    bank.place.mailroom.optouts.record(1, "sms", T - HOUR)
    bank.place.mailroom.optouts.lift(1, "*", T - HOUR)
    bank.run(T)
    assert reason(bank) == "opted_out"


def test_a_consent_for_another_purpose_frees_no_other_in_the_next_run_either(bank):
    bank.event("opt_out", 1, T - 2 * HOUR, channel="sms")
    bank.consent(1, "sms", granted=True, when=T - HOUR, purpose="service")
    bank.run(T)
    assert reason(bank) == "opted_out"
    bank.event("asked", 1, T + HOUR)
    bank.run(T + 2 * HOUR)
    assert reason(bank, 2) == "opted_out"
    assert bank.rows("SELECT word FROM tonglu.opt_out") == [("out",)]


def test_a_consent_that_is_newer_than_an_opt_out_that_comes_late_lifts_it_at_the_deliverer(bank):
    bank.consent(1, "sms", granted=True, when=T - HOUR)
    bank.run(T)
    bank.event("opt_out", 1, T - 2 * HOUR)
    bank.run(T + HOUR)
    assert not bank.place.mailroom.optouts.stops(1, "sms")
    assert bank.place.mailroom.optouts.stops(1, "app_push")
    assert bank.deliver(T + HOUR) == {"accepted": 1}
    assert len(bank.handed_over()) == 1


def test_recovery_does_not_bring_back_an_opt_out_that_was_lifted_meanwhile(bank):
    bank.event("opt_out", 1, T - HOUR, channel="sms")
    loop = bank.open(T)
    for name, stage in loop.stages:
        stage()
        if name == "commit":
            break
    bank.place.mailroom.optouts.lift(1, "sms", T + MINUTE)
    assert recover(bank.place) == [1]
    assert not bank.place.mailroom.optouts.stops(1, "sms")
    loop.finish(1, T)
    assert not bank.place.mailroom.optouts.stops(1, "sms")
    assert [word.out for word in bank.place.mailroom.optouts.since(0)] == [False]


def die_at(bank, when, last):
    """Play a run to the end of a stage, and no further."""
    loop = bank.open(when)
    for name, stage in loop.stages:
        stage()
        if name == last:
            return loop
    raise AssertionError(last)


@pytest.fixture
def night(tiny):
    """Two customers whose touches wait for the morning."""
    steps = [{"hi": {"touch": "hello", "via": ["sms"], "valid_for": "9 days"}}, {"on": {"wait": "60 days"}}]
    policy = {"per_run": 9, "open_hours": {"sms": "08:00-21:00"}}
    bank = tiny(journeys={"offer": {"enter": {"event": "ordered"}, "steps": steps}}, policy=policy, events={"opt_out": {}})
    bank.customers(1, 2)
    bank.events([("ordered", one, NIGHT) for one in (1, 2)])
    bank.run(NIGHT)
    return bank


NIGHT = at("2026-03-02 22:00")
OPENING = at("2026-03-03 08:00")


@pytest.mark.parametrize("how", ["opt-out", "withdrawal"])
def test_a_round_after_a_run_that_died_before_its_hand_over_messages_nobody_whom_the_run_stops(night, how):
    if how == "opt-out":
        night.event("opt_out", 1, NIGHT + HOUR)
    else:
        night.consent(1, "sms", granted=False, when=NIGHT + HOUR)
    die_at(night, NIGHT + 2 * HOUR, "commit")
    night.close()
    assert night.deliver(OPENING) == {"accepted": 1}
    assert [row["customer_id"] for row in night.handed_over()] == ["2"]
    assert night.rows("SELECT run_no FROM tonglu.run_step WHERE step = 'handed_over' ORDER BY 1") == [(1,), (2,)]


def test_the_deliverers_know_of_an_opt_out_before_the_run_has_happened(night):
    night.event("opt_out", 1, NIGHT + HOUR)
    loop = die_at(night, NIGHT + 2 * HOUR, "learn")
    assert not night.place.mailroom.optouts.stops(1, "sms")
    told = []
    loop._fail_at = lambda point: told.append((point, night.place.mailroom.optouts.stops(1, "sms")))
    loop.commit()
    assert told[0] == ("before_commit", True)


def test_a_run_that_is_made_again_after_its_words_were_told_tells_them_once(night):
    night.event("opt_out", 1, NIGHT + HOUR)
    loop = die_at(night, NIGHT + 2 * HOUR, "learn")
    loop._fail_at = lambda point: (_ for _ in ()).throw(RuntimeError(point))
    with pytest.raises(RuntimeError, match="before_commit"):
        loop.commit()
    loop.roll_back()
    night.run(NIGHT + 2 * HOUR)
    assert night.place.mailroom.optouts.out_of("sms") == {1}
    assert night.place.mailroom._database.rows("SELECT count(*) FROM optout") == [(1,)]
