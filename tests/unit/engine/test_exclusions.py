"""Exclusions: of a set of journeys, or of all journeys on one topic, one alone touches a customer within a time."""

from datetime import timedelta

from tonglu.testing import TITLE, at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
TICK = timedelta(microseconds=1)
MESSAGES = {
    f"about_{kind}": {"product": {"kind": kind}, "text": {name: {"body": kind} for name in ("app_push", "sms")}}
    for kind in ("deposit", "service")
}


def touching(event, message="hello", value=1, **more):
    touch = {"touch": message, "via": ["sms"], "valid_for": "30 days", **more.pop("touch", {})}
    goal = {"event": "bought", "value": value, "within": "7 days"}
    steps = [{"hi": touch}, {"rest": {"wait": "90 days"}}]
    return {"enter": {"event": event, "fresh": "30 days"}, "goal": goal, "steps": steps, **more}


def decisions(bank):
    return bank.rows("SELECT run_no, journey, outcome, reason, detail FROM tonglu.decision ORDER BY run_no, journey")


def test_a_customer_touched_by_one_journey_is_not_touched_by_another_of_the_set_within_the_time(tiny):
    journeys = {"a": touching("ordered"), "b": touching("asked", touch={"wait": True}), "c": touching("asked")}
    policy = {"per_run": 9, "exclusions": [{"name": "apart", "journeys": ["a", "b"], "within": "7 days", "title": TITLE}]}
    bank = tiny(journeys=journeys, policy=policy)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.event("asked", 1, T + DAY)
    bank.run(T + DAY)
    bank.run(T + 7 * DAY - TICK)
    bank.run(T + 7 * DAY)
    assert decisions(bank) == [
        (1, "a", "sent", "passed", None),
        (2, "b", "deferred", "excluded", "a.hi"),
        (2, "c", "sent", "passed", None),
        (3, "b", "deferred", "excluded", "a.hi"),
        (4, "b", "sent", "passed", None),
    ]
    assert bank.rows("SELECT run_no, rule, to_journey, to_step, planned_at FROM tonglu.yielded ORDER BY run_no") == [
        (2, "apart", "a", "hi", T),
        (3, "apart", "a", "hi", T),
    ]


def test_within_a_run_the_better_ranked_of_the_set_wins_and_one_that_is_excluded_takes_no_place(tiny):
    journeys = {"a": touching("ordered", value=30), "b": touching("ordered", value=20), "c": touching("ordered", value=10)}
    policy = {"per_run": 2, "exclusions": [{"journeys": ["a", "b"], "within": "1 hour"}]}
    bank = tiny(journeys=journeys, policy=policy)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert decisions(bank) == [
        (1, "a", "sent", "passed", None),
        (1, "b", "dropped", "excluded", "a.hi"),
        (1, "c", "sent", "passed", None),
    ]


def test_one_journey_owns_a_customer_and_topic_whatever_the_topic_is(tiny):
    journeys = {
        "a": touching("ordered", "about_deposit", 30),
        "b": touching("ordered", "about_deposit", 20),
        "c": touching("ordered", "about_service", 10),
        "d": touching("ordered", "hello", 5),
    }
    bank = tiny(journeys=journeys, policy={"per_run": 9, "exclusions": [{"topic": "any", "within": "7 days"}]}, messages=MESSAGES)
    bank.customers(1, 2)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert [(journey, reason) for _, journey, _, reason, _ in decisions(bank)] == [
        ("a", "passed"),
        ("b", "excluded"),
        ("c", "passed"),
        ("d", "passed"),
    ]


def test_one_topic_alone_may_be_kept_apart_and_a_service_touch_that_skips_arbitration_bars_others(tiny):
    journeys = {
        "notice": touching("ordered", "about_service", purpose="service"),
        "offer": touching("ordered", "about_service", 10),
        "saving": touching("ordered", "about_deposit", 10),
        "other": touching("ordered", "about_deposit", 5),
    }
    policy = {
        "per_run": 9,
        "purposes": {"service": {"skips": ["arbitration"]}},
        "exclusions": [{"topic": "service", "within": "7 days"}],
    }
    bank = tiny(journeys=journeys, policy=policy, messages=MESSAGES)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert {journey: (reason, detail) for _, journey, _, reason, detail in decisions(bank)} == {
        "notice": ("passed", None),
        "offer": ("excluded", "notice.hi"),
        "saving": ("passed", None),
        "other": ("passed", None),
    }


def test_a_journey_does_not_exclude_itself(tiny):
    journeys = {"a": {**touching("ordered"), "enter": {"event": "ordered", "keyed_by": "key"}}, "b": touching("asked")}
    policy = {"per_run": 9, "exclusions": [{"journeys": ["a", "b"], "within": "7 days"}]}
    bank = tiny(journeys=journeys, policy=policy, events={"ordered": {"key": "text"}})
    bank.customers(1)
    bank.event("ordered", 1, T, key="x")
    bank.event("ordered", 1, T, key="y")
    bank.run(T)
    assert [reason for *_, reason, _ in decisions(bank)] == ["passed", "passed"]


def test_a_cap_may_be_about_one_journey_or_one_topic_and_names_the_touch_that_took_the_place(tiny):
    journeys = {
        "a": touching("ordered", "about_deposit", 30),
        "b": touching("ordered", "about_deposit", 20),
        "c": touching("ordered"),
    }
    policy = {
        "per_run": 9,
        "caps": [{"topic": "deposit", "at_most": 1, "within": "1 day"}, {"journey": "c", "at_most": 1, "within": "9 days"}],
    }
    bank = tiny(journeys=journeys, policy=policy, messages=MESSAGES)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert decisions(bank) == [
        (1, "a", "sent", "passed", None),
        (1, "b", "dropped", "cap_reached", "deposit_1_in_1_day"),
        (1, "c", "sent", "passed", None),
    ]
    assert bank.rows("SELECT rule, to_journey, to_step, planned_at FROM tonglu.yielded") == [("deposit_1_in_1_day", "a", "hi", T)]
