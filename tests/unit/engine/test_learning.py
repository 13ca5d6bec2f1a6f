"""What a run learns, and what the next one does with it (semantics 28)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
ENTER = {"event": "ordered", "fresh": "30 days", "again": "always"}
NEWEST = "run_no = (SELECT max(run_no) FROM tonglu.learned)"


def offer(experiment, **more):
    touch = {"hi": {"touch": "hello", "via": ["sms"], "experiment": {"arms": ["warm", "plain"], **experiment}}}
    goal = {"event": "paid", "within": "1 day", "value": "10 yuan"}
    return {"enter": ENTER, "goal": goal, "on_goal": "continue", "steps": [touch, {"rest": {"wait": "2 days"}}], **more}


def shown(bank, people, when=T):
    """Let people come in, and tell which arm each was shown."""
    bank.events([("ordered", number, when - DAY / 2) for number in people])
    bank.run(when)
    return dict(bank.rows("SELECT customer_id, arm FROM tonglu.exposure WHERE run_no = (SELECT max(run_no) FROM tonglu.run)"))


def learned(bank, columns="arm, propensity", where="TRUE"):
    return dict(bank.rows(f"SELECT {columns} FROM tonglu.learned WHERE {NEWEST} AND {where}"))


def test_each_stratum_learns_for_itself_and_draws_by_what_it_learned(tiny):
    people = range(1, 401)
    bank = tiny(journeys={"offer": offer({"learn": "thompson", "by": "strata"}, strata="county")}, attributes={"county": "text"})
    bank.customers(*({"customer_id": n, "county": "east" if n % 2 else "west"} for n in people))
    arms = shown(bank, people)
    better = {1: "warm", 0: "plain"}
    bank.events([("paid", n, T + DAY / 2) for n in people if arms[n] == better[n % 2]])
    bank.run(T + 2 * DAY)
    assert learned(bank, where="stratum = 'east'") == {"warm": 0.9, "plain": 0.1}
    assert learned(bank, where="stratum = 'west'") == {"warm": 0.1, "plain": 0.9}
    assert min(learned(bank, where="stratum = ''").values()) > 0.1
    again = shown(bank, people, T + 3 * DAY)
    east = [again[n] for n in people if n % 2]
    assert east.count("warm") > 0.8 * len(east)
    west = [again[n] for n in people if n % 2 == 0]
    assert west.count("plain") > 0.8 * len(west)


def test_who_is_of_a_stratum_that_nobody_knew_is_drawn_by_what_all_have_shown(tiny):
    bank = tiny(journeys={"offer": offer({"learn": "thompson", "by": "strata"}, strata="county")}, attributes={"county": "text"})
    bank.customers(*({"customer_id": n, "county": "east"} for n in range(1, 201)))
    bank.customers(*({"customer_id": n, "county": "north"} for n in range(201, 401)))
    arms = shown(bank, range(1, 201))
    bank.events([("paid", n, T + DAY / 2) for n in range(1, 201) if arms[n] == "warm"])
    bank.run(T + 2 * DAY)
    again = list(shown(bank, range(201, 401), T + 3 * DAY).values())
    assert again.count("warm") > 0.8 * len(again)


def test_an_arm_that_breaks_a_guardrail_is_not_played(tiny):
    goals = [
        {"event": "paid", "within": "1 day"},
        {"event": "complained", "within": "1 day", "role": "guardrail", "at_most": "5%"},
    ]
    body = offer({"learn": "thompson"}, goals=goals)
    del body["goal"]
    people = range(1, 201)
    bank = tiny(journeys={"offer": body})
    bank.customers(*people)
    arms = shown(bank, people)
    bank.events([("paid", n, T + DAY / 2) for n in people if arms[n] == "warm"])
    bank.events([("complained", n, T + DAY / 2) for n in people if arms[n] == "warm" and n % 3 == 0])
    bank.run(T + 2 * DAY)
    assert learned(bank) == {"warm": 0.0, "plain": 1.0}
    assert learned(bank, "arm, standing")["warm"] == "breaks a guardrail"


def test_no_arm_is_barred_by_a_guardrail_of_which_nothing_was_seen(tiny):
    goals = [
        {"event": "paid", "within": "1 day"},
        {"event": "complained", "within": "1 day", "role": "guardrail", "at_most": "1%"},
    ]
    body = offer({"learn": "thompson"}, goals=goals)
    del body["goal"]
    bank = tiny(journeys={"offer": body})
    bank.customers(1, 2, 3)
    shown(bank, [1, 2, 3])
    bank.run(T + 2 * DAY)
    assert set(learned(bank, "arm, standing").values()) <= {"", "leads"}
    assert min(learned(bank).values()) > 0.1


def test_several_aims_share_the_decisions_by_their_weights(tiny):
    goals = [{"event": "paid", "within": "1 day"}, {"event": "visited", "within": "1 day"}]
    body = offer({"learn": "thompson", "aims": {"paid": 3, "visited": 1}}, goals=goals)
    del body["goal"]
    people = range(1, 401)
    bank = tiny(journeys={"offer": body})
    bank.customers(*people)
    arms = shown(bank, people)
    bank.events([("paid", n, T + DAY / 2) for n in people if arms[n] == "warm"])
    bank.events([("visited", n, T + DAY / 2) for n in people if arms[n] == "plain"])
    bank.run(T + 2 * DAY)
    assert learned(bank, "arm, p_best") == pytest.approx({"warm": 0.75, "plain": 0.25}, abs=1e-6)
    assert learned(bank) == pytest.approx({"warm": 0.1 + 0.8 * 0.75, "plain": 0.1 + 0.8 * 0.25}, abs=1e-5)


def test_value_is_an_aim_too(tiny):
    goal = {"event": "paid", "within": "1 day", "value_of": "amount"}
    body = offer({"learn": "thompson", "aims": {"value": 1}}, goal=goal)
    people = range(1, 201)
    bank = tiny(journeys={"offer": body}, events={"paid": {"amount": "decimal"}})
    bank.customers(*people)
    arms = shown(bank, people)
    for n in people:
        bank.event("paid", n, T + DAY / 2, amount=str(10 + n % 5 + (20 if arms[n] == "plain" else 0)))
    bank.run(T + 2 * DAY)
    assert learned(bank) == {"warm": 0.1, "plain": 0.9}


def test_what_was_seen_long_ago_counts_less_where_policy_says_so(tiny):
    people = range(1, 201)
    journeys = {"offer": offer({"learn": "thompson"})}
    policy = {"per_run": 100, "learning": {"floor": "10%", "half_life": "2 days"}}
    bank = tiny(journeys=journeys, policy=policy)
    bank.customers(*people)
    arms = shown(bank, people)
    bank.events([("paid", n, T + DAY / 2) for n in people if arms[n] == "warm" and n % 2])
    bank.run(T + 2 * DAY)
    soon = learned(bank, "arm, p_best")["warm"]
    bank.run(T + 30 * DAY)
    late = learned(bank, "arm, p_best")["warm"]
    assert soon > 0.999
    assert 0.5 < late < 0.7


def test_top_two_plays_the_second_best_more_often(tiny):
    shares = {}
    for rule in ("thompson", "top_two"):
        people = range(1, 201)
        bank = tiny(journeys={"offer": offer({"learn": rule})})
        bank.customers(*people)
        arms = shown(bank, people)
        bank.events([("paid", n, T + DAY / 2) for n in people if arms[n] == "warm"])
        bank.run(T + 2 * DAY)
        shares[rule] = learned(bank)
    assert shares["thompson"] == {"warm": 0.9, "plain": 0.1}
    assert shares["top_two"] == {"warm": 0.5, "plain": 0.5}


def test_a_winner_is_declared_by_what_holds_at_any_number_of_looks(tiny):
    people = range(1, 401)
    bank = tiny(journeys={"offer": offer({"learn": "thompson"})})
    bank.customers(*people)
    arms = shown(bank, people)
    bank.events([("paid", n, T + DAY / 2) for n in people if (arms[n] == "warm" and n % 10) or n % 10 == 1])
    bank.run(T + 2 * DAY)
    assert learned(bank, "arm, standing") == {"warm": "winner", "plain": ""}


def test_what_a_touch_is_worth_follows_the_lower_bound_of_the_lift(tiny):
    people = range(1, 601)
    bank = tiny(journeys={"offer": offer({"learn": "fixed"}, holdout="50%")})
    bank.customers(*people)
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    treated = {row[0] for row in bank.rows("SELECT customer_id FROM tonglu.entry WHERE assignment = 'treated'")}
    bank.events([("paid", n, T + DAY / 2) for n in people if n % 10 < (6 if n in treated else 2)])
    bank.run(T + 2 * DAY)
    [(low,)] = bank.rows("SELECT lift_low FROM tonglu.lift WHERE run_no = 2")
    assert bank.rows("SELECT p, v, source FROM tonglu.learned_value WHERE run_no = 2") == [
        (pytest.approx(Decimal(low), abs=Decimal("1e-6")), 1000, "lift, lower bound")
    ]
    assert low > 0.1


@pytest.mark.parametrize("worth", ["prior", "shrunk"])
def test_policy_says_what_arbitration_believes(tiny, worth):
    people = range(1, 601)
    policy = {"per_run": 100, "learning": {"worth": worth}}
    more = {"holdout": "50%", "steps": [{"hi": {"touch": "plain", "via": ["sms"]}}]}
    bank = tiny(journeys={"offer": offer({"learn": "fixed"}, holdout="50%"), "other": offer({}, **more)}, policy=policy)
    bank.customers(*people)
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    bank.events([("paid", n, T + DAY / 2) for n in people if n % 3 == 0])
    bank.run(T + 2 * DAY)
    found = bank.rows("SELECT DISTINCT source FROM tonglu.learned_value WHERE run_no = 2")
    assert found == ([] if worth == "prior" else [("lift, shrunk",)])


def test_a_journey_whose_harm_is_shown_pauses_itself_once(tiny):
    people = range(1, 601)
    bank = tiny(journeys={"offer": offer({"learn": "fixed"}, holdout="50%")})
    bank.customers(*people)
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    treated = {row[0] for row in bank.rows("SELECT customer_id FROM tonglu.entry WHERE assignment = 'treated'")}
    bank.events([("paid", n, T + DAY / 2) for n in people if n % 10 < (2 if n in treated else 6)])
    summary = bank.run(T + 2 * DAY)
    assert "less 'paid' with touches than without" in summary["paused_for_harm"]["offer"]
    bank.run(T + 3 * DAY)
    assert bank.rows("SELECT name, position FROM tonglu.switch_position WHERE run_no = 3") == [("offer", "pause")]
    bank.throw("resume", T + 3 * DAY, scope="journey", name="offer")
    summary = bank.run(T + 4 * DAY)
    assert "paused_for_harm" not in summary
    assert bank.rows("SELECT count(*) FROM tonglu.switch_position WHERE run_no = 4") == [(0,)]


def test_few_complaints_are_enough_where_nearly_all_come_from_the_touched(tiny):
    goals = [{"event": "paid", "within": "1 day"}, {"event": "complained", "within": "1 day", "role": "guardrail"}]
    body = offer({"learn": "fixed"}, goals=goals, holdout="50%")
    del body["goal"]
    people = range(1, 401)
    bank = tiny(journeys={"offer": body})
    bank.customers(*people)
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    treated = sorted(row[0] for row in bank.rows("SELECT customer_id FROM tonglu.entry WHERE assignment = 'treated'"))
    bank.events([("complained", n, T + DAY / 2) for n in treated[:18]])
    summary = bank.run(T + 2 * DAY)
    assert "more 'complained' with touches" in summary["paused_for_harm"]["offer"]


def test_who_is_not_harmed_is_not_paused(tiny):
    people = range(1, 401)
    bank = tiny(journeys={"offer": offer({"learn": "fixed"}, holdout="50%")})
    bank.customers(*people)
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    bank.events([("paid", n, T + DAY / 2) for n in people if n % 3 == 0])
    assert "paused_for_harm" not in bank.run(T + 2 * DAY)


def test_a_late_fact_changes_what_was_learned(tiny):
    people = range(1, 201)
    bank = tiny(journeys={"offer": offer({"learn": "thompson"})})
    bank.customers(*people)
    arms = shown(bank, people)
    bank.run(T + 2 * DAY)
    assert sum(learned(bank, "arm, conversions").values()) == 0
    bank.events([("paid", n, T + DAY / 2) for n in people if arms[n] == "warm"])
    bank.run(T + 3 * DAY)
    assert learned(bank, "arm, conversions") == {"warm": list(arms.values()).count("warm"), "plain": 0}
    assert sum(learned(bank, "arm, n").values()) == len(people)


def test_an_arm_that_does_worse_than_no_touch_is_given_up(tiny):
    people = range(1, 901)
    bank = tiny(journeys={"offer": offer({"learn": "thompson"}, holdout="40%")})
    bank.customers(*people)
    arms = shown(bank, people)
    treated = {row[0] for row in bank.rows("SELECT customer_id FROM tonglu.entry WHERE assignment = 'treated'")}
    rates = {n: (3 if arms[n] == "warm" else 1) if n in treated else 3 for n in people}
    bank.events([("paid", n, T + DAY / 2) for n in people if n % 10 < rates[n]])
    bank.run(T + 2 * DAY)
    assert learned(bank) == {"warm": 1.0, "plain": 0.0}
    assert learned(bank, "arm, standing")["plain"] == "does worse than no touch"
