"""Quiet hours plan a touch; what does not open in time is deferred, and expires (semantics 21, 23)."""

from datetime import timedelta

from tonglu.testing import at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
NIGHT = at("2026-03-02 22:00")
OPENING = at("2026-03-03 08:00")
POLICY = {"per_run": 9, "open_hours": {"sms": "08:00-21:00"}}


def touching(valid_for, **touch):
    steps = [
        {"hi": {"touch": "hello", "via": ["sms"], "valid_for": valid_for, **touch}},
        {"rest": {"wait": "2 hours"}},
        {"on": {"wait": "90 days"}},
    ]
    return {"enter": {"event": "ordered", "fresh": "30 days"}, "steps": steps}


def planned(bank):
    return bank.rows("SELECT journey, outcome, reason, not_before FROM tonglu.decision ORDER BY run_no, journey")


def test_a_touch_decided_at_night_is_planned_for_the_opening_and_its_entry_waits_for_it(tiny):
    bank = tiny(journeys={"offer": touching("1 day")}, policy=POLICY)
    bank.customers(1)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    assert planned(bank) == [("offer", "sent", "passed", OPENING)]
    assert bank.rows("SELECT decided_at, not_before, expires_at FROM tonglu.touch") == [(NIGHT, OPENING, OPENING + DAY)]
    assert bank.resting() == [(1, "offer", "rest", OPENING)]
    assert bank.deliver(OPENING - TICK) == {}
    assert bank.deliver(OPENING) == {"accepted": 1}
    bank.run(OPENING + 2 * HOUR - TICK)
    assert bank.resting() == [(1, "offer", "rest", OPENING)]
    bank.run(OPENING + 2 * HOUR)
    assert bank.resting() == [(1, "offer", "on", OPENING + 2 * HOUR)]


def test_inside_the_hours_a_touch_may_leave_at_once(tiny):
    bank = tiny(journeys={"offer": touching("1 day")}, policy=POLICY)
    bank.customers(1)
    bank.event("ordered", 1, OPENING)
    bank.run(OPENING)
    assert planned(bank) == [("offer", "sent", "passed", OPENING)]
    assert bank.deliver(OPENING) == {"accepted": 1}


def test_a_channel_that_opens_exactly_at_the_end_of_validity_is_in_time(tiny):
    bank = tiny(journeys={"just": touching("10 hours"), "short": touching("9 hours")}, policy=POLICY)
    bank.customers(1)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    assert planned(bank) == [("just", "sent", "passed", OPENING), ("short", "deferred", "closed", OPENING)]


def test_what_is_deferred_competes_until_its_validity_ends_and_is_dropped_then(tiny):
    bank = tiny(journeys={"short": touching("3 hours", otherwise="on")}, policy=POLICY)
    bank.customers(1)
    bank.event("ordered", 1, NIGHT - HOUR)
    bank.run(NIGHT)
    bank.run(NIGHT + 3 * HOUR)
    bank.run(NIGHT + 3 * HOUR + TICK)
    assert [row[1:3] for row in planned(bank)] == [("deferred", "closed"), ("deferred", "closed"), ("dropped", "expired")]
    assert bank.rows("SELECT DISTINCT first_proposed_at FROM tonglu.decision") == [(NIGHT,)]
    assert bank.resting() == [(1, "short", "on", NIGHT + 3 * HOUR + TICK)]
    assert bank.rows("SELECT count(*) FROM tonglu.waiting_touch") == [(0,)]


def test_the_channel_is_chosen_before_its_hours_are_looked_at(tiny):
    steps = [{"hi": {"touch": "hello", "via": ["sms", "app_push"], "valid_for": "1 hour"}}, {"on": {"wait": "90 days"}}]
    bank = tiny(journeys={"offer": {"enter": {"event": "ordered"}, "steps": steps}}, policy=POLICY)
    bank.customers(1)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    assert bank.rows("SELECT channel, outcome, reason FROM tonglu.decision") == [("sms", "deferred", "closed")]


def test_a_touch_that_nobody_delivered_in_time_expires_and_says_so(tiny):
    bank = tiny(journeys={"offer": touching("11 hours")}, policy=POLICY)
    bank.customers(1)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    assert bank.deliver(OPENING + 11 * HOUR) == {"expired": 1}
    assert bank.handed_over() == []
    bank.run(NIGHT + DAY)
    assert bank.rows("SELECT state FROM tonglu.delivery") == [("expired",)]
