"""One shape for all estimates: intervals of it for one look, for planned looks and for any number of looks."""

import math
from itertools import pairwise

import numpy as np
import pytest
import ville
from scipy import integrate
from scipy import stats as scipy_stats
from ville._boundaries import normal_mixture

from tonglu.stats.always_valid import Evidence, always_valid, evidence, intersection, mixing, strongest
from tonglu.stats.difference import compare_means, compare_proportions, compare_ratios, log_ratio, relative_lift
from tonglu.stats.estimate import Estimate, Interval, Withheld, as_lift, fixed, significance
from tonglu.stats.group_sequential import boundaries, group_sequential, obrien_fleming, pocock
from tonglu.stats.sufficient import Clusters, Moments, Proportion


def moments(values):
    return Moments(len(values), float(np.sum(values)), float(np.sum(np.square(values))))


@pytest.fixture
def pair():
    draws = np.random.default_rng(5)
    return draws.lognormal(2, 1, 310), draws.lognormal(1.8, 1.4, 95)


def test_one_look_agrees_with_scipy(pair):
    treated, control = pair
    estimate = compare_means(moments(treated), moments(control))
    theirs = scipy_stats.ttest_ind(treated, control, equal_var=False)
    ours = significance(estimate)
    assert (ours.statistic, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-9)
    interval = fixed(estimate, 0.9)
    assert (interval.low, interval.high) == pytest.approx(tuple(theirs.confidence_interval(0.9)), abs=1e-9)
    normal = Estimate(0.3, 0.01, 50)
    assert significance(normal).p_value == pytest.approx(2 * scipy_stats.norm.sf(3), abs=1e-12)


def test_the_always_valid_interval_agrees_with_growthbook(pair):
    tests = pytest.importorskip(
        "gbstats.frequentist.tests", reason="`make test` installs gbstats, apart, without its dependencies"
    )
    statistics = pytest.importorskip("gbstats.models.statistics")
    treated, control = pair
    arms = [statistics.SampleMeanStatistic(n=len(v), sum=v.sum(), sum_squares=(v**2).sum()) for v in (control, treated)]
    for tuning, alpha in [(5000, 0.05), (300, 0.01), (100_000, 0.1)]:
        config = tests.SequentialConfig(difference_type="absolute", sequential_tuning_parameter=tuning, alpha=alpha)
        theirs = tests.SequentialTwoSidedTTest(*arms, config)
        estimate = compare_means(moments(treated), moments(control))
        ours = always_valid(estimate, tuning, 1 - alpha)
        assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=1e-9)
        assert evidence(estimate, tuning, 1 - alpha).p_value == pytest.approx(theirs.p_value, abs=1e-9)


@pytest.mark.parametrize(("n", "tightest_at", "alpha"), [(50, 5000, 0.05), (5000, 5000, 0.05), (80_000, 300, 0.01)])
def test_the_always_valid_interval_is_the_normal_mixture_of_ville(n, tightest_at, alpha):
    r2, sigma = mixing(tightest_at, alpha), 1.7
    ours = always_valid(Estimate(0.4, sigma**2 / n, n), tightest_at, 1 - alpha)
    half = sigma * float(normal_mixture(n, alpha, 1 / r2)) / n
    assert (ours.low, ours.high) == pytest.approx((0.4 - half, 0.4 + half), abs=1e-9)


def test_the_e_value_is_that_of_the_mixture_sprt():
    draws = np.random.default_rng(8).normal(0.1, 1, 400)
    r2 = mixing(1000, 0.05)
    theirs = ville.MSPRT(theta0=0.0, sigma=1.0, tau=math.sqrt(r2)).fit(draws)
    for n in (1, 10, 400):
        ours = evidence(Estimate(float(draws[:n].mean()), 1 / n, n), 1000)
        assert ours.e_value == pytest.approx(float(theirs.e_values_[n - 1]), rel=1e-9)
    looks = [evidence(Estimate(float(draws[:n].mean()), 1 / n, n), 1000) for n in range(1, 401)]
    assert strongest(looks).p_value == pytest.approx(float(theirs.p_values_[-1]), rel=1e-9)


@pytest.mark.parametrize("z", [0.0, 1.0, 2.9, 2.95, 3.4, 30.0])
def test_the_interval_excludes_no_effect_exactly_when_p_is_below_alpha(z):
    estimate = Estimate(z / 100, 1e-4, 5000)
    interval = always_valid(estimate)
    assert (interval.low > 0) == (evidence(estimate).p_value < 0.05)


def test_the_interval_is_tightest_where_it_was_asked_to_be():
    # r2 is the paper's approximation to the best one: the least width, in standard errors, lies near N*.
    widths = {n: always_valid(Estimate(0.0, 1.0, n), 5000).high for n in range(500, 50_000, 50)}
    assert min(widths, key=widths.get) == pytest.approx(5000, rel=0.1)
    assert widths[5000] == pytest.approx(min(widths.values()), rel=1e-4)


def test_naive_peeking_rejects_a_quarter_of_the_idle_and_the_always_valid_test_at_most_one_in_twenty():
    # A/A: 20 weekly looks at two arms that do not differ.
    draws = np.random.default_rng(20)
    weekly = draws.normal(0, math.sqrt(2 / 250), (1500, 20))
    seen = np.cumsum(weekly, axis=1) / np.arange(1, 21)
    errors = np.sqrt(2 / (250 * np.arange(1, 21)))
    naive = (np.abs(seen / errors) > scipy_stats.norm.ppf(0.975)).any(axis=1).mean()
    rejected = [
        any(
            evidence(Estimate(float(d), float(e**2), 500 * (k + 1))).p_value < 0.05
            for k, (d, e) in enumerate(zip(row, errors, strict=True))
        )
        for row in seen
    ]
    assert naive == pytest.approx(0.25, abs=0.03)
    assert np.mean(rejected) <= 0.05
    last = group_sequential(Estimate(0.0, 1.0, 10), boundaries([k / 20 for k in range(1, 21)])[-1])
    planned = boundaries([k / 20 for k in range(1, 21)])
    by_plan = (np.abs(seen / errors) > np.array(planned)).any(axis=1).mean()
    assert last.high == planned[-1]
    assert scipy_stats.binom.ppf(0.0005, 1500, 0.05) <= 1500 * by_plan <= scipy_stats.binom.ppf(0.9995, 1500, 0.05)


@pytest.mark.parametrize(
    ("spending", "published"),
    [
        # Lan and DeMets' boundaries for five equal looks, two-sided 0.05, as tabulated with ldbounds and gsDesign, whose grids are
        # coarser than the quadrature of the next test: hence the second unit of the fourth decimal.
        (obrien_fleming, (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),
        (pocock, (2.4380, 2.4268, 2.4102, 2.3966, 2.3860)),
    ],
)
def test_five_equal_looks_have_the_published_boundaries(spending, published):
    assert boundaries([0.2, 0.4, 0.6, 0.8, 1.0], spending=spending) == pytest.approx(published, abs=1.5e-4)


@pytest.mark.parametrize("spending", [pocock, obrien_fleming])
@pytest.mark.parametrize("fractions", [(0.5, 1.0), (0.3, 0.31), (0.5, 0.5001), (0.2, 0.4)])
def test_two_looks_spend_what_they_may_by_adaptive_quadrature(fractions, spending):
    first, second = boundaries(fractions, spending=spending)
    t1, t2 = fractions
    step = math.sqrt(t2 - t1)

    def leaves(z):
        score = z * math.sqrt(t1)
        beyond = scipy_stats.norm.sf((second * math.sqrt(t2) - score) / step) + scipy_stats.norm.sf(
            (second * math.sqrt(t2) + score) / step
        )
        return scipy_stats.norm.pdf(z) * beyond

    late, _ = integrate.quad(leaves, -first, first, epsabs=1e-16, limit=300, points=[-first * 0.99, first * 0.99])
    assert 2 * scipy_stats.norm.sf(first) == pytest.approx(spending(t1, 0.05), abs=1e-12)
    assert late == pytest.approx(spending(t2, 0.05) - spending(t1, 0.05), rel=1e-7)


def test_earlier_boundaries_do_not_depend_on_later_looks():
    long = boundaries([0.1, 0.35, 0.6, 1.0])
    assert boundaries([0.1, 0.35]) == pytest.approx(long[:2], abs=1e-9)
    assert boundaries([1.0]) == pytest.approx((scipy_stats.norm.ppf(0.975),), abs=1e-9)
    assert all(a > b for a, b in pairwise(long))


@pytest.mark.parametrize("fractions", [(), (0.0, 1.0), (0.5, 0.5), (0.5, 1.1)])
def test_looks_that_do_not_rise_are_refused(fractions):
    with pytest.raises(ValueError, match="do not rise"):
        boundaries(fractions)


def test_every_estimator_feeds_every_interval(pair):
    treated, control = (moments(values) for values in pair)
    estimates = [
        compare_means(treated, control),
        compare_proportions(Proportion(500, 60), Proportion(400, 30)),
        compare_ratios(Clusters(50, 100, 240, 30, 40, 70), Clusters(40, 90, 230, 20, 22, 50)),
        log_ratio(treated, control),
    ]
    for estimate in estimates:
        one, planned, any_time = fixed(estimate), group_sequential(estimate, 2.5), always_valid(estimate, estimate.n)
        assert one.low > planned.low > any_time.low
        assert one.estimate == planned.estimate == any_time.estimate == estimate.value
    assert as_lift(fixed(estimates[3])) == relative_lift(treated, control)
    assert estimates[2].n == 90


def test_what_is_withheld_stays_withheld():
    nothing = compare_means(Moments(), Moments(3, 6, 14))
    for make in (fixed, significance, always_valid, evidence, as_lift, lambda e: group_sequential(e, 2.0)):
        assert make(nothing) == Withheld("nobody treated yet")


def test_looks_together_leave_what_all_of_them_leave():
    looks = [Interval(0.5, 0.1, 0.9, "always-valid"), Interval(0.4, 0.2, 1.0, "always-valid")]
    assert intersection(looks) == Interval(0.4, 0.2, 0.9, "always-valid")
    assert isinstance(intersection([*looks, Interval(2.0, 1.5, 2.5, "always-valid")]), Withheld)
    assert isinstance(intersection([]), Withheld)
    assert strongest([Evidence(1.0), Evidence(3.0), Evidence(2.0)]).e_value == math.exp(3)
    assert (Evidence(2000.0).e_value, Evidence(-3.0).p_value) == (math.inf, 1.0)


@pytest.mark.parametrize("bad", [(math.nan, 1.0, 3), (0.0, 0.0, 3), (0.0, math.inf, 3), (0.0, 1.0, 0)])
def test_estimates_that_cannot_be_are_refused(bad):
    with pytest.raises(ValueError, match="cannot be"):
        Estimate(*bad)
    with pytest.raises(ValueError, match="tightest"):
        mixing(0, 0.05)
