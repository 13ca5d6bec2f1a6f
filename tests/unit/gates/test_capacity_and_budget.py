"""Capacity and budget by hand: who gets which place, why the others do not, and what counts as used."""

from datetime import timedelta

import pytest

from tonglu.app.why import proposals_of
from tonglu.testing import SHANGHAI, at
from tonglu.warehouse.analysts import PublishedFile

T = at("2026-03-02 10:20")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHANNELS = {"sms": {"cost": 0.05}, "call": {"cost": 3}, "app_push": {}}


def touching(value, via="sms", **header):
    touch = {"touch": "hello", "via": [via], "valid_for": header.pop("valid_for", "1 day")}
    steps = [{"hi": touch}, {"after": {"wait": "300 days"}}]
    goal = {"event": "paid", "value": value, "within": "7 days"}
    return {"enter": {"event": header.pop("event", "ordered")}, "goal": goal, "steps": steps, **header}


@pytest.fixture
def bank_of(tiny):
    def make(policy, journeys=None, people=10):
        journeys = journeys or {"a": touching(100)}
        bank = tiny(journeys=journeys, attributes={"branch_id": "integer"}, channels=CHANNELS, policy={"per_run": 9, **policy})
        bank.customers(*[{"customer_id": number, "branch_id": 7 + number % 2} for number in range(1, people + 1)])
        bank.events([("ordered", number, T) for number in range(1, people + 1)])
        return bank

    return make


def by_tie(bank, journey="a"):
    rows = bank.rows("SELECT customer_id FROM tonglu.decision WHERE run_no = 1 AND journey = $j ORDER BY tie", j=journey)
    return [customer for (customer,) in rows]


def planned(bank):
    return dict(bank.rows("SELECT customer_id, not_before FROM tonglu.touch WHERE run_no = 1"))


def test_the_best_ranked_take_the_earliest_hours_within_the_channels_hours(bank_of):
    limits = {"capacity": [{"channel": "sms", "at_most": 3, "per": "hour"}], "open_hours": {"sms": "08:30-12:00"}}
    bank = bank_of(limits)
    bank.run(T)
    ranking, at_ = by_tie(bank), planned(bank)
    hours = [T] * 3 + [at("2026-03-02 11:00")] * 3 + [at("2026-03-03 08:30")] * 3 + [at("2026-03-03 09:00")]
    assert [at_[customer] for customer in ranking] == hours


def test_who_finds_no_place_while_the_touch_is_valid_is_deferred_and_the_detail_names_limit_and_unit(bank_of):
    limits = {"capacity": [{"name": "branch", "channel": "sms", "by": "branch", "at_most": 2, "per": "day", "each": {7: 3}}]}
    bank = bank_of(limits, {"a": touching(100, valid_for="1 hour")})
    assert (bank.run(T)["sent"], bank.run(T + HOUR)["sent"]) == (5, 0)
    rows = bank.rows("SELECT outcome, reason, detail, count(*) FROM tonglu.decision WHERE run_no = 1 GROUP BY ALL ORDER BY ALL")
    assert rows == [
        ("deferred", "no_capacity", "branch: 7", 2),
        ("deferred", "no_capacity", "branch: 8", 3),
        ("sent", "passed", None, 5),
    ]


def test_what_earlier_runs_planned_counts_and_what_did_not_leave_in_time_gives_its_place_back(bank_of):
    limits = {"capacity": [{"channel": "sms", "at_most": 4, "per": "day"}]}
    bank = bank_of(limits, {"a": touching(100, valid_for="2 hours")})
    bank.run(T)
    assert len(planned(bank)) == 4
    assert bank.run(T + HOUR)["sent"] == 0
    assert bank.deliver(T + 4 * HOUR) == {"expired": 1}  # one batch
    bank.customers({"customer_id": 99, "branch_id": 7})
    bank.event("ordered", 99, T + 4 * HOUR)
    assert bank.run(T + 5 * HOUR)["sent"] == 1


def test_capacity_is_the_reason_where_it_alone_would_hold_back_and_otherwise_budget(bank_of):
    journeys = {"a": touching(100, valid_for="1 hour"), "b": touching(50, "call", valid_for="1 hour")}
    limits = {
        "capacity": [{"name": "calls", "channel": "call", "at_most": 4, "per": "day"}],
        "budget": [{"name": "money", "at_most": "10 yuan", "per": "day"}],
    }
    bank = bank_of(limits, journeys)
    bank.run(T)
    [(sms, calls)] = bank.rows("SELECT count(*) FILTER (channel = 'sms'), count(*) FILTER (channel = 'call') FROM tonglu.touch")
    assert (sms, calls) == (10, 3)
    assert bank.rows("SELECT DISTINCT reason, detail FROM tonglu.decision WHERE outcome = 'deferred'") == [("no_budget", "money")]


def test_priority_groups_come_before_value(bank_of):
    journeys = {"care": touching(1, priority="care"), "offer": touching(900, priority="offer")}
    bank = bank_of({"priority": ["care", "offer"], "budget": [{"journey": "care", "at_most": 100, "per": "month"},
                   {"channel": "sms", "at_most": "0.60", "per": "day"}]}, journeys)  # fmt: skip
    bank.run(T)
    rows = bank.rows("SELECT journey, count(*) FROM tonglu.touch WHERE not_before < '2026-03-02 16:00' GROUP BY 1 ORDER BY 1")
    assert rows == [("care", 10), ("offer", 2)]


def test_a_purpose_that_skips_capacity_is_never_held_back_and_takes_its_room_first(bank_of):
    journeys = {"alert": touching(1, purpose="service", valid_for="1 hour"), "offer": touching(900, valid_for="1 hour")}
    limits = {"purposes": {"service": {"skips": ["capacity"]}}, "capacity": [{"channel": "sms", "at_most": 12, "per": "day"}]}
    bank = bank_of(limits, journeys)
    bank.run(T)
    assert bank.rows("SELECT journey, count(*) FROM tonglu.touch GROUP BY 1 ORDER BY 1") == [("alert", 10), ("offer", 2)]


def test_figures_of_units_come_from_a_table_of_the_bank(tiny):
    figures = {"table": "customers", "unit": "branch_id", "at_most": "desk"}
    limits = {"capacity": [{"channel": "sms", "by": "branch", "at_most": 9, "per": "day", "figures": figures}]}
    bank = tiny(
        journeys={"a": touching(100, valid_for="1 hour")},
        attributes={"branch_id": "integer", "desk": "integer"},
        channels=CHANNELS,
        policy={"per_run": 9, **limits},
    )
    bank.customers(*[{"customer_id": n, "branch_id": n % 2, "desk": 1 + n % 2} for n in range(1, 11)])
    bank.events([("ordered", number, T) for number in range(1, 11)])
    bank.run(T)
    rows = bank.rows("SELECT customer_id % 2, count(*) FROM tonglu.touch GROUP BY 1 ORDER BY 1")
    assert rows == [(0, 1), (1, 2)]


def test_a_later_place_never_breaks_a_cap_of_the_same_customer(bank_of):
    journeys = {"a": touching(900, "sms"), "b": touching(1, "call")}
    limits = {
        "capacity": [{"channel": "sms", "at_most": 1, "per": "hour"}],
        "open_hours": {"sms": "08:00-21:00", "call": "12:30-21:00"},
        "caps": [{"at_most": 1, "within": "2 hours"}],
    }
    bank = bank_of(limits, journeys)
    assert bank.run(T)["sent"] == 11
    assert max(at for (at,) in bank.rows("SELECT not_before FROM tonglu.touch WHERE channel = 'sms'")) == T


def test_why_names_the_limit_the_score_that_would_do_and_the_next_period(bank_of):
    limits = {"capacity": [{"name": "daily", "channel": "sms", "at_most": 4, "per": "day"}]}
    bank = bank_of(limits, {"a": touching(100, valid_for="1 hour")})
    bank.run_whole(T)
    [last] = bank.rows("SELECT customer_id FROM tonglu.decision WHERE outcome = 'deferred' ORDER BY tie DESC LIMIT 1")
    with PublishedFile(bank.root / "data/published") as file:
        [found] = proposals_of(file, last[0], SHANGHAI)
    assert found.binding == "no room in daily: 4 of 4 from 2026-03-02 00:00"
    assert found.nearest == (
        "would pass with a score above 2 (it has 2), or from 2026-03-03 00:00 on, when the next period begins; "
        "its valid_for is shorter than the 14 hours until then"
    )
    capacity = next(one for one in found.judgements if one.gate == "capacity")
    assert capacity.values == {"limits": [{"limit": "daily", "from": "2026-03-02 00:00", "used": "4", "at_most": "4"}]}


def test_a_policy_without_limits_keeps_nothing_and_changes_nothing(bank_of):
    bank = bank_of({})
    assert bank.run(T)["sent"] == 10
    for table in ("contender", "limit_use", "allocation"):
        assert bank.rows(f"SELECT count(*) FROM tonglu.{table}") == [(0,)]
