"""The sums add up, and refuse what cannot be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonglu.stats.sufficient import Clusters, Moments, Proportion

units = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 10**9)), min_size=1, max_size=20)


def sums(rows):
    return Clusters(
        len(rows),
        sum(n for n, _ in rows),
        sum(n * n for n, _ in rows),
        sum(y for _, y in rows),
        sum(y * y for _, y in rows),
        sum(n * y for n, y in rows),
    )


@given(units, units)
def test_adding_two_groups_equals_summing_them_together(left, right):
    assert sums(left) + sums(right) == sums(left + right)
    values = [[y for _, y in rows] for rows in (left, right, left + right)]
    a, b, both = (Moments(len(v), sum(v), sum(y * y for y in v)) for v in values)
    assert a + b == both


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_proportions_add_up(a, b, c, d):
    assert Proportion(a + b, b) + Proportion(c + d, d) == Proportion(a + b + c + d, b + d)


def test_the_variance_of_money_in_fen_loses_nothing():
    values = [10**12 + 1, 10**12 + 2, 10**12 + 3]
    assert Moments(3, sum(values), sum(v * v for v in values)).variance == 1.0


def test_the_variance_is_the_sample_variance():
    values = np.array([1.5, 2.5, 9.0, -3.0])
    assert Moments(4, values.sum(), (values**2).sum()).variance == pytest.approx(values.var(ddof=1), rel=1e-12)


def test_a_proportion_is_a_zero_one_outcome():
    assert Proportion(10, 3).moments().variance == pytest.approx(0.3 * 0.7 * 10 / 9)
    assert Proportion(10, 3).moments().mean == Proportion(10, 3).rate == 0.3


def test_empty_sums_have_neutral_means():
    assert (Proportion().rate, Moments().mean, Moments().variance, Clusters().ratio, Clusters().ratio_variance) == (0.0,) * 5


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: Proportion(3, 4),
        lambda: Proportion(-1, 0),
        lambda: Moments(-1, 0, 0),
        lambda: Clusters(3, 2, 4),
        lambda: Clusters(1, 3, 2),
    ],
)
def test_counts_that_cannot_be_are_refused(impossible):
    with pytest.raises(ValueError, match="cannot be"):
        impossible()
