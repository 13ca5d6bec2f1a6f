"""Differences and lifts against published values and against statsmodels and scipy."""

import math
from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics import Mean, RatioOfMeans

from tonglu.stats.difference import (
    compare_ratios,
    difference_of_clustered_proportions,
    difference_of_proportions,
    difference_of_ratios,
    newcombe,
    pooled_z,
    relative_lift,
    wald,
    welch,
)
from tonglu.stats.estimate import Interval, Significance, Withheld
from tonglu.stats.sufficient import Clusters, Moments, Proportion

CELLS = [(56, 70), (48, 80), (267, 21307), (122, 21306), (3, 40), (1, 9), (0, 50), (50, 50)]
PAIRS = [(Proportion(a[1], a[0]), Proportion(b[1], b[0])) for a, b in product(CELLS, CELLS)]


def interval(result):
    assert isinstance(result, Interval), result
    return result


def moments(values):
    return Moments(len(values), float(np.sum(values)), float(np.sum(np.square(values))))


def clusters(sizes, outcomes):
    n, y = np.asarray(sizes), np.asarray(outcomes)
    return Clusters(len(n), int(n.sum()), int((n * n).sum()), int(y.sum()), int((y * y).sum()), int((n * y).sum()))


def test_newcombe_1998_gives_the_published_limits():
    treated, control = Proportion(70, 56), Proportion(80, 48)
    by_score, by_wald = interval(newcombe(treated, control)), interval(wald(treated, control))
    assert by_score.estimate == pytest.approx(0.2)
    assert (round(by_score.low, 4), round(by_score.high, 4)) == (0.0524, 0.3339)
    assert (round(by_wald.low, 4), round(by_wald.high, 4)) == (0.0575, 0.3425)


@pytest.mark.parametrize(("treated", "control"), PAIRS)
def test_newcombe_agrees_with_statsmodels(treated, control):
    ours = interval(newcombe(treated, control))
    # statsmodels lets Wilson's limits of 0 and n conversions leave [0, 1] by an ulp: hence the tolerance in absolute terms.
    low, high = confint_proportions_2indep(
        treated.conversions, treated.n, control.conversions, control.n, method="newcomb", compare="diff"
    )
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize(("treated", "control"), [pair for pair in PAIRS if 0 < (pair[0] + pair[1]).rate < 1])
def test_wald_and_the_pooled_test_agree_with_statsmodels(treated, control):
    significance = pooled_z(treated, control)
    assert isinstance(significance, Significance)
    z, p = proportions_ztest([treated.conversions, control.conversions], [treated.n, control.n])
    assert (significance.statistic, significance.p_value) == pytest.approx((z, p), abs=1e-9)
    result = wald(treated, control)
    if isinstance(result, Interval):
        low, high = confint_proportions_2indep(
            treated.conversions, treated.n, control.conversions, control.n, method="wald", compare="diff"
        )
        assert (result.low, result.high) == pytest.approx((low, high), abs=1e-9)


def test_welch_agrees_with_statsmodels_and_scipy():
    draws = np.random.default_rng(7)
    treated, control = draws.lognormal(2, 1, 310), draws.lognormal(1.8, 1.4, 95)
    ours = interval(welch(moments(treated), moments(control)))
    low, high = CompareMeans(DescrStatsW(treated), DescrStatsW(control)).tconfint_diff(usevar="unequal")
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=1e-9)
    theirs = scipy_stats.ttest_ind(treated, control, equal_var=False).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(
    ("treated", "control", "method"),
    [
        (Proportion(1000, 30), Proportion(1000, 30), "wald"),
        (Proportion(1000, 29), Proportion(1000, 30), "newcombe"),
        (Proportion(1000, 400), Proportion(1000, 0), "newcombe"),
        (Proportion(1000, 990), Proportion(1000, 500), "newcombe"),
    ],
)
def test_the_score_interval_is_chosen_below_thirty_conversions(treated, control, method):
    assert interval(difference_of_proportions(treated, control)).method == method


@pytest.mark.parametrize(
    ("treated", "control", "reason"),
    [
        (Proportion(0, 0), Proportion(10, 1), "nobody treated yet"),
        (Proportion(10, 1), Proportion(0, 0), "nobody in control yet"),
        (Proportion(10, 0), Proportion(10, 0), "no conversions in either arm yet"),
    ],
)
def test_an_effect_without_data_is_withheld_with_its_reason(treated, control, reason):
    assert difference_of_proportions(treated, control) == Withheld(reason)
    assert wald(treated, control) == Withheld(reason)
    assert pooled_z(treated, control) == Withheld(reason)
    clustered = difference_of_clustered_proportions(Clusters.of_ones(treated), Clusters.of_ones(control))
    assert clustered == Withheld(reason)


def test_nothing_degenerate_gives_nan_or_an_exception():
    arms = [Proportion(n, k) for n, k in [(0, 0), (1, 0), (1, 1), (2, 0), (2, 2), (5, 0), (5, 5), (5, 1)]]
    sums = [Moments(0, 0, 0), Moments(1, 4.0, 16.0), Moments(3, 0, 0), Moments(3, 6, 12), Moments(3, -3.0, 5.0)]
    empty, one_firm, all_of_one_firm = Clusters(), Clusters(1, 4, 16, 0, 0, 0), Clusters(1, 4, 16, 4, 16, 16)
    groups = [empty, one_firm, all_of_one_firm, Clusters(2, 3, 5, 3, 5, 5), Clusters(2, 3, 5, 0, 0, 0)]
    results = [f(t, c) for f in (wald, newcombe, difference_of_proportions, relative_lift) for t, c in product(arms, arms)]
    results += [f(t, c) for f in (welch, relative_lift) for t, c in product(sums, sums)]
    results += [f(t, c) for f in (difference_of_ratios, difference_of_clustered_proportions) for t, c in product(groups, groups)]
    for result in results:
        if isinstance(result, Interval):
            assert result.low <= result.estimate <= result.high
            assert math.isfinite(result.estimate)
        else:
            assert result.reason


def test_the_relative_lift_carries_the_noise_of_the_control():
    treated, control = Proportion(21307, 267), Proportion(21306, 122)
    ours = interval(relative_lift(treated, control))
    assert ours.estimate == pytest.approx(treated.rate / control.rate - 1)
    assert (round(ours.low, 4), round(ours.high, 4)) == (0.7680, 1.7088)


def test_clusters_of_one_are_the_proportion_case():
    treated, control = Proportion(400, 61), Proportion(300, 12)
    ones = Clusters.of_ones(treated), Clusters.of_ones(control)
    assert difference_of_clustered_proportions(*ones) == difference_of_proportions(treated, control)
    by_ratio, by_welch = interval(difference_of_ratios(*ones)), interval(welch(treated.moments(), control.moments()))
    assert (by_ratio.low, by_ratio.high) == pytest.approx((by_welch.low, by_welch.high), abs=1e-12)


def test_the_ratio_variance_is_the_delta_method_on_the_clusters():
    draws = np.random.default_rng(11)
    sizes = draws.integers(1, 6, 200)
    outcomes = draws.binomial(sizes, 0.3)
    ratio = outcomes.sum() / sizes.sum()
    cov = np.cov(outcomes, sizes)
    delta = (cov[0, 0] - 2 * ratio * cov[0, 1] + ratio**2 * cov[1, 1]) / (len(sizes) * sizes.mean() ** 2)
    arm = clusters(sizes, outcomes)
    assert arm.ratio == pytest.approx(ratio, abs=1e-12)
    assert arm.ratio_variance == pytest.approx(delta, rel=1e-9)


def test_clicks_per_message_agree_with_tea_tasting_and_with_clustered_least_squares():
    draws = np.random.default_rng(19)
    arms, aggregates, units = [], [], []
    for number, rate in enumerate((0.25, 0.3)):
        sizes = draws.integers(1, 9, 120)
        y = draws.binomial(sizes, draws.beta(4 * rate, 4 * (1 - rate), 120))
        arms.append(clusters(sizes, y))
        var = {"y": y.var(ddof=1), "n": sizes.var(ddof=1)}
        aggregates.append(Aggregates(120, {"y": y.mean(), "n": sizes.mean()}, var, {("n", "y"): np.cov(y, sizes)[0, 1]}))
        units += [
            (number, 1000 * number + c, int(i < k)) for c, (n, k) in enumerate(zip(sizes, y, strict=True)) for i in range(n)
        ]
    ours = interval(difference_of_ratios(arms[1], arms[0]))
    theirs = RatioOfMeans("y", "n", use_t=True, equal_var=False).analyze_aggregates(*aggregates)
    assert (ours.low, ours.high) == pytest.approx((theirs.effect_size_ci_lower, theirs.effect_size_ci_upper), abs=1e-9)
    t, firm, clicked = np.array(units).T
    robust = sm.OLS(clicked, sm.add_constant(t)).fit(cov_type="cluster", cov_kwds={"groups": firm, "use_correction": False})
    estimate = compare_ratios(arms[1], arms[0])
    # The sandwich without correction divides by k where the delta method divides by k - 1.
    assert estimate.value == pytest.approx(robust.params[1], abs=1e-9)
    assert estimate.error == pytest.approx(robust.bse[1] * math.sqrt(120 / 119), abs=1e-9)


def test_the_relative_lift_agrees_with_tea_tasting():
    draws = np.random.default_rng(29)
    treated, control = draws.gamma(2, 3, 400), draws.gamma(2, 2.5, 300)
    aggregates = [Aggregates(len(v), {"y": v.mean()}, {"y": v.var(ddof=1)}) for v in (control, treated)]
    theirs = Mean("y", use_t=False, equal_var=False).analyze_aggregates(*aggregates)
    ours = interval(relative_lift(moments(treated), moments(control)))
    expected = (theirs.rel_effect_size, theirs.rel_effect_size_ci_lower, theirs.rel_effect_size_ci_upper)
    assert (ours.estimate, ours.low, ours.high) == pytest.approx(expected, abs=1e-9)


def test_ignoring_clusters_would_claim_too_much():
    draws = np.random.default_rng(3)
    sizes = np.full(150, 8)
    firms = draws.beta(0.5, 1.5, (2, 150))
    outcomes = draws.binomial(sizes, firms)
    arms = [clusters(sizes, y) for y in outcomes]
    robust = interval(difference_of_clustered_proportions(*arms))
    naive = interval(wald(*[Proportion(arm.n, int(arm.y)) for arm in arms]))
    assert robust.method == "delta"
    assert robust.high - robust.low > 1.5 * (naive.high - naive.low)


def test_few_clustered_conversions_use_effective_sample_sizes():
    treated, control = Clusters(100, 200, 400, 12, 24, 24), Clusters(100, 200, 400, 0, 0, 0)
    result = interval(difference_of_clustered_proportions(treated, control))
    # Pairs that convert together or not at all are worth half their number; so is the silent control. How alike they are was found in a
    # hundred pairs, so the interval reaches as many standard errors as Student's t of 99 degrees does.
    level = 2 * scipy_stats.norm.cdf(scipy_stats.t.ppf(0.975, 99)) - 1
    halved = interval(newcombe(Proportion(100, 6), Proportion(100, 0), level))
    assert result.method == "newcombe-clustered"
    assert (result.low, result.high) == pytest.approx((halved.low, halved.high), abs=1e-3)


def test_clustered_intervals_cover_the_truth():
    draws = np.random.default_rng(20)
    covered = 0
    for _ in range(400):
        arms = []
        for rate in (0.12, 0.08):
            sizes = draws.integers(1, 4, 300)
            own = draws.beta(rate * 6, (1 - rate) * 6, 300)
            arms.append(clusters(sizes, draws.binomial(sizes, own)))
        result = interval(difference_of_clustered_proportions(*arms))
        covered += result.low <= 0.04 <= result.high
    low, high = scipy_stats.binom.interval(0.999, 400, 0.95)
    assert low <= covered <= high
