"""Allocation of what is scarce: feasible always, near the best, with prices that mean something."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.stats.allocations import best_value, random_problem, usage

from tonglu.stats.allocation import Problem, allocate, upper_bound


def test_on_four_hundred_instances_the_value_is_within_one_per_cent_of_the_best_and_no_limit_is_exceeded():
    missing = []
    for seed in range(400):
        problem = random_problem(seed)
        answer = allocate(problem)
        best = best_value(problem)
        assert (usage(problem, answer.quota) <= problem.room).all(), seed
        assert answer.value <= best + 1e-6, seed
        assert answer.bound >= best - 1e-6, seed
        missing.append(0.0 if best == 0 else 1 - answer.value / best)
    assert max(missing) <= 0.01, f"worst {max(missing):.4%} at {int(np.argmax(missing))}"


@given(st.integers(1_000, 10**9))
def test_places_prices_and_bounds_hold_on_any_instance(seed):
    problem = random_problem(seed, groups=8, options=4, limits=8)
    answer = allocate(problem)
    assert (usage(problem, answer.quota) <= problem.room).all()
    taken = np.bincount(problem.option_group, answer.quota, problem.groups)
    assert (taken <= np.bincount(problem.cell_group, problem.size, problem.groups)).all()
    assert answer.value <= answer.bound + 1e-9
    assert (answer.price >= 0).all()
    slack = problem.room - answer.used
    assert np.all((answer.price == 0) | (slack <= 1e-6 * np.maximum(problem.room, 1))), "a limit with room left has no price"
    assert (answer.used <= problem.room + 1e-6).all()


@given(st.integers(1_000, 10**9))
def test_nothing_that_fits_is_left_out_and_nothing_is_late_that_would_fit_earlier(seed):
    problem = random_problem(seed)
    quota = allocate(problem).quota
    left = problem.room - usage(problem, quota)
    taken = np.bincount(problem.option_group, quota, problem.groups)
    wanted = np.bincount(problem.cell_group, problem.size, problem.groups)
    needs = [dict(zip(problem.use_limit[of], problem.use_amount[of], strict=True)) for of in
             (problem.use_option == option for option in range(len(quota)))]  # fmt: skip
    for option, need in enumerate(needs):
        if taken[problem.option_group[option]] < wanted[problem.option_group[option]]:
            assert any(left[limit] < amount for limit, amount in need.items())
        for later in range(option + 1, len(quota)):
            if problem.option_group[later] == problem.option_group[option] and quota[later]:
                assert any(left[limit] + needs[later].get(limit, 0) < amount for limit, amount in need.items())


@given(st.integers(1_000, 10**9), st.lists(st.floats(0, 50), min_size=8, max_size=8))
def test_any_prices_give_a_bound(seed, prices):
    problem = random_problem(seed, groups=3)
    assert upper_bound(problem, np.array(prices[: len(problem.room)])) >= best_value(problem) - 1e-6


def test_the_same_problem_gives_the_same_answer():
    first, second = (allocate(random_problem(77, groups=40, limits=12)) for _ in range(2))
    assert (first.quota == second.quota).all()
    assert first.price.tobytes() == second.price.tobytes()
    assert first.bound == second.bound


def one_limit(room):
    values = np.array([9.0, 7.0, 5.0, 3.0])
    zeros, ones = np.zeros(4, dtype=np.int64), np.ones(1, dtype=np.int64)
    only = np.zeros(1, dtype=np.int64)
    return Problem(zeros, np.ones(4, dtype=np.int64), values, values, values, only, only, only, ones, np.array([room]))


def test_one_limit_takes_the_best_and_its_price_is_what_the_next_is_worth_or_the_last_taken():
    answer = allocate(one_limit(2))
    assert answer.quota.tolist() == [2]
    assert answer.value == 16.0
    assert 5.0 - 1e-3 <= answer.price[0] <= 7.0 + 1e-3
    assert answer.gap == pytest.approx(0, abs=1e-6)


def test_room_for_all_has_no_price_and_no_gap():
    answer = allocate(one_limit(4))
    assert (answer.quota.tolist(), answer.value, answer.bound, answer.price.tolist()) == ([4], 24.0, 24.0, [0.0])


def test_cells_of_many_proposals_bound_what_their_single_values_reach():
    rng = np.random.default_rng(5)
    values = np.sort(rng.gamma(1, 10, (3, 200)))[:, ::-1]
    cells = values.reshape(30, 20)
    group = np.repeat(np.arange(3), 10)
    options = np.arange(3)
    room = np.array([90])
    problem = Problem(
        group, np.full(30, 20), cells.mean(1), cells.min(1), cells.max(1), options, options, np.zeros(3, dtype=np.int64),
        np.ones(3, dtype=np.int64), room,
    )  # fmt: skip
    answer = allocate(problem)
    best = np.sort(values.ravel())[::-1][:90].sum()
    reached = sum(values[number, :places].sum() for number, places in enumerate(answer.quota))
    assert answer.quota.sum() == 90
    assert answer.bound >= best >= reached >= answer.value
    assert reached >= best * 0.99
