"""Where ranking alone allocates exactly, and where limits cross."""

import numpy as np
import pytest

from tonglu.stats.separation import Kind, Uses, separate


def uses(size, options, rows, room):
    """`options` are (group, time); `rows` are (option, limit, amount)."""
    columns = np.array(rows, dtype=np.int64).reshape(len(rows), 3).T
    group, moment = np.array(options, dtype=np.int64).T
    return Uses(np.array(size), group, moment, *columns, np.array(room))


def test_a_limit_that_all_together_cannot_use_up_binds_nobody():
    found = separate(uses([3, 4], [(0, 1), (1, 1)], [(0, 0, 1), (1, 0, 1)], [7]))
    assert found.kind == [Kind.FREE, Kind.FREE]
    assert not found.binding.any()


def test_one_limit_for_all_is_exact():
    found = separate(uses([3, 4], [(0, 1), (1, 1)], [(0, 0, 1), (1, 0, 1)], [6]))
    assert found.kind == [Kind.EXACT, Kind.EXACT]


def test_employees_within_a_branch_are_exact_and_the_inner_limit_comes_first():
    found = separate(uses([5, 5], [(0, 1), (1, 1)], [(0, 0, 1), (0, 2, 1), (1, 1, 1), (1, 2, 1)], [3, 3, 4]))
    assert found.kind == [Kind.EXACT, Kind.EXACT]
    assert found.level.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(0, 0, 1), (0, 1, 1), (1, 0, 1), (2, 1, 1)], "two limits share a group and neither holds the other"),
        ([(0, 0, 1), (1, 0, 2), (2, 0, 1)], "one limit takes unlike amounts"),
    ],
)
def test_limits_that_cross_or_weigh_unlike_are_for_the_programme(rows, why):
    found = separate(uses([5, 5, 5], [(0, 1), (1, 1), (2, 1)], rows, [4, 4]))
    assert set(found.kind) == {Kind.CROSSING}, why


def test_hours_within_a_day_are_exact_when_all_begin_together_and_cross_when_they_do_not():
    hours = [(0, 1), (0, 2), (1, 1), (1, 2)]
    rows = [(0, 0, 1), (0, 2, 1), (1, 1, 1), (1, 2, 1), (2, 0, 1), (2, 2, 1), (3, 1, 1), (3, 2, 1)]
    assert set(separate(uses([5, 5], hours, rows, [3, 3, 5])).kind) == {Kind.EXACT}
    late = [(0, 1), (0, 2), (1, 2)]
    assert set(separate(uses([5, 5], late, [*rows[:4], (2, 1, 1), (2, 2, 1)], [3, 3, 5])).kind) == {Kind.CROSSING}


def test_what_shares_nothing_is_told_apart():
    rows = [(0, 0, 1), (0, 1, 1), (1, 0, 1), (2, 1, 1), (3, 2, 1)]
    found = separate(uses([5, 5, 5, 5], [(0, 1), (1, 1), (2, 1), (3, 1)], rows, [4, 4, 4]))
    assert found.kind == [Kind.CROSSING] * 3 + [Kind.EXACT]
