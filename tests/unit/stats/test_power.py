"""How many controls a lift needs: worked out by hand, and against the power that scipy.stats gives for that many."""

from math import ceil, sqrt

import pytest
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower, normal_sample_size_one_tail
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics import Mean

from tonglu.stats.always_valid import always_valid
from tonglu.stats.estimate import Estimate
from tonglu.stats.power import controls_needed, controls_needed_for_mean, days_needed, design_effect, detectable


def test_equal_groups_agree_with_the_formula_worked_out_by_hand():
    # (1.959964 + 0.841621)^2 (0.1*0.9 + 0.15*0.85) / 0.05^2 = 7.848880 * 0.2175 / 0.0025 = 682.85
    assert controls_needed(0.10, 0.05, 0.5) == 683


@pytest.mark.parametrize(
    ("rate", "lift", "holdout"), [(0.03, 0.01, 0.1), (0.2, 0.02, 0.3), (0.005, 0.002, 0.5), (0.1, -0.02, 0.2)]
)
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_so_many_have_the_power_and_one_less_has_not(rate, lift, holdout, power):
    each, treated = (1 - holdout) / holdout, rate + lift

    def reached(controls):
        error = sqrt(rate * (1 - rate) / controls + treated * (1 - treated) / (controls * each))
        return norm.cdf(abs(lift) / error - norm.ppf(0.975))

    needed = controls_needed(rate, lift, holdout, power=power)
    assert reached(needed) >= power > reached(needed - 1)


@pytest.mark.parametrize(
    ("rate", "lift", "holdout"), [(0.5, 0.6, 0.1), (0.1, 0, 0.1), (0.1, 0.1, 0), (0.1, 0.1, 1), (-0.1, 0.2, 0.5)]
)
def test_shares_out_of_bounds_are_refused(rate, lift, holdout):
    with pytest.raises(ValueError, match="between 0 and 1"):
        controls_needed(rate, lift, holdout)


@pytest.mark.parametrize(("rate", "lift", "holdout"), [(0.03, 0.01, 0.1), (0.2, 0.02, 0.5), (0.1, -0.02, 0.2)])
def test_rates_agree_with_statsmodels(rate, lift, holdout):
    # One tail of alpha / 2, with the same spread under both hypotheses, is the formula.
    each, treated = (1 - holdout) / holdout, rate + lift
    spread = sqrt(rate * (1 - rate) + treated * (1 - treated) / each)
    assert controls_needed(rate, lift, holdout) == ceil(normal_sample_size_one_tail(abs(lift), 0.8, 0.025, spread))


@pytest.mark.parametrize(
    ("deviation", "lift", "holdout", "power"), [(15.0, 0.77, 0.5, 0.8), (200.0, 9.0, 0.1, 0.9), (3.0, -0.4, 0.3, 0.8)]
)
def test_means_agree_with_statsmodels_and_tea_tasting(deviation, lift, holdout, power):
    ours = controls_needed_for_mean(deviation, lift, holdout, power=power)
    each = (1 - holdout) / holdout
    theirs = NormalIndPower().solve_power(effect_size=abs(lift) / deviation, alpha=0.05, power=power, ratio=each)
    assert ours == ceil(theirs)
    metric = Mean("y", use_t=False, ratio=each, power=power, effect_size=abs(lift), n_obs=None)
    [found] = metric.solve_power_from_aggregates(Aggregates(1000, {"y": 50.0}, {"y": deviation**2}), "n_obs")
    assert ours == pytest.approx(found.n_obs * holdout, abs=1)
    assert detectable(deviation, ours, holdout, power=power) <= abs(lift) < detectable(deviation, ours - 1, holdout, power=power)


def test_arms_that_spread_unlike_and_clusters():
    assert controls_needed_for_mean(3.0, 0.4, 0.5, treated_deviation=6.0) == ceil(
        (norm.ppf(0.975) + norm.ppf(0.8)) ** 2 * 45 / 0.16
    )
    # Kish: ten of an employer, of whom each tells a twentieth of the others, are worth 1.45 times fewer.
    assert design_effect(10, 0.05) == pytest.approx(1.45)
    assert design_effect(1, 0.3) == 1.0
    assert design_effect(10, 0.05, 0.6) == pytest.approx(1 + (13.6 - 1) * 0.05)
    assert controls_needed(0.10, 0.05, 0.5, design=1.45) == ceil(1.45 * 682.85)


def test_looking_every_day_costs_customers():
    once, daily = controls_needed(0.10, 0.05, 0.5), controls_needed(0.10, 0.05, 0.5, always_valid=True)
    assert daily > 1.5 * once
    # With N* where all have entered, the interval's half width and the power's quantile are just the lift.
    variance = (0.1 * 0.9 + 0.15 * 0.85) / daily
    half = -always_valid(Estimate(0.0, variance, 2 * daily), 2 * daily).low
    assert half + norm.ppf(0.8) * sqrt(variance) == pytest.approx(0.05, rel=1e-3)


def test_days_until_enough_controls_entered():
    assert days_needed(683, 100, 0.1) == 69
    assert days_needed(100, 100, 0.5) == 2
    for impossible in [(683, 0, 0.1), (683, 10, 0)]:
        with pytest.raises(ValueError, match="held out"):
            days_needed(*impossible)


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: controls_needed_for_mean(0.0, 1.0, 0.5),
        lambda: controls_needed_for_mean(1.0, 0.0, 0.5),
        lambda: controls_needed_for_mean(1.0, 1.0, 1.0),
        lambda: detectable(1.0, 0, 0.5),
        lambda: design_effect(0.5, 0.1),
    ],
)
def test_what_cannot_be_planned_is_refused(impossible):
    with pytest.raises(ValueError, match="between 0 and 1"):
        impossible()
