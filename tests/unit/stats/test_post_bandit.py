"""Arms after a bandit: the formulas on single rows with statsmodels' sandwich, and simulated bandits whose truth is known."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats as scipy_stats
from statsmodels.stats.weightstats import DescrStatsW

from tonglu.stats.estimate import Withheld, fixed
from tonglu.stats.post_bandit import Batch, aipw, aipw_difference, ipw, mean_alongside
from tonglu.stats.sufficient import Moments


def play(draws, means, runs=12, each=150):
    """A greedy bandit of two arms with a floor of 10 %: per run the propensity of arm 1, who got it, and what they did."""
    log, totals = [], np.ones((2, 2))
    for _ in range(runs):
        share = 0.5 if not log else 0.9 if totals[1, 0] / totals[1, 1] > totals[0, 0] / totals[0, 1] else 0.1
        arm = (draws.random(each) < share).astype(int)
        y = draws.normal(np.take(means, arm), 1)
        for one in (0, 1):
            totals[one] += (y[arm == one].sum(), (arm == one).sum())
        log.append((share, arm, y))
    return log


def batches(log, arm):
    found = []
    for share, arms, y in log:
        mine = y[arms == arm]
        found.append(
            Batch(len(y), share if arm else 1 - share, Moments(len(mine), float(mine.sum()), float((mine * mine).sum())))
        )
    return found


def scores(log, arm, first=0.0):
    """Row by row, as in the paper: the score and its weight."""
    values, weights, seen = [], [], []
    for share, arms, y in log:
        e = share if arm else 1 - share
        m = np.mean(seen) if seen else first
        values += list(m + (arms == arm) / e * (y - m))
        weights += [np.sqrt(e)] * len(y)
        seen += list(y[arms == arm])
    return np.array(values), np.array(weights)


@pytest.fixture(scope="module")
def log():
    return play(np.random.default_rng(41), (1.0, 1.3))


@pytest.mark.parametrize("arm", [0, 1])
def test_the_weighted_mean_and_its_variance_are_those_of_statsmodels(log, arm):
    values, weights = scores(log, arm, 0.4)
    theirs = sm.WLS(values, np.ones(len(values)), weights=weights).fit(cov_type="HC0")
    ours = aipw(batches(log, arm), 0.4)
    assert (ours.value, ours.error, ours.n) == (
        pytest.approx(theirs.params[0], abs=1e-9),
        pytest.approx(theirs.bse[0], abs=1e-9),
        1800,
    )


def test_inverse_propensity_is_the_mean_of_the_weighted_outcomes(log):
    rows = np.concatenate([(arms == 1) / share * y for share, arms, y in log])
    theirs, ours = DescrStatsW(rows), ipw(batches(log, 1))
    assert ours.value == pytest.approx(theirs.mean, abs=1e-9)
    assert ours.error == pytest.approx(theirs.std / np.sqrt(len(rows)), abs=1e-9)


def test_the_difference_is_that_of_the_same_units_scores(log):
    (left, _), (right, _) = scores(log, 1), scores(log, 0)
    weights = np.concatenate([np.full(len(y), np.sqrt(share * (1 - share))) for share, _, y in log])
    theirs = sm.WLS(left - right, np.ones(len(left)), weights=weights).fit(cov_type="HC0")
    ours = aipw_difference(batches(log, 1), batches(log, 0))
    assert (ours.value, ours.error) == pytest.approx((theirs.params[0], theirs.bse[0]), abs=1e-9)


def test_an_arm_is_not_credited_with_the_season_in_which_it_was_drawn_more_often():
    draws = np.random.default_rng(12)
    naive, gaps = [], []
    for _ in range(60):
        log = []
        for season, share in ((0.0, 0.2), (0.0, 0.3), (2.0, 0.8), (2.0, 0.7)):
            arm = (draws.random(300) < share).astype(int)
            log.append((share, arm, draws.normal(season, 1, 300)))
        one, other = batches(log, 1), batches(log, 0)
        naive.append(sum((x.seen for x in one), Moments()).mean - sum((x.seen for x in other), Moments()).mean)
        gaps.append(aipw_difference(one, other))
    assert min(naive) > 0.5
    assert np.mean([gap.value for gap in gaps]) == pytest.approx(0, abs=4 * np.mean([gap.error for gap in gaps]) / np.sqrt(60))
    assert sum(abs(gap.value) < 2 * gap.error for gap in gaps) >= 50


def test_the_mean_of_controls_has_the_weights_of_the_arm(log):
    rows = [
        (np.sqrt(share), draws) for (share, _, _), draws in zip(log, np.random.default_rng(3).normal(5, 1, (12, 40)), strict=True)
    ]
    theirs = sm.WLS(np.concatenate([y for _, y in rows]), np.ones(480), weights=np.repeat([w for w, _ in rows], 40)).fit(
        cov_type="HC0"
    )
    beside = [Moments(40, float(y.sum()), float((y * y).sum())) for _, y in rows]
    ours = mean_alongside(batches(log, 1), beside)
    assert (ours.value, ours.error, ours.n) == (
        pytest.approx(theirs.params[0], abs=1e-9),
        pytest.approx(theirs.bse[0], abs=1e-9),
        480,
    )


def test_plain_means_are_biased_and_weighted_ones_cover_the_truth():
    draws = np.random.default_rng(8)
    plain, covered, both, runs = [], 0, 0, 400
    for _ in range(runs):
        log = play(draws, (1.0, 1.0), runs=8, each=60)
        arm = batches(log, 1)
        plain.append(sum((one.seen for one in arm), Moments()).mean - 1.0)
        interval, gap = fixed(aipw(arm, 1.0)), fixed(aipw_difference(arm, batches(log, 0), 1.0))
        covered += interval.low <= 1.0 <= interval.high
        both += gap.low <= 0.0 <= gap.high
    assert np.mean(plain) < -4 * np.std(plain) / np.sqrt(runs)
    low, high = scipy_stats.binom.interval(0.999, runs, 0.95)
    assert low <= covered <= high
    assert low <= both <= high


def test_what_cannot_be_estimated_is_withheld():
    never = [Batch(50, 0.0, Moments()), Batch(50, 0.0, Moments())]
    assert aipw(never) == Withheld("this arm was never played")
    assert ipw(never) == Withheld("a run could not play this arm: its propensity was 0")
    assert aipw_difference(never, [Batch(50, 1.0, Moments(50, 5, 5))] * 2) == Withheld("this arm was never played")
    sure = [Batch(50, 1.0, Moments(50, 5, 5)), Batch(50, 0.0, Moments())]
    assert aipw_difference(sure, [*reversed(sure)]) == Withheld("no run could play both arms")
    late = [Batch(50, 0.0, Moments()), Batch(50, 0.5, Moments(24, 12, 12))]
    assert aipw(late).value == pytest.approx(12 / 0.5 / 50)
    with pytest.raises(ValueError, match="same runs"):
        aipw_difference(never, late[:1])
    with pytest.raises(ValueError, match="cannot be"):
        Batch(5, 0.0, Moments(1, 1, 1))
