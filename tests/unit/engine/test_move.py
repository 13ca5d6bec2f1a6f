"""Entries move by their own clocks (semantics 12, 13, 15, 16)."""

from datetime import timedelta

import pytest

from tonglu.core.chance import draw
from tonglu.core.errors import CheckFailed, InputError
from tonglu.stages import advance
from tonglu.testing import at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
T = at("2026-03-02 08:00")


def on_order(*steps, **header):
    return {"enter": {"event": "ordered", "fresh": "30 days"}, "steps": list(steps), **header}


def test_a_wait_ends_exactly_after_its_length_and_not_a_microsecond_before(tiny):
    bank = tiny(
        journeys={"order": on_order({"one": {"wait": "1 day"}}, {"two": {"wait": "2 hours"}}, {"done": {"end": "rested"}})}
    )
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.run(T + DAY - TICK)
    assert bank.resting() == [(1, "order", "one", T)]
    bank.run(T + DAY)
    assert bank.resting() == [(1, "order", "two", T + DAY)]
    bank.run(T + 5 * DAY)
    assert bank.walked(1) == [("two", T + DAY), ("done", T + DAY + 2 * HOUR)]
    assert bank.ended() == [(1, "order", 1, T + DAY + 2 * HOUR, "rested")]


def test_one_run_makes_every_move_that_the_clock_allows_and_jumps_take_no_time(tiny):
    steps = [
        {"start": {"go": "late"}},
        {"early": {"wait": "3 hours", "next": "done"}},
        {"late": {"wait": "1 hour", "next": "early"}},
        {"done": {"end": "through"}},
    ]
    bank = tiny(journeys={"order": on_order(*steps)})
    bank.customers(1)
    bank.event("ordered", 1, T - 10 * HOUR)
    bank.run(T)
    came = T - 10 * HOUR
    assert bank.walked(1) == [("late", came), ("early", came + HOUR), ("done", came + 4 * HOUR)]
    assert bank.ended() == [(1, "order", 1, came + 4 * HOUR, "through")]
    assert bank.rows("SELECT count(*) FROM tonglu.rest") == [(0,)]


def test_a_cycle_with_a_wait_goes_round_as_often_as_time_allows(tiny):
    steps = [{"rest": {"wait": "1 hour"}}, {"back": {"go": "rest"}}]
    bank = tiny(journeys={"order": on_order(*steps)})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T + 5 * HOUR + TICK)
    assert bank.resting() == [(1, "order", "rest", T + 5 * HOUR)]
    assert len(bank.paths()) == 10


def test_a_branch_takes_the_first_true_case_and_a_missing_value_is_false(tiny):
    cases = [
        {"when": "age >= 60", "go": "old"},
        {"when": "not (age >= 18)", "go": "young"},
        {"segment": "vip", "go": "dear"},
        {"else": "rest"},
    ]
    ends = [{name: {"end": name}} for name in ("old", "young", "dear", "rest")]
    bank = tiny(
        journeys={"order": on_order({"fork": {"branch": cases}}, *ends)},
        attributes={"age": "integer", "vip": "boolean"},
        segments={"vip": "SELECT c.customer_id FROM customers AS c WHERE c.vip"},
    )
    people = {1: (60, True), 2: (17, True), 3: (40, True), 4: (40, False), 5: (None, True), 6: (None, None)}
    bank.customers(*({"customer_id": number, "age": age, "vip": vip} for number, (age, vip) in people.items()))
    bank.events([("ordered", number, T) for number in people])
    bank.run(T + HOUR)
    reasons = {customer: reason for customer, *_, reason in bank.ended()}
    # What is not known to be true is false inside out: `not (age >= 18)` of a missing age is true or false, never an error.
    assert {number: reasons[number] for number in (1, 2, 3, 4)} == {1: "old", 2: "young", 3: "dear", 4: "rest"}
    assert reasons[5] in {"young", "dear"}
    assert reasons[6] in {"young", "rest"}
    assert {clock for *_, clock, _ in bank.ended()} == {T}


def test_a_branch_with_a_plain_condition_on_a_missing_value_goes_on_to_else(tiny):
    fork = {
        "branch": [
            {"when": "age >= 60", "go": "a"},
            {"when": "age < 60", "go": "b"},
            {"when": "age != 5", "go": "c"},
            {"else": "d"},
        ]
    }
    bank = tiny(
        journeys={"order": on_order({"fork": fork}, *({name: {"end": name}} for name in "abcd"))}, attributes={"age": "integer"}
    )
    bank.customers({"customer_id": 1, "age": None})
    bank.event("ordered", 1, T)
    bank.run(T)
    assert bank.ended() == [(1, "order", 1, T, "d")]


def test_an_experiment_draws_arms_by_hash_records_the_propensity_and_repeats_itself(tiny):
    steps = [
        {"try": {"experiment": {"arms": {"early": "go_on", "late": "rest"}, "weights": {"early": 3, "late": 1}}}},
        {"rest": {"wait": "1 hour"}},
        {"go_on": {"end": "done"}},
    ]
    people = range(1, 61)
    bank = tiny(journeys={"order": on_order(*steps, holdout="30%")})
    bank.customers(*people)
    bank.events([("ordered", number, T) for number in people])
    bank.run(T)
    arms = {number: "early" if draw("arm", "order", number, "try", 1) < 0.75 else "late" for number in people}
    assert dict(bank.rows("SELECT customer_id, arm FROM tonglu.exposure")) == arms
    shares = bank.rows("SELECT DISTINCT arm, propensity, exposed_at, step FROM tonglu.exposure ORDER BY ALL")
    assert shares == [("early", 0.75, T, "try"), ("late", 0.25, T, "try")]
    first = {customer: to for customer, *_, to, cause in bank.paths() if cause.startswith("arm ")}
    assert first == {number: {"early": "go_on", "late": "rest"}[arm] for number, arm in arms.items()}


def test_arms_add_up_to_one_so_that_nobody_falls_between_them(tiny):
    arms = {f"arm_{number}": "done" for number in range(7)}
    bank = tiny(journeys={"order": on_order({"try": {"experiment": {"arms": arms}}}, {"done": {"end": "done"}})})
    people = range(1, 200)
    bank.customers(*people)
    bank.events([("ordered", number, T) for number in people])
    bank.run(T)
    [(exposed, customers, total)] = bank.rows(
        "SELECT count(*), count(DISTINCT customer_id), (SELECT sum(propensity) FROM arm_share) FROM tonglu.exposure"
    )
    assert (exposed, customers) == (len(people), len(people))
    assert total == pytest.approx(1)


def test_an_end_names_its_reason_and_falling_off_the_last_step_completes(tiny):
    journeys = {"named": on_order({"a": {"end": "no_need"}}), "fallen": on_order({"a": {"wait": "1 hour"}})}
    bank = tiny(journeys=journeys)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T + DAY)
    assert bank.ended() == [(1, "fallen", 1, T + HOUR, "completed"), (1, "named", 1, T, "no_need")]


def test_open_entries_stay_on_the_version_that_they_entered(tiny):
    bank = tiny(journeys={"order": on_order({"rest": {"wait": "2 days"}}, {"done": {"end": "old_way"}})})
    bank.customers(1, 2)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.edit(
        journeys={"order": on_order({"rest": {"wait": "1 day"}}, {"then": {"wait": "1 hour"}}, {"done": {"end": "new_way"}})}
    )
    bank.event("ordered", 2, T + DAY)
    bank.run(T + DAY)
    assert bank.resting() == [(1, "order", "rest", T), (2, "order", "rest", T + DAY)]
    bank.run(T + 4 * DAY)
    assert bank.ended() == [(1, "order", 1, T + 2 * DAY, "old_way"), (2, "order", 1, T + 2 * DAY + HOUR, "new_way")]
    versions = bank.rows("SELECT journey, version_no, first_run FROM tonglu.version ORDER BY version_no")
    assert versions == [("order", 1, 1), ("order", 2, 2)]


def test_a_journey_with_open_entries_cannot_be_deleted_and_one_without_can(tiny):
    short = on_order({"rest": {"wait": "2 hours"}})
    bank = tiny(journeys={"order": short, "other": short})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.remove_journey("order")
    with pytest.raises(InputError, match="1 entries are still open"):
        bank.run(T + HOUR)
    bank.edit(journeys={"order": short})
    assert bank.run(T + DAY)["run_no"] == 2
    bank.remove_journey("order")
    bank.run(T + 2 * DAY)
    assert [journey for _, journey, *_ in bank.ended()] == ["order", "other"]


def test_reformatting_a_file_makes_no_version_and_a_changed_message_does(tiny):
    steps = [{"greet": {"touch": "hello", "via": ["sms"]}}]
    bank = tiny(journeys={"order": on_order(*steps)})
    bank.customers(1)
    bank.run(T)
    path = bank.root / "journeys/order.yaml"
    bank.edit(journeys={"order": "# a remark\n" + path.read_text(encoding="utf-8").replace("{", "{ ")})
    bank.run(T + DAY)
    assert bank.rows("SELECT count(*) FROM tonglu.version") == [(1,)]
    bank.edit(messages={"hello": {"text": {"sms": {"body": "other words"}, "app_push": {"body": "other words"}}}})
    bank.run(T + 2 * DAY)
    assert bank.rows("SELECT count(*), count(DISTINCT hash) FROM tonglu.version") == [(2, 2)]


def test_what_is_learned_is_drawn_with_by_the_next_run_and_never_below_the_floor(tiny):
    steps = [
        {"try": {"experiment": {"arms": {"good": "a", "bad": "b"}, "learn": "thompson"}}},
        {"a": {"end": "a"}},
        {"b": {"end": "b"}},
    ]
    journey = on_order(*steps, goal={"event": "paid", "within": "1 day"}, on_goal="continue")
    bank = tiny(journeys={"order": journey}, policy={"learning": {"floor": "20%"}})
    people = range(1, 81)
    bank.customers(*range(1, 121))
    bank.events([("ordered", number, T) for number in people])
    bank.run(T)
    arms = dict(bank.rows("SELECT customer_id, arm FROM tonglu.exposure"))
    assert bank.rows("SELECT DISTINCT propensity FROM tonglu.exposure") == [(0.5,)]
    bank.events([("paid", number, T + HOUR) for number in people if arms[number] == "good"])
    bank.run(T + 12 * HOUR)
    assert bank.rows("SELECT arm, n, propensity FROM tonglu.learned WHERE run_no = 2 ORDER BY 1") == [
        ("bad", 0, 0.5),
        ("good", 0, 0.5),
    ]
    bank.run(T + DAY)
    learned = {
        arm: (n, conversions, share)
        for arm, n, conversions, share in bank.rows("SELECT arm, n, conversions, propensity FROM tonglu.learned WHERE run_no = 3")
    }
    count = sum(arm == "good" for arm in arms.values())
    assert learned == {"good": (count, count, 0.8), "bad": (80 - count, 0, 0.2)}
    bank.events([("ordered", number, T + DAY) for number in range(81, 121)])
    bank.run(T + 2 * DAY)
    drawn = dict(bank.rows("SELECT customer_id, arm FROM tonglu.exposure WHERE run_no = 4"))
    assert drawn == {n: "good" if draw("arm", "order", n, "try", 1) < 0.8 else "bad" for n in range(81, 121)}
    assert bank.rows("SELECT DISTINCT arm, propensity FROM tonglu.exposure WHERE run_no = 4 ORDER BY 1") == [
        ("bad", 0.2),
        ("good", 0.8),
    ]


def test_a_kept_version_whose_cycle_takes_no_time_fails_the_run_and_names_its_steps(tiny, monkeypatch):
    monkeypatch.setattr("tonglu.compile.check.check_cycles", lambda *_: None)  # as it was once
    steps = [{"rest": {"wait": "0 seconds"}}, {"note": {"set": {"seen": True}}}, {"back": {"go": "rest"}}]
    bank = tiny(journeys={"order": on_order(*steps)})
    bank.customers(1)
    bank.event("ordered", 1, T)
    with pytest.raises(CheckFailed, match=r"journey 'order' \(version 1\) goes round the steps back, note, rest"):
        bank.run(T + HOUR)


def test_waits_too_short_for_the_time_since_the_last_run_fail_it(tiny, monkeypatch):
    monkeypatch.setattr(advance, "MOST_ROUNDS", 90)
    bank = tiny(journeys={"order": on_order({"rest": {"wait": "1 second"}}, {"back": {"go": "rest"}})})
    bank.customers(1)
    bank.event("ordered", 1, T)
    with pytest.raises(CheckFailed, match=r"journey 'order' \(version 1\) was still moving after 90 rounds, at rest\b"):
        bank.run(T + HOUR)
