"""Ratios of shares and what can be said of groups."""

import random
from math import inf

import pytest

from tonglu.stats.fairness import Group, Verdict, compare, ratio_interval, wilson


def groups(**counts):
    return [Group("j", "sex", name, entered, touched, float(touched)) for name, (touched, entered) in counts.items()]


def test_wilson_is_newcombes_published_interval():
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)  # Newcombe 1998, table I, method 3
    assert (round(wilson(15, 148)[0], 4), round(wilson(15, 148)[1], 4)) == (0.0624, 0.1605)
    with pytest.raises(ValueError, match="nothing"):
        wilson(0, 0)


def test_the_interval_of_a_ratio_covers_the_truth():
    chance = random.Random(11)
    covered = 0
    for _ in range(600):
        one = sum(chance.random() < 0.3 for _ in range(120))
        other = sum(chance.random() < 0.4 for _ in range(300))
        low, high = ratio_interval((one, 120), (other, 300))
        covered += low <= 0.75 <= high
    assert covered >= 550  # 95 % of 600 is 570; 550 lies more than 3.7 standard errors below it


def test_a_large_group_that_is_left_out_is_below_the_limit_and_the_rest_above():
    one, other = compare(groups(a=(100, 1000), b=(900, 1000)), 0.8, 1.25)
    assert (one.verdict, other.verdict) == (Verdict.LOW, Verdict.HIGH)
    assert one.ratio == pytest.approx(1 / 9)


def test_the_same_shares_in_a_small_group_say_nothing():
    small, _ = compare(groups(a=(1, 3), b=(500, 1000)), 0.8, 1.25)
    assert small.verdict is Verdict.SMALL


def test_equal_large_groups_are_within_the_limits():
    assert {one.verdict for one in compare(groups(a=(500, 1000), b=(510, 1000)), 0.8, 1.25)} == {Verdict.FAIR}


def test_nobody_touched_or_nobody_else_says_nothing():
    assert compare(groups(a=(0, 1000), b=(0, 1000)), 0.8, 1.25)[0].verdict is Verdict.SMALL
    [alone] = compare(groups(a=(10, 1000)), 0.8, 1.25)
    assert (alone.ratio, alone.high, alone.verdict) == (None, inf, Verdict.SMALL)


def test_many_groups_make_each_interval_wider():
    two = compare(groups(a=(30, 100), b=(500, 1000)), 0.8, 1.25)[0]
    many = compare(groups(a=(30, 100), b=(500, 1000), **{f"g{n}": (0, 0) for n in range(20)}), 0.8, 1.25)[0]
    assert many.low < two.low
    assert many.high > two.high
