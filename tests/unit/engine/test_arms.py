"""Arms: drawn once per entry and step, with the probability that is written down (semantics 16)."""

from datetime import timedelta

import pytest

from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
ENTER = {"event": "ordered", "fresh": "30 days"}
PEOPLE = range(1, 61)


def ordered(bank):
    bank.customers(*PEOPLE)
    bank.events([("ordered", number, T - DAY / 2) for number in PEOPLE])


def test_an_experiment_on_a_cycle_keeps_the_arm_of_its_first_visit(tiny):
    steps = [
        {"pace": {"experiment": {"arms": {"early": "rest", "late": "rest"}, "weights": {"early": 1, "late": 1}}}},
        {"rest": {"wait": "1 day", "next": "pace"}},
    ]
    bank = tiny(journeys={"offer": {"enter": ENTER, "steps": steps}})
    ordered(bank)
    for day in range(4):
        bank.run(T + day * DAY)
    rows = bank.rows("SELECT entry_id, count(*) FROM tonglu.exposure GROUP BY entry_id")
    assert len(rows) == len(PEOPLE)
    assert {count for _, count in rows} == {1}
    assert (
        bank.rows(
            "SELECT count(DISTINCT cause) FROM tonglu.move WHERE cause LIKE 'arm%' GROUP BY entry_id HAVING count(DISTINCT cause) > 1"
        )
        == []
    )


def test_a_new_arm_starts_all_arms_at_their_weights_and_the_recorded_shares_are_those_drawn(tiny):
    def body(arms):
        touch = {"hi": {"touch": "hello", "via": ["sms"], "experiment": {"arms": arms, "learn": "thompson"}}}
        return {"enter": {**ENTER, "again": "always"}, "goal": {"event": "paid", "within": "1 day"}, "steps": [touch]}

    texts = {channel: {"body": "x"} for channel in ("app_push", "sms")}
    bank = tiny(
        journeys={"offer": body(["warm", "plain"])}, messages={"hello": {"arms": dict.fromkeys(("bold", "warm", "plain"), texts)}}
    )
    ordered(bank)
    bank.run(T)
    bank.edit(journeys={"offer": body(["bold", "warm", "plain"])})
    bank.events([("ordered", number, T + DAY / 2) for number in PEOPLE])
    bank.run(T + DAY)
    rows = bank.rows("SELECT arm, propensity, high - low FROM arm_share WHERE version_no = 2 ORDER BY arm")
    assert sum(share for _, share, _ in rows) == pytest.approx(1)
    assert all(share == pytest.approx(width) for _, share, width in rows)


def test_what_happened_before_an_arm_was_shown_is_not_its_doing(tiny):
    touch = {"hi": {"touch": "hello", "via": ["sms"], "experiment": {"arms": ["warm", "plain"], "learn": "thompson"}}}
    goal = {"event": "paid", "within": "3 days"}
    body = {
        "enter": ENTER,
        "goal": goal,
        "on_goal": "continue",
        "steps": [{"rest": {"wait": "1 day"}}, touch, {"stay": {"wait": "9 days"}}],
    }
    bank = tiny(journeys={"offer": body})
    ordered(bank)
    bank.run(T)
    bank.events([("paid", number, T + DAY / 4) for number in PEOPLE if number <= 30])
    bank.events([("paid", number, T + 2 * DAY) for number in PEOPLE if number > 50])
    for day in range(1, 5):
        bank.run(T + day * DAY)
    [(n, conversions)] = bank.rows(
        "SELECT sum(n), sum(conversions) FROM tonglu.learned WHERE run_no = (SELECT max(run_no) FROM tonglu.learned)"
    )
    assert (n, conversions) == (len(PEOPLE), 10)


def test_who_reached_the_goal_and_went_on_does_not_enter_again_unless_it_was_not_reached(tiny):
    body = {
        "enter": {**ENTER, "again": "unless goal reached"},
        "goal": {"event": "paid", "within": "3 days"},
        "on_goal": "continue",
        "steps": [{"rest": {"wait": "1 day"}}],
    }
    bank = tiny(journeys={"offer": body})
    bank.customers(1, 2)
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    bank.run(T)
    bank.event("paid", 1, T + DAY / 2)
    bank.run(T + DAY)
    bank.events([("ordered", 1, T + 2 * DAY), ("ordered", 2, T + 2 * DAY)])
    bank.run(T + 2 * DAY)
    assert bank.entered("offer") == [1, 2, 2]


def test_lift_of_a_journey_randomised_by_employer_clusters_by_employer(tiny):
    body = {
        "enter": ENTER,
        "holdout": "50%",
        "randomise": {"by": "employer"},
        "goal": {"event": "paid", "within": "1 day"},
        "steps": [{"rest": {"wait": "5 days"}}],
    }
    bank = tiny(journeys={"offer": body}, attributes={"employer_id": "integer"})
    bank.customers(*({"customer_id": number, "employer_id": number % 12} for number in range(1, 241)))
    bank.events([("ordered", number, T) for number in range(1, 241)])
    bank.run(T)
    sides = bank.rows("SELECT unit, count(DISTINCT assignment) FROM tonglu.entry GROUP BY unit")
    assert len(sides) == 12
    assert {count for _, count in sides} == {1}
    bank.events([("paid", number, T + DAY / 2) for number in range(1, 241) if number % 12 in (0, 1, 2, 3, 5)])
    bank.run(T + 2 * DAY)
    [(low, high, method)] = bank.rows("SELECT lift_low, lift_high, method FROM tonglu.lift WHERE run_no = 2")
    assert method in ("always-valid", "always-valid, newcombe-clustered")
    assert high - low > 0.5
