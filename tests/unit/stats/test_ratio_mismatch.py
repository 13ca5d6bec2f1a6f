"""Sample-ratio mismatch against the published example and scipy."""

import pytest
from scipy import stats as scipy_stats

from tonglu.stats.estimate import Withheld
from tonglu.stats.ratio_mismatch import RatioCheck, check_ratio


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
