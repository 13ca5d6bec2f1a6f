"""Entering by leaving a segment, by the calendar, by a list, from another journey; keys; exits by a condition."""

from datetime import date, timedelta

import pytest

from tonglu.testing import at

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
T = at("2026-03-02 08:00")  # a Monday
REST = [{"rest": {"wait": "300 days"}}]
BRIEF = [{"rest": {"wait": "1 hour"}}]
VIP = {"vip": "SELECT c.customer_id FROM customers AS c WHERE c.vip"}


def sinces(bank):
    return [(customer, since) for customer, _, _, _, since in bank.entries()]


def test_leaving_a_segment_brings_those_who_leave(tiny):
    journeys = {name: {"enter": {"left": "vip", "enrolment": name}, "steps": REST} for name in ("future", "current", "both")}
    bank = tiny(journeys=journeys, segments=VIP, attributes={"vip": "boolean"})
    bank.customers({"customer_id": 1, "vip": True}, {"customer_id": 2, "vip": False})
    bank.run(T)
    assert {name: bank.entered(name) for name in journeys} == {"future": [], "current": [2], "both": [2]}
    bank.customers({"customer_id": 1, "vip": False})
    bank.run(T + DAY)
    assert {name: bank.entered(name) for name in journeys} == {"future": [1], "current": [2], "both": [1, 2]}


@pytest.mark.parametrize(
    ("rule", "runs", "expected"),
    [
        ({"date": "2026-03-02 09:00"}, [T, T + DAY], ["2026-03-02 09:00"]),
        ({"date": "2026-03-02 08:00"}, [T, T + DAY], ["2026-03-02 08:00"]),  # at the run itself
        ({"date": "2026-03-01 08:00"}, [T, T + DAY], []),  # exactly as old as `fresh` at the launch: outside
        ({"date": "2026-03-01 08:01"}, [T, T + DAY], ["2026-03-01 08:01"]),
        (
            {"every": "day", "at": "07:00"},
            [T, T + DAY, T + 2 * DAY],
            ["2026-03-02 07:00", "2026-03-03 07:00", "2026-03-04 07:00"],
        ),
        ({"every": "week", "weekday": "tuesday"}, [T, T + DAY, T + 2 * DAY], ["2026-03-03 00:00"]),
        ({"every": "month", "day": 3}, [T, T + DAY], ["2026-03-03 00:00"]),
        ({"every": "year", "month": 3, "day": 3, "at": "06:00"}, [T, T + DAY], ["2026-03-03 06:00"]),
        ({"every": "workday", "at": "07:00"}, [at("2026-02-14 08:00"), at("2026-02-15 08:00")], ["2026-02-14 07:00"]),
        ({"every": "month", "workday": 2}, [T, T + DAY], ["2026-03-03 00:00"]),
        ({"every": "month", "workday": -1}, [at("2026-04-30 08:00"), at("2026-05-01 08:00")], ["2026-04-30 00:00"]),
        ({"every": "month", "day": 31}, [at("2026-02-28 08:00"), at("2026-03-01 08:00")], ["2026-02-28 00:00"]),
    ],
)
def test_the_calendar_brings_everybody_at_its_own_instants(tiny, rule, runs, expected):
    bank = tiny(journeys={"dated": {"enter": {"calendar": rule, "again": "always"}, "steps": BRIEF}})
    bank.customers(1)
    for instant in runs:
        bank.run(instant)
    assert sinces(bank) == [(1, at(text)) for text in expected]


def test_a_calendar_asks_for_its_condition_and_counts_no_day_twice(tiny):
    enter = {"calendar": {"every": "day", "at": "07:00"}, "when": "age >= 60", "again": "always"}
    bank = tiny(journeys={"dated": {"enter": enter, "steps": BRIEF}}, attributes={"age": "integer"})
    bank.customers({"customer_id": 1, "age": 70}, {"customer_id": 2, "age": 20}, {"customer_id": 3})
    for hours in (0, 3, 6, 24):
        bank.run(T + hours * HOUR)
    assert sinces(bank) == [(1, at("2026-03-02 07:00")), (1, at("2026-03-03 07:00"))]


def test_after_a_gap_only_what_is_fresh_brings_somebody(tiny):
    bank = tiny(journeys={"dated": {"enter": {"calendar": {"every": "day"}, "again": "always"}, "steps": BRIEF}})
    bank.customers(1)
    bank.run(T)
    bank.run(T + 5 * DAY)
    assert sinces(bank) == [(1, at("2026-03-02 00:00")), (1, at("2026-03-07 00:00"))]


def test_everybody_has_a_pay_day_of_their_own(tiny):
    enter = {"calendar": {"pay_day": 1, "at": "07:00"}}
    bank = tiny(journeys={"paid": {"enter": enter, "steps": REST}}, attributes={"pay_day": "integer"})
    # the 15th is a Sunday, paid on Friday the 13th; the day after is the 14th
    bank.customers({"customer_id": 1, "pay_day": 15}, {"customer_id": 2, "pay_day": 16}, {"customer_id": 3})
    for day in range(10, 20):
        bank.run(at(f"2026-03-{day} 08:00"))
    assert sinces(bank) == [(1, at("2026-03-14 07:00")), (2, at("2026-03-17 07:00"))]


def test_a_list_brings_those_who_are_on_it(tiny):
    bank = tiny(journeys={"listed": {"enter": {"list": "july", "fresh": "2 days"}, "steps": REST}})
    bank.customers(1, 2, 3, 4)
    bank.listed("july", 1, 2, when=T - HOUR)
    bank.listed("july", 3, when=T - 3 * DAY)
    bank.listed("august", 4, when=T - HOUR)
    bank.run(T)
    assert sinces(bank) == [(1, T - HOUR), (2, T - HOUR)]
    assert bank.rows("SELECT reason, customers FROM tonglu.left_out") == [("stale", 1)]


def test_another_journey_passes_on_in_the_next_run_with_its_own_clock(tiny):
    journeys = {
        "first": {
            "enter": {"event": "begin"},
            "holdout": 0,
            "steps": [{"settle": {"wait": "2 hours"}}, {"hand_on": {"enter": "second"}}, {"done": {"end": "done"}}],
        },
        "second": {"enter": {"journey": "first"}, "steps": [{"settle": {"wait": "1 hour"}}, {"done": {"end": "done"}}]},
    }
    bank = tiny(journeys=journeys)
    bank.customers(1)
    bank.event("begin", 1, T)
    bank.run(T + DAY)
    assert bank.entered("second") == []
    bank.run(T + 2 * DAY)
    assert bank.entries()[1] == (1, "second", 1, "treated", T + 2 * HOUR)
    assert bank.ended()[1] == (1, "second", 1, T + 3 * HOUR, "done")


def test_who_is_held_out_is_not_passed_on(tiny):
    journeys = {
        "first": {
            "enter": {"event": "begin"},
            "holdout": "100%",
            "steps": [{"hand_on": {"enter": "second"}}, {"note": {"set": {"seen": True}}}],
        },
        "second": {"enter": {"journey": "first"}, "steps": REST},
    }
    bank = tiny(journeys=journeys)
    bank.customers(1)
    bank.event("begin", 1, T)
    bank.run(T)
    bank.run(T + DAY)
    assert bank.entered("second") == []
    assert bank.rows("SELECT count(*) FROM tonglu.attribute") == [(0,)]
    assert bank.ended() == [(1, "first", 1, T, "completed")]


KEYED = {
    "enter": {"event": "loan_stage", "where": "stage = 'open'", "keyed_by": "loan_id", "again": "always"},
    "goal": {"event": "loan_paid", "within": "30 days"},
    "exit": [{"event": "complaint"}],
    "steps": [
        {"seen": {"wait_for": {"event": "loan_stage", "where": "stage = 'signed'"}, "within": "10 days", "otherwise": "late"}},
        {"signed": {"wait": "100 days"}},
        {"late": {"end": "late"}},
    ],
}
LOANS = {"loan_stage": {"loan_id": "bigint", "stage": "text"}, "loan_paid": {"loan_id": "bigint"}, "complaint": {"topic": "text"}}


def test_a_keyed_journey_has_one_entry_for_each_key(tiny):
    bank = tiny(journeys={"loan": KEYED}, events=LOANS)
    bank.customers(1)
    for loan in (7, 8, 7):
        bank.event("loan_stage", 1, T, loan_id=loan, stage="open")
    bank.event("loan_stage", 1, T, stage="open")
    bank.run(T + HOUR)
    assert bank.rows("SELECT key, entry_no FROM tonglu.entry ORDER BY key") == [("7", 1), ("8", 1)]
    assert ("no_key", 1) in bank.rows("SELECT reason, customers FROM tonglu.left_out")
    bank.event("loan_stage", 1, T + 2 * HOUR, loan_id=8, stage="signed")
    bank.event("loan_paid", 1, T + 3 * HOUR, loan_id=7)
    bank.run(T + DAY)
    rows = bank.rows(
        """SELECT e.key, s.step, d.reason FROM tonglu.entry AS e LEFT JOIN tonglu.rest AS r USING (entry_id)
           LEFT JOIN tonglu.step AS s USING (step_key) LEFT JOIN tonglu.ended AS d USING (entry_id) ORDER BY e.key"""
    )
    assert rows == [("7", None, "goal"), ("8", "signed", None)]
    assert bank.rows("SELECT e.key FROM tonglu.conversion AS c JOIN tonglu.entry AS e USING (entry_id)") == [("7",)]
    bank.event("complaint", 1, T + DAY + HOUR, topic="fees")  # has no loan_id: it is about the customer
    bank.run(T + 2 * DAY)
    assert bank.resting() == []


def test_an_exit_by_condition_leaves_as_it_stands(tiny):
    journey = {"enter": {"event": "begin"}, "exit": [{"when": "age > 60"}, {"when": "age = 40"}], "steps": REST}
    bank = tiny(journeys={"young": journey}, attributes={"age": "integer"})
    bank.customers({"customer_id": 1, "age": 30}, {"customer_id": 2, "age": 30}, {"customer_id": 3})
    for customer in (1, 2, 3):
        bank.event("begin", customer, T)
    bank.run(T)
    bank.customers({"customer_id": 1, "age": 61}, {"customer_id": 2, "age": 40})
    bank.run(T + DAY)
    assert [(customer, when, why) for customer, _, _, when, why in bank.ended()] == [
        (1, T + DAY, "exit_when"),
        (2, T + DAY, "exit_when_2"),
    ]
    assert len(bank.resting()) == 1


def test_the_earliest_event_after_the_last_end_brings_somebody_back(tiny):
    journey = {"enter": {"event": "begin", "again": "always", "fresh": "10 days"}, "exit": [{"event": "stop"}], "steps": REST}
    bank = tiny(journeys={"again": journey})
    bank.customers(1)
    bank.event("begin", 1, T)
    bank.run(T)
    bank.event("begin", 1, T + HOUR)  # finds the customer inside
    bank.event("stop", 1, T + 2 * HOUR)
    bank.event("begin", 1, T + 3 * HOUR)
    bank.run(T + DAY)
    assert sinces(bank) == [(1, T), (1, T + 3 * HOUR)]


def test_the_control_groups_history_is_kept(tiny):
    bank = tiny(
        journeys={"all": {"enter": {"event": "begin"}, "steps": REST}},
        policy={"per_run": 9, "global_control": {"share": "2%", "epoch": "2026"}},
    )
    bank.customers(1)
    bank.run(T)
    bank.run(T + DAY)
    bank.edit(policy={"per_run": 9, "global_control": {"share": "2%", "epoch": "2027"}})
    bank.run(T + 2 * DAY)
    assert bank.rows("SELECT * FROM tonglu.control_epoch ORDER BY run_no") == [(1, "2026", 0.02), (3, "2027", 0.02)]


def test_a_split_is_sticky_and_keeps_its_shares(tiny):
    steps = [{"share": {"split": {"gentle": 30, "brisk": 70}}}, {"gentle": {"end": "gentle"}}, {"brisk": {"end": "brisk"}}]
    bank = tiny(journeys={"parts": {"enter": {"event": "begin", "again": "always"}, "steps": steps}})
    bank.customers(*range(1, 2001))
    bank.events([("begin", number, T) for number in range(1, 2001)])
    bank.run(T + HOUR)
    [(gentle,)] = bank.rows("SELECT count(*) FROM tonglu.ended WHERE reason = 'gentle'")
    assert abs(gentle / 2000 - 0.3) < 3 * (0.3 * 0.7 / 2000) ** 0.5
    assert len(bank.ended()) == 2000


def test_birthdays_on_a_leap_day(tiny):
    steps = [{"rest": {"wait": {"date": "due_on", "plus": "1 day"}}}, {"after": {"end": "after"}}]
    bank = tiny(journeys={"due": {"enter": {"event": "begin"}, "steps": steps}}, attributes={"due_on": "date"})
    bank.customers({"customer_id": 1, "due_on": date(2028, 2, 29)})
    bank.event("begin", 1, at("2028-02-28 10:00"))
    bank.run(at("2028-02-28 12:00"))
    bank.run(at("2028-03-02 12:00"))
    assert bank.walked(1) == [("after", at("2028-03-01 00:00"))]
