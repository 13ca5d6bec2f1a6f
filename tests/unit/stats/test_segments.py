"""Shrinking, multiplicity, and what arbitration takes of a lift."""

import numpy as np
import pytest
import ville
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

from tonglu.stats.always_valid import Evidence, always_valid
from tonglu.stats.arbitration import lower_bound, with_bonus
from tonglu.stats.estimate import Estimate, Withheld
from tonglu.stats.multiplicity import benjamini_hochberg, e_benjamini_hochberg, holm
from tonglu.stats.shrinkage import Shrunk, between, shrink

LIFTS = [(0.02, 1e-4), (0.05, 4e-4), (-0.01, 2e-4), (0.08, 9e-4), (0.015, 5e-5)]
SEGMENTS = [Estimate(value, variance, 1000) for value, variance in LIFTS]


def test_the_spread_and_the_mean_agree_with_statsmodels():
    theirs = combine_effects(*np.array(LIFTS).T, method_re="dl")
    ours = shrink(SEGMENTS)
    assert isinstance(ours, Shrunk)
    found = (ours.tau2, ours.mean.value, ours.mean.error)
    assert found == pytest.approx((theirs.tau2, theirs.mean_effect_re, theirs.sd_eff_w_re), abs=1e-9)
    assert ours.mean.n == 5000


def test_shrunk_lifts_solve_hendersons_mixed_model_equations():
    # The best linear unbiased predictors and their errors, from the normal equations of y = mu + u + e with known variances.
    ours = shrink(SEGMENTS)
    values, variances = np.array(LIFTS).T
    left = np.block(
        [
            [np.array([[np.sum(1 / variances)]]), 1 / variances[None, :]],
            [1 / variances[:, None], np.diag(1 / variances + 1 / ours.tau2)],
        ]
    )
    right = np.concatenate([[np.sum(values / variances)], values / variances])
    inverse = np.linalg.inv(left)
    solved = inverse @ right
    for number, segment in enumerate(ours.segments):
        pick = np.zeros(6)
        pick[[0, number + 1]] = 1.0
        assert (segment.value, segment.variance) == pytest.approx((pick @ solved, pick @ inverse @ pick), abs=1e-9)


def test_segments_that_differ_by_chance_alone_are_one():
    alike = [Estimate(0.03, 1e-2, 100), Estimate(0.031, 1e-2, 100), Estimate(0.029, 2e-2, 50)]
    ours = shrink(alike)
    assert ours.tau2 == between(alike) == 0.0
    assert {segment.value for segment in ours.segments} == {ours.mean.value}
    assert shrink(alike[:1]) == Withheld("fewer than two segments")


def test_shrunk_lifts_are_nearer_to_the_truth_than_raw_ones():
    draws = np.random.default_rng(30)
    raw, drawn = [], []
    for _ in range(60):
        truth = draws.normal(0.02, 0.01, 12)
        errors = draws.uniform(0.005, 0.04, 12)
        seen = draws.normal(truth, errors)
        ours = shrink([Estimate(float(v), float(e**2), 100) for v, e in zip(seen, errors, strict=True)])
        raw.append(np.mean((seen - truth) ** 2))
        drawn.append(np.mean((np.array([one.value for one in ours.segments]) - truth) ** 2))
    assert np.mean(drawn) < 0.5 * np.mean(raw)


@pytest.mark.parametrize("size", [1, 2, 5, 40])
def test_holm_and_benjamini_hochberg_agree_with_statsmodels_and_scipy(size):
    values = np.random.default_rng(size).beta(0.3, 1, size).round(2).tolist()  # rounded, so that some are equal
    assert holm(values) == pytest.approx(tuple(multipletests(values, method="holm")[1]), abs=1e-9)
    adjusted = benjamini_hochberg(values)
    assert adjusted == pytest.approx(tuple(multipletests(values, method="fdr_bh")[1]), abs=1e-9)
    assert adjusted == pytest.approx(tuple(scipy_stats.false_discovery_control(values)), abs=1e-9)


@given(st.lists(st.floats(-5, 12), min_size=1, max_size=12))
def test_discoveries_by_e_values_agree_with_ville(logs):
    theirs = ville.evalues.ebh(np.exp(logs), 0.05)
    assert e_benjamini_hochberg([Evidence(log) for log in logs]) == tuple(bool(one) for one in theirs)


def test_nothing_compared_gives_nothing_and_no_probability_is_refused():
    assert (holm([]), benjamini_hochberg([]), e_benjamini_hochberg([])) == ((), (), ())
    for adjust in (holm, benjamini_hochberg):
        with pytest.raises(ValueError, match="between 0 and 1"):
            adjust([0.5, 1.5])


def test_arbitration_takes_the_lower_bound():
    lift = Estimate(0.03, 1e-4, 4000, 25.0)
    assert lower_bound(lift) == pytest.approx(0.03 - scipy_stats.t.ppf(0.95, 25) * 0.01, abs=1e-9)
    assert lower_bound(lift, tightest_at=5000) == always_valid(lift, 5000).low < lower_bound(lift) < lift.value
    # What is hardly known does not outrank what is known to work, however lucky it looks.
    assert lower_bound(Estimate(0.08, 2.5e-3, 60)) < lower_bound(Estimate(0.03, 1e-5, 9000))


def test_or_the_shrunk_mean_with_a_bonus_and_never_the_raw_one():
    [first, *_] = shrink(SEGMENTS).segments
    assert with_bonus(first, 0.0) == first.value
    assert with_bonus(first, 1.5) == pytest.approx(first.value + 1.5 * first.error)
    with pytest.raises(ValueError, match="only shrunk lifts"):
        with_bonus(SEGMENTS[0], 1.0)
    with pytest.raises(ValueError, match="bonus of -1"):
        with_bonus(first, -1.0)
    nothing = Withheld("nobody treated yet")
    assert lower_bound(nothing) == with_bonus(nothing, 1.0) == nothing
