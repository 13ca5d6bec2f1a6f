"""Whatever the policy and the cadence: capacity used <= capacity, spending <= budget, by a statement in Python over the touches."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tonglu.core.clock import local
from tonglu.testing import SHANGHAI, TinyBank, at

T = at("2026-03-30 09:00")
COSTS = {"sms": 5, "call": 300, "app_push": 0}
capacities = st.fixed_dictionaries(
    {"channel": st.sampled_from(["sms", "call"]), "at_most": st.integers(0, 6), "per": st.sampled_from(["hour", "day"])},
    optional={"by": st.just("branch")},
)
budgets = st.fixed_dictionaries(
    {"at_most": st.integers(0, 20), "per": st.sampled_from(["day", "month"])},
    optional={
        "channel": st.sampled_from(["sms", "call"]),
        "journey": st.sampled_from(["a", "b"]),
        "purpose": st.just("marketing"),
    },
)
policies = st.fixed_dictionaries(
    {
        "capacity": st.lists(capacities, max_size=3),
        "budget": st.lists(budgets, max_size=3),
        "open_hours": st.sampled_from([{}, {"sms": "10:30-20:00"}, {"call": "09:00-12:00", "sms": "08:00-21:00"}]),
        "per_run": st.integers(1, 3),
        "priority": st.sampled_from([[], ["care", "offer"]]),
        "caps": st.sampled_from([[], [{"at_most": 1, "within": "3 hours"}]]),
    }
)
cadences = st.lists(st.integers(1, 30), min_size=1, max_size=5)


def journey(value, via, priority, hours):
    touch = {"touch": "hello", "via": [via], "valid_for": f"{hours} hours", "wait": True}
    enter = {"event": "ordered", "again": "always", "fresh": "30 days"}
    goal = {"event": "paid", "value": value, "within": "7 days"}
    return {"enter": enter, "goal": goal, "priority": priority, "steps": [{"hi": touch}]}


def named(policy):
    return {
        **policy,
        "capacity": [{"name": f"c{number}", **one} for number, one in enumerate(policy["capacity"])],
        "budget": [{"name": f"b{number}", **one} for number, one in enumerate(policy["budget"])],
    }


def period(instant, per):
    here = local(instant, SHANGHAI)
    return (here.year, here.month, *((here.day,) if per != "month" else ()), *((here.hour,) if per == "hour" else ()))


def exceeded(policy, touches):
    """Every limit with a unit and period in which the touches take more than it allows."""
    found = []
    for limit, counts in [*((one, True) for one in policy["capacity"]), *((one, False) for one in policy["budget"])]:
        used = Counter()
        for customer, channel, name, planned in touches:
            if limit.get("channel", channel) == channel and limit.get("journey", name) == name:
                unit = customer % 3 if limit.get("by") else None
                used[unit, period(planned, limit["per"])] += 1 if counts else COSTS[channel]
        most = limit["at_most"] * (1 if counts else 100)
        found += [(limit, key, amount) for key, amount in used.items() if amount > most]
    return found


@settings(max_examples=25)
@given(policies, cadences)
def test_no_limit_is_ever_exceeded(policy, hours):
    policy = named(policy)
    channels = {name: {"cost": fen / 100} for name, fen in COSTS.items()}
    journeys = {
        "a": journey(100, "sms", "offer", 30),
        "b": journey(400, "call", "care", 20),
        "c": journey(90, "app_push", "offer", 9),
    }
    with TemporaryDirectory() as folder, TinyBank(
        Path(folder), journeys=journeys, attributes={"branch_id": "integer"}, channels=channels, policy=policy
    ) as bank:  # fmt: skip
        bank.customers(*[{"customer_id": number, "branch_id": number % 3} for number in range(1, 13)])
        now = T
        for step in hours:
            bank.events([("ordered", number, now) for number in range(1, 13)])
            bank.run(now)
            now += timedelta(hours=step)
        touches = bank.rows("SELECT customer_id, channel, journey, not_before FROM tonglu.touch")
        assert exceeded(policy, touches) == []
        decided = bank.rows("SELECT run_no, outcome, reason FROM tonglu.decision")
        assert all(reason for _, _, reason in decided)
        assert bank.rows("SELECT count(*) FROM tonglu.allocation WHERE value > bound OR gap < 0") == [(0,)]
        assert bank.rows("SELECT count(*) FROM tonglu.limit_use WHERE shadow_price < 0") == [(0,)]


@settings(max_examples=15)
@given(st.integers(1, 4), st.sampled_from(["hour", "day"]), st.integers(1, 40), st.booleans())
def test_with_one_limit_places_go_exactly_as_if_proposals_came_one_by_one_in_their_ranking(at_most, per, valid, by_branch):
    limit = {"name": "only", "channel": "sms", "at_most": at_most, "per": per, **({"by": "branch"} if by_branch else {})}
    journeys = {"a": journey(100, "sms", "offer", valid), "b": journey(300, "sms", "offer", 6), "c": journey(1, "sms", "care", 3)}
    with TemporaryDirectory() as folder, TinyBank(
        Path(folder), journeys=journeys, attributes={"branch_id": "integer"}, channels={"sms": {}},
        policy={"per_run": 9, "priority": ["care", "offer"], "capacity": [limit]},
    ) as bank:  # fmt: skip
        bank.customers(*[{"customer_id": number, "branch_id": number % 3} for number in range(1, 7)])
        bank.events([("ordered", number, T) for number in range(1, 7)])
        bank.run(T)
        asked = bank.rows(
            "SELECT d.entry_id, d.customer_id, d.journey FROM tonglu.decision AS d ORDER BY priority, score DESC, tie, entry_id"
        )
        found = dict(bank.rows("SELECT entry_id, not_before FROM tonglu.touch"))
    used, expected = Counter(), {}
    length = timedelta(hours=1) if per == "hour" else timedelta(days=1)
    begins = T if per == "hour" else T - timedelta(hours=9)
    slots = [max(T, begins + number * length) for number in range(60)]
    assert all(one < other for one, other in pairwise(slots))
    for entry, customer, name in asked:
        latest = T + timedelta(hours={"a": valid, "b": 6, "c": 3}[name])
        for slot in slots:
            key = slot, customer % 3 if by_branch else None
            if slot <= latest and used[key] < at_most:
                used[key] += 1
                expected[entry] = slot
                break
    assert found == expected
