"""A limit by employee of a channel that people work counts by who has the work."""

import random
from datetime import timedelta

import pytest

from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
LIMIT = {"name": "wecom_each", "channel": "wecom", "by": "employee", "at_most": 2, "per": "day"}
COLUMNS = {"branch_id": "integer", "manager_id": "bigint"}


def asking(valid_for="1 hour", purpose="marketing"):
    steps = [{"ask": {"touch": "please", "via": ["wecom"], "valid_for": valid_for}}, {"rest": {"wait": "9 days"}}]
    return {"enter": {"event": "ordered"}, "purpose": purpose, "steps": steps}


@pytest.fixture
def bank_of(tiny):
    def make(staff, customers, limit=LIMIT, journeys=None, terms=None, **policy):
        people = {"wecom": {"confirm": True, "expires": "2 days", **(terms or {})}}
        rows = [{"employee_id": e, "branch_id": b, "role": "any", **dict(*more)} for e, b, *more in staff]
        policy = {"per_run": 9, "capacity": [limit], **policy}
        journeys = journeys or {"care": asking()}
        bank = tiny(journeys=journeys, people=people, staff=rows, attributes=COLUMNS, policy=policy)
        bank.customers(*[{"customer_id": n, "branch_id": b, "manager_id": m} for n, (b, m) in enumerate(customers, 1)])
        bank.events([("ordered", n, T) for n in range(1, len(customers) + 1)])
        return bank

    return make


def given(bank, run=1):
    rows = bank.rows("SELECT employee_id, count(*) FROM tonglu.work_item WHERE run_no = $run GROUP BY 1 ORDER BY 1", run=run)
    return dict(rows)


def used(bank, run=1):
    return dict(bank.rows("SELECT unit, (used, at_most) FROM tonglu.limit_use WHERE run_no = $run", run=run))


ABSENT = {"absent_from": T.date(), "absent_until": T.date()}


def test_who_stands_in_for_an_absent_colleague_is_given_no_more_than_their_own_figure(bank_of):
    bank = bank_of([(11, 1), (12, 1, ABSENT)], [(1, 11), (1, 11), (1, 12), (1, 12)])
    assert bank.run(T)["sent"] == 2
    assert given(bank) == {11: 2}
    assert used(bank) == {"11": (2, 2), "branch:1": (2, 2)}
    details = bank.rows("SELECT DISTINCT reason, split_part(detail, ':', 1) FROM tonglu.decision WHERE outcome = 'deferred'")
    assert details == [("no_capacity", "wecom_each")]


def test_customers_without_a_manager_find_every_free_employee_of_their_branch(bank_of):
    staff = [(10 * branch + n, branch) for branch in (1, 2, 3) for n in (1, 2)]
    bank = bank_of(staff, [(branch, None) for branch in (1, 2, 3) for _ in range(3)], {**LIMIT, "at_most": 1})
    assert bank.run(T)["sent"] == 6
    assert given(bank) == {employee: 1 for employee, _ in staff}
    assert used(bank)["branch:2"] == (2, 2)
    assert bank.rows("SELECT DISTINCT detail FROM tonglu.decision WHERE outcome = 'deferred' ORDER BY 1") == [
        (f"wecom_each: branch:{branch}",) for branch in (1, 2, 3)
    ]


def test_what_managers_leave_is_shared_out_to_whoever_has_places_left(bank_of):
    bank = bank_of([(11, 1), (12, 1), (13, 1)], [(1, 11), (1, 11), (1, 12), *[(1, None)] * 5])
    assert bank.run(T)["sent"] == 6
    assert given(bank) == {11: 2, 12: 2, 13: 2}


def test_a_manager_s_customers_are_the_manager_s_alone_on_a_day_on_which_the_manager_is_there(bank_of):
    bank = bank_of([(11, 1), (12, 1)], [(1, 11)] * 3)
    assert bank.run(T)["sent"] == 2
    assert given(bank) == {11: 2}
    assert bank.rows("SELECT detail FROM tonglu.decision WHERE outcome = 'deferred'") == [("wecom_each: 11",)]


def test_later_runs_of_the_day_find_what_earlier_ones_left_and_the_next_day_has_its_own(bank_of):
    bank = bank_of([(11, 1), (12, 1)], [(1, None)] * 3, journeys={"care": asking("3 days")})
    bank.run(T)
    assert given(bank) == {11: 1, 12: 2} or given(bank) == {11: 2, 12: 1}
    bank.customers(*[{"customer_id": n, "branch_id": 1, "manager_id": None} for n in (7, 8)])
    bank.events([("ordered", n, T + DAY / 24) for n in (7, 8)])
    bank.run(T + DAY / 12)
    total = "SELECT employee_id, CAST(bank_clock(not_before) AS DATE) - DATE '2026-03-02', count(*) FROM tonglu.work_item GROUP BY ALL ORDER BY ALL"
    rows = bank.rows(total)
    assert [row for row in rows if row[1] == 0] == [(11, 0, 2), (12, 0, 2)]
    assert sum(count for *_, count in rows) == 5


def test_figures_of_single_employees_bound_what_they_are_given(bank_of):
    bank = bank_of([(11, 1), (12, 1), (13, 1)], [(1, None)] * 9, {**LIMIT, "each": {"11": 0, "12": 4}})
    bank.run(T)
    assert given(bank) == {12: 4, 13: 2}


def test_a_channel_of_branches_is_worth_what_its_people_are_worth_together(bank_of):
    bank = bank_of([(11, 1), (12, 1), (13, 1, ABSENT)], [(1, 11)] * 9, terms={"assign": "branch"})
    bank.run(T)
    assert given(bank) == {None: 4}
    assert used(bank) == {"branch:1": (4, 4)}


def test_a_branch_without_anybody_counts_as_one_employee(bank_of):
    bank = bank_of([(11, 1)], [(2, None)] * 3 + [(None, None)] * 3)
    bank.run(T)
    assert bank.rows("SELECT branch_id, employee_id, count(*) FROM tonglu.work_item GROUP BY ALL ORDER BY ALL") == [
        (2, None, 2),
        (None, None, 2),
    ]


def test_only_who_has_the_role_takes_turns(bank_of):
    staff = [(11, 1, {"role": "teller"}), (12, 1, {"role": "manager"})]
    bank = bank_of(staff, [(1, None)] * 5, terms={"role": "manager"})
    bank.run(T)
    assert given(bank) == {12: 2}


def test_a_purpose_that_skips_capacity_takes_places_first_and_may_go_beyond(bank_of):
    journeys = {"alert": asking(purpose="service"), "offer": asking()}
    bank = bank_of([(11, 1), (12, 1)], [(1, None)] * 3, journeys=journeys, purposes={"service": {"skips": ["capacity"]}})
    bank.run(T)
    rows = bank.rows("SELECT journey, count(*) FROM tonglu.work_item GROUP BY 1 ORDER BY 1")
    assert rows == [("alert", 3), ("offer", 1)]
    assert given(bank) == {11: 2, 12: 2}


def test_a_limit_of_each_hour_counts_each_hour(bank_of):
    limit = {**LIMIT, "at_most": 1, "per": "hour"}
    bank = bank_of([(11, 1), (12, 1)], [(1, None)] * 5 + [(1, 11)], limit, {"care": asking("2 hours")})
    bank.run(T)
    by_hour = "SELECT not_before, employee_id, count(*) FROM tonglu.work_item GROUP BY ALL HAVING count(*) > 1"
    assert bank.rows(by_hour) == []
    assert bank.rows("SELECT count(*) FROM tonglu.work_item") == [(6,)]


@pytest.mark.parametrize("seed", range(4))
def test_by_chance_nobody_has_too_much_and_nobody_is_idle_while_their_branch_is_refused(bank_of, seed):
    rng = random.Random(seed)
    staff = [(10 * b + n, b, *([ABSENT] if rng.random() < 0.3 else [])) for b in (1, 2, 3) for n in range(1, 5)]
    there = {e: b for e, b, *absent in staff if not absent}
    customers = [
        (b, rng.choice([None, None, 10 * rng.choice([b, b, 3]) + rng.randint(1, 4)])) for b in (1, 2, 3) for _ in range(9)
    ]
    most = {e: rng.choice([1, 2, 3]) for e in there}
    bank = bank_of(staff, customers, {**LIMIT, "each": {str(e): n for e, n in most.items()}})
    bank.run(T)
    has = {e: given(bank).get(e, 0) for e in there}
    assert all(has[e] <= most[e] for e in there)
    refused = [c for (c,) in bank.rows("SELECT customer_id FROM tonglu.decision WHERE outcome = 'deferred'")]
    for customer in refused:
        branch, manager = customers[customer - 1]
        if manager in there:
            assert has[manager] == most[manager] or all(has[e] == most[e] for e, b in there.items() if b == there[manager])
        else:
            assert all(has[e] == most[e] for e, b in there.items() if b == branch)
