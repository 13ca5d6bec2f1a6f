"""CUPED and post-stratification against tea-tasting, statsmodels and gbstats."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics import Mean

from tonglu.stats.difference import compare_means, compare_ratios
from tonglu.stats.estimate import Estimate, Withheld, fixed
from tonglu.stats.stratified import combine, cuped, post_stratified, theta
from tonglu.stats.sufficient import Clusters, Covaried, Moments, Proportion


def covaried(y, x):
    return Covaried(len(y), float(y.sum()), float((y * y).sum()), float(x.sum()), float((x * x).sum()), float((x * y).sum()))


def moments(values):
    return Moments(len(values), float(np.sum(values)), float(np.sum(np.square(values))))


@pytest.fixture
def data():
    draws = np.random.default_rng(13)
    arms = []
    for n, lift in ((400, 0.5), (250, 0.0)):
        x = draws.gamma(2, 3, n)
        arms.append((0.8 * x + lift + draws.normal(0, 1, n), x))
    return arms


def test_cuped_agrees_with_tea_tasting(data):
    aggregates = [
        Aggregates(
            len(y), {"y": y.mean(), "x": x.mean()}, {"y": y.var(ddof=1), "x": x.var(ddof=1)}, {("x", "y"): np.cov(x, y)[0, 1]}
        )
        for y, x in data
    ]
    theirs = Mean("y", "x", use_t=True, equal_var=False).analyze_aggregates(aggregates[1], aggregates[0])
    ours = fixed(cuped(*(covaried(y, x) for y, x in data)))
    expected = (theirs.effect_size, theirs.effect_size_ci_lower, theirs.effect_size_ci_upper)
    assert (ours.estimate, ours.low, ours.high) == pytest.approx(expected, abs=1e-9)


def test_cuped_agrees_with_growthbook(data):
    tests = pytest.importorskip(
        "gbstats.frequentist.tests", reason="`make test` installs gbstats, apart, without its dependencies"
    )
    statistics = pytest.importorskip("gbstats.models.statistics")
    arms = [
        statistics.RegressionAdjustedStatistic(
            len(y),
            statistics.SampleMeanStatistic(len(y), y.sum(), (y * y).sum()),
            statistics.SampleMeanStatistic(len(x), x.sum(), (x * x).sum()),
            (x * y).sum(),
            0.0,
        )
        for y, x in data
    ]
    theirs = tests.TwoSidedTTest(arms[1], arms[0], tests.FrequentistConfig(difference_type="absolute"))
    ours = cuped(*(covaried(y, x) for y, x in data))
    assert (ours.value, ours.variance) == pytest.approx((theirs.point_estimate, theirs.variance), abs=1e-9)
    assert theta(*(covaried(y, x) for y, x in data)) == pytest.approx(theirs.stat_a.theta, abs=1e-9)


def test_theta_is_the_slope_of_least_squares_over_both_arms(data):
    y, x = (np.concatenate(parts) for parts in zip(*data, strict=True))
    slope = smf.ols("y ~ x", pd.DataFrame({"y": y, "x": x})).fit().params["x"]
    assert theta(*(covaried(y, x) for y, x in data)) == pytest.approx(slope, abs=1e-9)


def test_a_covariate_that_foretells_much_narrows_the_interval_and_one_that_does_not_vary_changes_nothing(data):
    (y_t, x_t), (y_c, x_c) = data
    plain, adjusted = compare_means(moments(y_t), moments(y_c)), cuped(covaried(y_t, x_t), covaried(y_c, x_c))
    assert adjusted.variance < 0.2 * plain.variance
    idle = cuped(covaried(y_t, np.ones(len(y_t))), covaried(y_c, np.ones(len(y_c))))
    assert (idle.value, idle.variance) == pytest.approx((plain.value, plain.variance), rel=1e-12)


def test_a_missing_covariate_is_a_stratum_of_its_own(data):
    (y_t, x_t), (y_c, x_c) = data
    with_x = covaried(y_t[:300], x_t[:300]), covaried(y_c[:200], x_c[:200])
    without = moments(y_t[300:]), moments(y_c[200:])
    a, b = cuped(*with_x), compare_means(*without)
    whole = cuped(*with_x, *without)
    share = 500 / 650
    assert whole.value == pytest.approx(share * a.value + (1 - share) * b.value, abs=1e-12)
    assert whole.variance == pytest.approx(share**2 * a.variance + (1 - share) ** 2 * b.variance, rel=1e-12)
    assert whole.n == 650


def test_one_customer_without_covariate_is_taken_at_the_mean(data):
    (y_t, x_t), (y_c, x_c) = data
    with_x = covaried(y_t[1:], x_t[1:]), covaried(y_c, x_c)
    mean = (x_t[1:].sum() + x_c.sum()) / (len(x_t) - 1 + len(x_c))
    at_mean = np.concatenate([[mean], x_t[1:]])
    ours, theirs = cuped(*with_x, moments(y_t[:1])), cuped(covaried(y_t, at_mean), covaried(y_c, x_c))
    assert (ours.value, ours.variance, ours.n) == pytest.approx((theirs.value, theirs.variance, theirs.n), rel=1e-12)


def test_nobody_with_a_covariate_is_the_plain_difference(data):
    (y_t, _), (y_c, _) = data
    assert cuped(Covaried(), Covaried(), moments(y_t), moments(y_c)) == compare_means(moments(y_t), moments(y_c))
    assert cuped(Covaried(), Covaried()) == Withheld("nobody treated yet")
    idle = cuped(covaried(*data[0]), covaried(*data[1]), Moments(5, 0, 0), Moments(5, 0, 0))
    assert idle.value == pytest.approx(650 / 660 * cuped(covaried(*data[0]), covaried(*data[1])).value)


def test_covaried_sums_add_up(data):
    y, x = data[0]
    halves, whole = covaried(y[:100], x[:100]) + covaried(y[100:], x[100:]), covaried(y, x)
    assert halves.covariance == pytest.approx(whole.covariance, rel=1e-12)
    assert whole.covariance == pytest.approx(np.cov(x, y)[0, 1], rel=1e-9)
    assert Covaried().covariance == 0.0
    with pytest.raises(ValueError, match="cannot be"):
        Covaried(-1)


def test_post_stratification_agrees_with_saturated_least_squares():
    draws = np.random.default_rng(4)
    frame = pd.DataFrame({"s": draws.choice(3, 900, p=[0.6, 0.3, 0.1])})
    frame["t"] = (draws.random(900) < np.array([0.5, 0.8, 0.3])[frame.s]).astype(int)
    frame["y"] = draws.gamma(2, 1 + frame.s, 900) + 0.3 * frame.t * frame.s
    strata = [tuple(moments(frame.y[(frame.s == s) & (frame.t == t)]) for t in (1, 0)) for s in range(3)]
    ours = post_stratified(strata)
    # HC2 of the saturated model is s2/n of each cell.
    model = smf.ols("y ~ 0 + C(s) + C(s):t", frame).fit(cov_type="HC2")
    shares = frame.s.value_counts(normalize=True).sort_index().to_numpy()
    contrast = np.concatenate([np.zeros(3), shares])
    theirs = model.t_test(contrast)
    assert (ours.value, ours.variance) == pytest.approx((theirs.effect.item(), theirs.sd.item() ** 2), abs=1e-9)
    assert ours.n == 900


def test_strata_undo_simpsons_paradox():
    # The treated are mostly from the stratum that seldom converts: better in each stratum, worse overall.
    strata = [(Proportion(900, 90), Proportion(100, 8)), (Proportion(100, 60), Proportion(900, 500))]
    assert post_stratified(strata).value > 0
    assert (strata[0][0] + strata[1][0]).rate < (strata[0][1] + strata[1][1]).rate


def test_one_stratum_is_the_plain_difference():
    arms = Moments(40, 80.0, 300.0), Moments(30, 45.0, 160.0)
    plain, alone = compare_means(*arms), post_stratified([arms])
    assert (alone.value, alone.variance, alone.degrees) == pytest.approx((plain.value, plain.variance, plain.degrees), rel=1e-12)
    clustered = Clusters(50, 100, 240, 30, 40, 70), Clusters(40, 90, 230, 20, 22, 50)
    by_cluster = post_stratified([clustered])
    assert (by_cluster.variance, by_cluster.n) == (compare_ratios(*clustered).variance, 90)


def test_a_stratum_that_only_one_arm_reached_withholds_unless_it_is_small():
    good, lonely, constant = (
        (Moments(40, 80.0, 300.0), Moments(30, 45.0, 160.0)),
        (Moments(2, 3.0, 5.0), Moments()),
        (Moments(5), Moments(5)),
    )
    withheld = post_stratified([good, lonely])
    assert withheld == Withheld("1 of 2 strata cannot be compared: nobody in control yet")
    assert post_stratified([good, lonely], leave_out=0.05) == post_stratified([good])
    assert post_stratified([good, constant]).value == pytest.approx(70 / 80 * post_stratified([good]).value)
    assert post_stratified([constant]) == Withheld("the outcome does not vary yet")
    assert post_stratified([lonely], leave_out=1.0) == Withheld("1 of 1 strata cannot be compared: nobody in control yet")
    assert post_stratified([]) == Withheld("no stratum has units yet")
    with pytest.raises(ValueError, match="nothing to combine"):
        combine([(0.0, Estimate(1.0, 1.0, 5))], "sum")
    with pytest.raises(ValueError, match="clusters"):
        post_stratified([(Clusters(5, 5, 5, 1, 1, 1), Proportion(5, 1))])


def test_nothing_degenerate_gives_nan_or_an_exception():
    values = [[], [3.0], [2.0, 2.0], [0.0, 0.0, 0.0], [1.0, -1.0, 4.0]]
    plain = [moments(v) for v in values]
    arms = [covaried(np.array(v), np.array(v[::-1])) for v in values]
    results = [cuped(t, c, m, k) for t, c in product(arms, arms) for m, k in product(plain, plain)]
    results += [
        post_stratified([(t, c), (m, k)], left)
        for t, c in product(plain, plain)
        for m, k in product(plain, plain)
        for left in (0.0, 0.7)
    ]
    for result in results:
        # An Estimate refuses what is not finite; its interval then is too.
        assert result.reason if isinstance(result, Withheld) else fixed(result).low < result.value < fixed(result).high
    assert {type(result) for result in results} == {Estimate, Withheld}
