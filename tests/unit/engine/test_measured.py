"""The sums from which lifts are told: what runs add up to is what a count of everything gives (semantics 26 and 27)."""

import random
from datetime import timedelta

import pytest
from benchmarks.measure import compare

from tonglu.stages.measure import add_up
from tonglu.testing import at
from tonglu.warehouse.connection import DuckDBWarehouse

DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
CELLS = """
    SELECT journey, goal, horizon_us, kind, slice, stratum, adjusted, side, sum(clusters), sum(n), sum(n2), sum(y), sum(y2), sum(ny), sum(v), sum(v2),
        sum(nv), sum(x), sum(x2), sum(nx), sum(xy), sum(xv)
    FROM tonglu.measured GROUP BY ALL HAVING sum(n) <> 0 ORDER BY ALL
"""
NEWEST = "SELECT {} FROM tonglu.{} WHERE run_no = (SELECT max(run_no) FROM tonglu.run) AND {}"


def journey(**more):
    return {
        "enter": {"event": "ordered", "fresh": "30 days", "again": "always"},
        "holdout": "40%",
        "goal": {"event": "paid", "within": "5 days", "value": "3 yuan"},
        "on_goal": "continue",
        "steps": [{"hi": {"touch": "hello", "via": ["app_push", "sms"]}}, {"rest": {"wait": "2 days"}}],
        **more,
    }


def newest(bank, columns, *, table="lift", where="TRUE"):
    return bank.rows(NEWEST.format(columns, table, where))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_runs_added_is_what_a_count_of_everything_gives(tiny, seed):
    chance = random.Random(seed)
    goals = [
        {"event": "paid", "within": "5 days", "value_of": "amount", "horizons": ["1 day", "2 days"], "adjust": "savings"},
        {"name": "visit", "event": "visited", "within": "3 days", "value": "2 yuan"},
    ]
    touch = {
        "hi": {"touch": "greeting", "via": ["app_push", "sms"], "experiment": {"arms": ["warm", "plain"], "learn": "thompson"}}
    }
    offer = journey(goals=goals, strata="county", steps=[{"first": {"wait": "1 day"}}, touch, {"rest": {"wait": "1 day"}}])
    del offer["goal"]
    bank = tiny(
        journeys={"offer": offer, "care": journey(randomise={"by": "employer"})},
        attributes={"employer_id": "integer", "savings": "integer", "county": "text"},
        segments={"rich": "SELECT customer_id FROM profile WHERE savings > 500"},
        events={"paid": {"amount": "decimal"}, "visited": {}, "ordered": {}},
        policy={"per_run": 5, "global_control": {"share": "10%"}, "measurement": {"segments": ["rich"], "together": "4 days"}},
    )
    people = range(1, 121)
    bank.customers(
        *({
            "customer_id": n,
            "employer_id": n % 7,
            "savings": None if n % 11 == 0 else chance.randrange(1000),
            "county": chance.choice(["east", "west"]),
        } for n in people)
    )  # fmt: skip
    for day in range(12):
        now = T + day * DAY
        for name, count in (("ordered", 25), ("paid", 12), ("visited", 10)):
            for _ in range(count):
                late = timedelta(hours=chance.choice([1, 5, 20, 30, 70]))
                told = {"amount": str(chance.randrange(1, 900) / 100)} if name == "paid" else {}
                bank.event(name, chance.choice(people), now - late, **told)
        bank.run(now)
        added = bank.rows(CELLS)
        warehouse = bank.place.warehouse
        warehouse.execute("BEGIN TRANSACTION")
        add_up(warehouse, type("Program", (), {"policy": bank.place.definitions.policy}), anew=True)
        assert bank.rows(CELLS) == added
        warehouse.execute("ROLLBACK")
    kinds = {(row[3], row[4]) for row in added}
    assert {"all", "segment", "arm", "touched", "channel", "together"} == {kind for kind, _ in kinds}
    assert {"hi/", "hi/warm", "hi/plain"} <= {name for _, name in kinds}
    assert {row[2] for row in added if row[0] == "offer"} == {day * 86400_000_000 for day in (1, 2, 3, 5)}


def test_the_sums_are_those_of_a_plain_group_by(capsys):
    # Lone entries and units with several, a covariate, arms, channels: against SQL that was written by hand for them.
    warehouse = DuckDBWarehouse(":memory:", threads=1)
    try:
        assert compare(warehouse, 6_000) == 0
        assert warehouse.fetch("SELECT count(DISTINCT (journey, goal, kind, slice)) FROM tonglu.measured") == [(4 * 2 * 7,)]
    finally:
        warehouse.close()
    assert "equal sums" in capsys.readouterr().out


def test_a_whole_journey_counts_every_entry_whose_window_has_passed(tiny):
    bank = tiny(journeys={"offer": journey()})
    people = range(1, 201)
    bank.customers(*people)
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    [(method, n)] = newest(bank, "method, n_treated")
    assert method == "withheld: no window has passed yet"
    assert n == 0
    bank.events([("paid", number, T + DAY) for number in people if number % 2])
    bank.run(T + 5 * DAY)
    counted = bank.rows(
        """SELECT assignment, count(*), count(*) FILTER (customer_id % 2 = 1) FROM tonglu.entry GROUP BY assignment ORDER BY 1 DESC"""
    )
    columns = "n_treated, conversions_treated, n_control, conversions_control, role, lift, value_lift, lift_low, fixed_low"
    [(n_t, y_t, n_c, y_c, role, lift, value, low, fixed_low)] = newest(bank, columns)
    assert [("treated", n_t, y_t), ("holdout", n_c, y_c)] == counted
    assert role == "primary"
    assert lift == pytest.approx(y_t / n_t - y_c / n_c)
    assert value == pytest.approx(3 * lift)
    assert low < fixed_low < lift


def test_a_late_fact_changes_what_was_measured(tiny):
    bank = tiny(journeys={"offer": journey()})
    bank.customers(*range(1, 101))
    bank.events([("ordered", number, T - DAY / 2) for number in range(1, 101)])
    bank.run(T)
    bank.run(T + 6 * DAY)
    assert newest(bank, "conversions_treated + conversions_control") == [(0,)]
    bank.events([("paid", number, T + DAY) for number in range(1, 101)])
    bank.run(T + 7 * DAY)
    assert newest(bank, "conversions_treated + conversions_control, n_treated + n_control") == [(100, 100)]


def test_an_event_may_say_what_it_is_worth_and_what_says_nothing_is_worth_nothing(tiny):
    goal = {"event": "paid", "within": "2 days", "value_of": "amount"}
    bank = tiny(journeys={"offer": journey(goal=goal, holdout="0%")}, events={"paid": {"amount": "decimal"}})
    bank.customers(1, 2)
    bank.events([("ordered", 1, T - DAY / 2), ("ordered", 2, T - DAY / 2)])
    bank.run(T)
    bank.event("paid", 1, T + DAY / 4, amount="12.345")
    bank.event("paid", 2, T + DAY / 4)
    bank.run(T + DAY)
    assert bank.rows("SELECT value FROM tonglu.conversion ORDER BY entry_id") == [(1235,), (0,)]


def test_a_draw_that_does_not_match_its_holdout_withholds_the_lift_and_says_why(tiny):
    bank = tiny(journeys={"offer": journey()})
    people = range(1, 401)
    bank.customers(*people)
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    bank.events([("paid", number, T + DAY) for number in people if number % 3 == 0])
    bank.rows("UPDATE tonglu.drawn SET units = units / 10 WHERE side = 'holdout'")
    bank.run(T + 6 * DAY)
    [(lift, method)] = newest(bank, "lift, method")
    assert lift is None
    assert "does not match its holdout of 40.0%" in method
    assert newest(bank, "about, broken", table="trust", where="broken") == [("assignment, version 1", True)]


def test_covariates_that_differ_before_the_touch_withhold_the_lift(tiny):
    policy = {"per_run": 5, "measurement": {"covariates": ["savings"]}}
    bank = tiny(journeys={"offer": journey()}, attributes={"savings": "integer"}, policy=policy)
    people = range(1, 301)
    bank.customers(*({"customer_id": n, "savings": n * 37 % 1000} for n in people))
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    bank.events([("paid", number, T + DAY) for number in people if number % 3 == 0])
    bank.run(T + 6 * DAY)
    [(lift, _)] = newest(bank, "lift, method")
    assert lift is not None
    bank.rows(
        "UPDATE tonglu.balance SET x = x + 50000 * n, y = y + 50000 * n, xy = xy + 100000 * x + 2500000000 * n WHERE side = 'treated'"
    )
    bank.run(T + 7 * DAY)
    [(lift, method)] = newest(bank, "lift, method")
    assert lift is None
    assert "savings" in method


def test_a_covariate_that_foretells_the_outcome_narrows_the_interval(tiny):
    goal = {"event": "paid", "within": "3 days", "adjust": "savings"}
    bank = tiny(journeys={"offer": journey(goal=goal)}, attributes={"savings": "integer"})
    people = range(1, 601)
    bank.customers(*({"customer_id": n, "savings": n % 2 * 1000} for n in people))
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    bank.events([("paid", number, T + DAY) for number in people if number % 2 and number % 9])
    bank.run(T + 4 * DAY)
    [(method, ratio)] = newest(bank, "method, variance_ratio")
    assert method == "always-valid, cuped"
    assert ratio < 0.2


def test_all_marketing_together_is_measured_against_those_whom_nothing_touches(tiny):
    policy = {"per_run": 5, "global_control": {"share": "30%"}, "measurement": {"together": "4 days"}}
    other = journey(enter={"event": "visited", "fresh": "30 days"}, goal={"event": "left", "within": "1 day", "value": "5 yuan"})
    bank = tiny(journeys={"offer": journey(), "other": other}, policy=policy)
    people = range(1, 301)
    bank.customers(*people)
    bank.events([("ordered", n, T - DAY / 2) for n in people] + [("visited", n, T - DAY / 2) for n in people if n % 2])
    bank.run(T)
    bank.events([("paid", n, T + DAY) for n in people if n % 3 == 0] + [("left", n, T + 3 * DAY) for n in people if n % 4 == 0])
    bank.run(T + 4 * DAY)
    columns = "n_treated, conversions_treated, n_control, conversions_control, method"
    [(n_t, y_t, n_c, y_c, method)] = newest(bank, columns, table="lift_by", where="kind = 'together'")
    untouched = {row[0] for row in bank.rows("SELECT customer_id FROM tonglu.entry WHERE assignment = 'global_control'")}
    assert (n_t, n_c) == (300 - len(untouched), len(untouched))
    did = {n for n in people if n % 3 == 0 or n % 4 == 0}
    assert (y_t, y_c) == (len(did - untouched), len(did & untouched))
    assert method == "always-valid"


def test_the_lifts_of_segments_and_strata_are_drawn_towards_their_common_mean(tiny):
    bank = tiny(
        journeys={"offer": journey(strata="county")},
        attributes={"county": "text", "savings": "integer"},
        segments={
            "rich": "SELECT customer_id FROM profile WHERE savings > 500",
            "poor": "SELECT customer_id FROM profile WHERE savings <= 500",
        },
        policy={"per_run": 5, "measurement": {"segments": ["rich", "poor"]}},
    )
    people = range(1, 601)
    counties = ("east", "north", "west")
    bank.customers(*({"customer_id": n, "county": counties[n % 3], "savings": n * 37 % 1000} for n in people))
    bank.events([("ordered", number, T - DAY / 2) for number in people])
    bank.run(T)
    treated = {n for (n,) in bank.rows("SELECT customer_id FROM tonglu.entry WHERE assignment = 'treated'")}
    bank.events([("paid", n, T + DAY) for n in people if n % 5 == 0 or (n in treated and n % 3 == 0 and n % 2)])
    bank.run(T + 6 * DAY)
    rows = newest(bank, "kind, slice, lift, shrunk, n_treated", table="lift_by", where="kind IN ('segment', 'stratum')")
    assert {row[:2] for row in rows} == {("segment", "rich"), ("segment", "poor"), *(("stratum", one) for one in counties)}
    for kind in ("segment", "stratum"):
        lifts, drawn = zip(*((row[2], row[3]) for row in rows if row[0] == kind), strict=True)
        assert min(lifts) <= min(drawn) <= max(drawn) <= max(lifts)
        assert max(drawn) - min(drawn) < max(lifts) - min(lifts)
    assert sum(row[4] for row in rows if row[0] == "stratum") == len(treated)
    assert newest(bank, "count(shrunk)", table="lift_by", where="kind NOT IN ('segment', 'stratum')") == [(0,)]
