"""Sample-ratio mismatch against the published example and scipy."""

import math

import numpy as np
import pytest
import ville
from scipy import stats as scipy_stats

from tonglu.stats.always_valid import Evidence
from tonglu.stats.estimate import Withheld
from tonglu.stats.ratio_mismatch import CONCENTRATION, RatioCheck, check_ratio, ratio_evidence, untrusted


def test_kohavi_tang_xu_chapter_21():
    check = check_ratio([821_588, 815_482], [1, 1])
    assert isinstance(check, RatioCheck)
    assert check.p_value == pytest.approx(1.82e-6, rel=5e-3)
    assert check.mismatch


@pytest.mark.parametrize(("counts", "weights"), [([90, 12], [9, 1]), ([30, 31, 40], [0.3, 0.3, 0.4]), ([5, 0], [0.99, 0.01])])
def test_the_p_value_agrees_with_scipy(counts, weights):
    expected = [sum(counts) * weight / sum(weights) for weight in weights]
    theirs = scipy_stats.chisquare(counts, expected)
    ours = check_ratio(counts, weights)
    assert isinstance(ours, RatioCheck)
    assert (ours.statistic, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-9)
    assert not ours.mismatch


def test_the_p_value_agrees_with_growthbook_where_all_arms_have_weight():
    utils = pytest.importorskip("gbstats.utils", reason="`make test` installs gbstats, apart, without its dependencies")
    ours = check_ratio([300, 340, 410], [0.3, 0.3, 0.4])
    assert isinstance(ours, RatioCheck)
    assert ours.p_value == pytest.approx(utils.check_srm([300, 340, 410], [0.3, 0.3, 0.4]), abs=1e-9)


def test_an_arm_without_weight_gives_no_degree_of_freedom():
    with_idle, without = check_ratio([60, 40, 0], [1, 1, 0]), check_ratio([60, 40], [1, 1])
    assert with_idle == without
    assert isinstance(with_idle, RatioCheck)
    assert with_idle.degrees == 1


def test_a_unit_in_an_arm_without_weight_is_a_mismatch():
    check = check_ratio([60, 40, 1], [1, 1, 0])
    assert isinstance(check, RatioCheck)
    assert (check.p_value, check.mismatch) == (0.0, True)


def test_nothing_to_compare_is_withheld():
    assert check_ratio([0, 0], [9, 1]) == Withheld("nobody assigned yet")
    assert check_ratio([10, 0], [1, 0]) == Withheld("fewer than two arms have a positive weight")


@pytest.mark.parametrize(("counts", "weights"), [([1], [1, 1]), ([-1, 2], [1, 1]), ([1, 2], [-1, 1])])
def test_impossible_input_is_refused(counts, weights):
    with pytest.raises(ValueError, match=r"counts"):
        check_ratio(counts, weights)


@pytest.mark.parametrize(
    ("counts", "weights"), [([90, 12], [9, 1]), ([30, 31, 40], [0.3, 0.3, 0.4]), ([5, 0], [1, 3]), ([821_588, 815_482], [1, 1])]
)
@pytest.mark.parametrize("concentration", [1.0, CONCENTRATION])
def test_the_bayes_factor_is_the_dirichlet_multinomial_over_the_multinomial_of_scipy(counts, weights, concentration):
    shares = np.array(weights) / sum(weights)
    n = sum(counts)
    theirs = scipy_stats.dirichlet_multinomial.logpmf(counts, concentration * shares, n) - scipy_stats.multinomial.logpmf(
        counts, n, shares
    )
    assert ratio_evidence(counts, weights, concentration).log_e == pytest.approx(
        theirs, abs=1e-9 if n < 1000 else 2e-8
    )  # of terms of 1e7


def test_two_arms_are_the_beta_binomial_test_of_ville():
    drawn = (np.random.default_rng(6).random(3000) < 0.23).astype(float)
    theirs = ville.BernoulliTest(0.2, prior=(0.2 * CONCENTRATION, 0.8 * CONCENTRATION)).fit(drawn)
    for n in (1, 500, 3000):
        one = int(drawn[:n].sum())
        assert ratio_evidence([one, n - one], [1, 4]).e_value == pytest.approx(float(theirs.e_values_[n - 1]), rel=1e-9)


def test_looking_every_day_at_a_fair_split_alarms_at_most_as_often_as_allowed_and_finds_a_broken_one():
    draws = np.random.default_rng(12)
    alarms = 0
    for _ in range(300):
        days = np.cumsum(draws.multinomial(40, [0.5, 0.4, 0.1], 60), axis=0)
        alarms += any(ratio_evidence(day.tolist(), [5, 4, 1]).p_value < 0.05 for day in days)
    assert alarms <= scipy_stats.binom.ppf(0.999, 300, 0.05)
    assert ratio_evidence([880, 1120], [1, 1]).p_value < 0.001


def test_the_check_that_failed_is_named():
    fine, broken = check_ratio([50, 50], [1, 1]), check_ratio([900, 1100], [1, 1])
    nothing = check_ratio([0, 0], [1, 1])
    assert untrusted({"assignment": fine, "exposure": nothing}) is None
    reason = untrusted({"assignment": fine, "exposure": broken, "availability of the outcome": broken}).reason
    assert reason.startswith("the arms do not match their declared ratio on exposure (p = ")


def test_evidence_on_nothing_is_withheld_and_a_unit_in_an_idle_arm_is_certain():
    assert ratio_evidence([0, 0], [9, 1]) == Withheld("nobody assigned yet")
    assert ratio_evidence([60, 40, 1], [1, 1, 0]) == Evidence(math.inf)
    assert ratio_evidence([60, 40, 0], [1, 1, 0]) == ratio_evidence([60, 40], [1, 1])
    with pytest.raises(ValueError, match="counts"):
        ratio_evidence([1], [1, 1])
