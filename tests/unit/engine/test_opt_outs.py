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
