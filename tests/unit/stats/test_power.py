"""How many controls a lift needs: worked out by hand, and against the power that scipy.stats gives for that many."""

from math import sqrt

import pytest
from scipy.stats import norm

from tonglu.stats.power import controls_needed


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
