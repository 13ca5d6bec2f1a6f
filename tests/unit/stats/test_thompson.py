"""Thompson's weights against published values, exact identities and brute force."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy import stats as scipy_stats

from tonglu.stats.beliefs import Beta
from tonglu.stats.sufficient import Proportion
from tonglu.stats.thompson import MILLION, allocation, allocation_in_millionths, probability_best, top_two

PUBLISHED = (Beta(21, 181), Beta(26, 176), Beta(31, 171))
beliefs = st.builds(Beta, st.floats(0.5, 5000), st.floats(0.5, 5000))


def shares(weights):
    return tuple(weight / math.fsum(weights) for weight in weights)


def test_the_published_probabilities_are_reproduced():
    best = probability_best(PUBLISHED)
    assert tuple(round(share, 4) for share in best) == (0.0401, 0.2229, 0.7370)
    assert tuple(round(weight, 4) for weight in top_two(best)) == (0.0821, 0.4284, 0.4896)


def test_two_arms_agree_with_the_exact_sum():
    # Evan Miller: P(B > A) for integer parameters, as a finite sum.
    a, b = Beta(12, 90), Beta(19, 88)
    exact = math.fsum(
        math.exp(
            math.lgamma(a.alpha + i)
            + math.lgamma(a.beta + b.beta)
            - math.lgamma(a.alpha + i + a.beta + b.beta)
            - math.log(b.beta + i)
            - (math.lgamma(1 + i) + math.lgamma(b.beta) - math.lgamma(1 + i + b.beta))
            - (math.lgamma(a.alpha) + math.lgamma(a.beta) - math.lgamma(a.alpha + a.beta))
        )
        for i in range(int(b.alpha))
    )
    assert probability_best((a, b))[1] == pytest.approx(exact, abs=1e-9)


def test_three_arms_agree_with_adaptive_quadrature():
    laws = [scipy_stats.beta(arm.alpha, arm.beta) for arm in PUBLISHED]
    best = probability_best(PUBLISHED)
    for arm, law in enumerate(laws):
        others = [other for index, other in enumerate(laws) if index != arm]
        area, _ = integrate.quad(
            lambda x, law=law, others=others: law.pdf(x) * math.prod(o.cdf(x) for o in others), 0, 0.5, epsabs=1e-12, limit=200
        )
        assert best[arm] == pytest.approx(area, abs=1e-9)


def test_equal_beliefs_are_equally_likely_to_be_best():
    assert probability_best([Beta(3, 40)] * 5) == pytest.approx([0.2] * 5, abs=1e-12)


def test_minimising_mirrors_the_weights():
    low = probability_best(PUBLISHED, minimise=True)
    assert low[0] > low[1] > low[2]
    two = PUBLISHED[:2]
    assert probability_best(two, minimise=True) == pytest.approx(tuple(reversed(probability_best(two))), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(beliefs, min_size=2, max_size=6))
def test_the_probabilities_are_shares_of_one_and_follow_their_arms(arms):
    best = probability_best(arms)
    assert math.fsum(best) == pytest.approx(1.0, abs=1e-12)
    assert min(best) >= 0
    assert probability_best(arms[::-1]) == pytest.approx(best[::-1], abs=1e-9)


@pytest.mark.parametrize(
    "arms",
    [
        (Beta(1, 1), Beta(5e6, 9e7)),
        (Beta(5e6, 9e7), Beta(5.001e6, 9e7)),
        (Beta(0.5, 0.5), Beta(1, 1e6), Beta(2e5, 3)),
    ],
)
def test_very_narrow_and_very_wide_beliefs_integrate_to_one_before_normalising(arms):
    # Complementary events computed apart: with two arms, P(first best) + P(first worst) = 1.
    best, worst = probability_best(arms), probability_best(arms, minimise=True)
    if len(arms) == 2:
        assert best[0] + worst[0] == pytest.approx(1.0, abs=1e-9)
    assert math.fsum(best) == pytest.approx(1.0, abs=1e-12)


def test_beliefs_learn_from_outcomes():
    assert Beta().after(Proportion(200, 20)) == Beta(21, 181)
    assert Beta(1, 3).mean == 0.25


def test_one_arm_is_always_best_and_none_is_refused():
    assert probability_best([Beta(2, 3)]) == (1.0,)
    assert top_two((1.0,)) == (1.0,)
    with pytest.raises(ValueError, match="no arms"):
        probability_best([])


def test_top_two_survives_a_certain_winner():
    assert top_two((0.0, 1.0)) == (0.5, 0.5)
    assert top_two((0.0, 1.0, 0.0), leader=0.6) == (0.2, 0.6, 0.2)
    assert top_two((1e-12, 1 - 1e-12)) == pytest.approx((0.5, 0.5), abs=1e-6)


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=8), st.floats(0.1, 0.9))
def test_top_two_weights_are_shares_and_keep_the_order(raw, leader):
    best = shares(raw)
    weights = top_two(best, leader)
    assert math.fsum(weights) == pytest.approx(1.0, abs=1e-9)
    if leader >= 0.5:
        assert weights[best.index(max(best))] >= max(weights) - 1e-9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda raw: sum(raw) > 0.01), st.integers(0, 100))
def test_propensities_are_six_decimals_above_the_floor_and_sum_to_one(raw, percent):
    floor = percent / 1000
    parts = allocation_in_millionths(shares(raw), floor)
    assert sum(parts) == MILLION
    assert min(parts) >= round(floor * MILLION)
    assert allocation(shares(raw), floor) == tuple(part / MILLION for part in parts)


def test_the_floor_is_mixed_in():
    assert allocation((0.0, 0.25, 0.75), 0.05) == (0.05, 0.2625, 0.6875)
    assert allocation((0.0, 1.0), 0.5) == (0.5, 0.5)
    assert allocation((1 / 3, 1 / 3, 1 / 3), 0.0) == (0.333333, 0.333333, 0.333334)


@pytest.mark.parametrize(("weights", "floor"), [((0.5, 0.5), 0.6), ((0.5, 0.4), 0.1), ((), 0.0), ((0.5, 0.5), -0.1)])
def test_shares_and_floors_that_do_not_fit_are_refused(weights, floor):
    with pytest.raises(ValueError, match=r"floor|shares"):
        allocation(weights, floor)
