"""Beliefs about rates and values: what they learn, how they fade, which arm is best, what a choice costs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mabwiser.mab import MAB, LearningPolicy
from scipy import integrate
from scipy import stats as scipy_stats

from tonglu.stats.beliefs import Beta, Normal, kept
from tonglu.stats.sufficient import Moments, Proportion
from tonglu.stats.thompson import expected_loss, probability_best

normals = st.builds(Normal, st.floats(-100, 100), st.floats(1e-4, 1e4))
THREE = (Normal(10.0, 4.0), Normal(11.0, 1.0), Normal(9.0, 9.0))


def test_beta_beliefs_learn_as_mabwisers_do():
    draws = np.random.default_rng(14)
    arms = draws.integers(0, 3, 500)
    rewards = (draws.random(500) < 0.1 + 0.1 * arms).astype(int)
    theirs = MAB([0, 1, 2], LearningPolicy.ThompsonSampling(), seed=3)
    theirs.fit(arms, rewards)
    ours = [Beta().after(Proportion(int((arms == arm).sum()), int(rewards[arms == arm].sum()))) for arm in range(3)]
    counts = [(theirs._imp.arm_to_success_count[arm], theirs._imp.arm_to_fail_count[arm]) for arm in range(3)]
    assert [(one.alpha, one.beta) for one in ours] == counts
    # What it samples, arm by arm, is what is integrated here.
    played = np.bincount(theirs.predict([[0]] * 4000), minlength=3) / 4000
    assert played == pytest.approx(probability_best(ours), abs=0.03)


def test_a_normal_belief_is_the_precision_weighted_mean():
    values = np.random.default_rng(2).gamma(2, 5, 80)
    seen = Moments(80, float(values.sum()), float((values**2).sum()))
    prior = Normal(5.0, 16.0)
    after = prior.after(seen)
    # Numeric Bayes: prior times likelihood of the mean, integrated.
    like = scipy_stats.norm(seen.mean, math.sqrt(seen.variance / 80))

    def joint(x):
        return scipy_stats.norm(5, 4).pdf(x) * like.pdf(x)

    mass, _ = integrate.quad(joint, 0, 20, epsabs=1e-14, points=[seen.mean])
    mean, _ = integrate.quad(lambda x: x * joint(x) / mass, 0, 20, epsabs=1e-13, points=[seen.mean])
    square, _ = integrate.quad(lambda x: (x - mean) ** 2 * joint(x) / mass, 0, 20, epsabs=1e-13, points=[seen.mean])
    assert (after.mean, after.variance) == pytest.approx((mean, square), abs=1e-9)
    halves = prior.after(Moments(40, 300.0, 3000.0), 50.0).after(Moments(40, 500.0, 7000.0), 50.0)
    assert halves.mean == pytest.approx(prior.after(Moments(80, 800.0, 10000.0), 50.0).mean, abs=1e-12)


def test_nothing_is_learned_from_nothing_or_from_one_value():
    prior = Normal(5.0, 16.0)
    assert prior.after(Moments()) == prior.after(Moments(1, 7.0, 49.0)) == prior.after(Moments(3, 6.0, 12.0)) == prior
    assert prior.after(Moments(1, 7.0, 49.0), 9.0).mean == pytest.approx(16 / 25 * 7 + 9 / 25 * 5)


def test_two_normal_arms_have_the_closed_form():
    a, b = Normal(1.0, 0.04), Normal(1.1, 0.09)
    assert probability_best((a, b))[1] == pytest.approx(scipy_stats.norm.cdf(0.1 / math.sqrt(0.13)), abs=1e-12)
    # E[(D)+] of a normal difference: the expected loss of the other arm (Clark 1961).
    sd = math.sqrt(0.13)
    clark = 0.1 * scipy_stats.norm.cdf(0.1 / sd) + sd * scipy_stats.norm.pdf(0.1 / sd)
    assert expected_loss((a, b)) == pytest.approx((clark, clark - 0.1), abs=1e-12)


def test_the_expected_loss_agrees_with_growthbooks_risk():
    bayesian = pytest.importorskip(
        "gbstats.bayesian.tests", reason="`make test` installs gbstats, apart, without its dependencies"
    )
    theirs = bayesian.EffectBayesianABTest.get_risk(0.1, math.sqrt(0.13))
    # Its risk of the control is what staying with the control costs.
    assert expected_loss((Normal(1.0, 0.04), Normal(1.1, 0.09))) == pytest.approx(tuple(theirs), abs=1e-9)


def test_three_normal_arms_agree_with_the_multivariate_normal_of_scipy():
    best = probability_best(THREE)
    for arm in range(3):
        others = [other for other in range(3) if other != arm]
        mean = [THREE[arm].mean - THREE[other].mean for other in others]
        cov = np.full((2, 2), THREE[arm].variance) + np.diag([THREE[other].variance for other in others])
        # Both gaps positive: by conditioning on the first, an integral of one dimension.
        slope = cov[0, 1] / cov[0, 0]
        rest = math.sqrt(cov[1, 1] - slope * cov[0, 1])
        first = scipy_stats.norm(mean[0], math.sqrt(cov[0, 0]))
        area, _ = integrate.quad(
            lambda x, m=mean, s=slope, r=rest, f=first: f.pdf(x) * scipy_stats.norm.cdf((m[1] + s * (x - m[0])) / r),
            0,
            60,
            epsabs=1e-13,
        )
        assert best[arm] == pytest.approx(area, abs=1e-9)
        assert best[arm] == pytest.approx(scipy_stats.multivariate_normal(-np.array(mean), cov).cdf([0, 0]), abs=1e-4)


def test_expected_loss_of_rates_agrees_with_double_integration():
    arms = (Beta(21, 181), Beta(31, 171))
    laws = [scipy_stats.beta(arm.alpha, arm.beta) for arm in arms]
    # E[(b - a)+] = integral of P(a < x < b).
    area, _ = integrate.quad(lambda x: laws[0].cdf(x) * laws[1].sf(x), 0, 1, epsabs=1e-14, points=[0.1, 0.15])
    loss = expected_loss(arms)
    assert loss[0] == pytest.approx(area, abs=1e-9)
    assert loss[0] - loss[1] == pytest.approx(arms[1].mean - arms[0].mean, abs=1e-12)
    worst = expected_loss(arms, minimise=True)
    assert worst == pytest.approx((loss[1], loss[0]), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(normals, min_size=2, max_size=5))
def test_shares_follow_their_arms_and_losses_are_not_negative(arms):
    best = probability_best(arms)
    assert math.fsum(best) == pytest.approx(1.0, abs=1e-9)
    assert probability_best(arms[::-1]) == pytest.approx(best[::-1], abs=1e-9)
    assert min(expected_loss(arms)) >= 0
    mirrored = [arm.mirrored() for arm in arms]
    assert probability_best(mirrored, minimise=True) == pytest.approx(best, abs=1e-9)


def test_one_arm_costs_nothing_and_none_is_refused():
    assert expected_loss([Beta(2, 3)]) == (0.0,)
    with pytest.raises(ValueError, match="no arms"):
        expected_loss([])


def test_fading_run_by_run_weighs_outcomes_by_their_age():
    keep, runs = 0.8, [Proportion(100, 10), Proportion(50, 20), Proportion(70, 7)]
    belief = Beta()
    for run in runs:
        belief = belief.faded(keep).after(run)
    weights = [keep**2, keep, 1.0]
    assert belief.alpha == pytest.approx(1 + sum(w * run.conversions for w, run in zip(weights, runs, strict=True)), abs=1e-9)
    assert belief.beta == pytest.approx(
        1 + sum(w * (run.n - run.conversions) for w, run in zip(weights, runs, strict=True)), abs=1e-9
    )


def test_normal_beliefs_fade_to_their_prior():
    prior, seen = Normal(5.0, 16.0), Moments(40, 300.0, 3000.0)
    belief = prior.after(seen, 50.0)
    assert belief.faded(1.0, prior).mean == pytest.approx(belief.mean, abs=1e-12)
    none = belief.faded(0.0, prior)
    assert (none.mean, none.variance) == pytest.approx((5.0, 16.0), abs=1e-12)
    # Half of the outcomes count: the same mean of half as many.
    half, fewer = belief.faded(0.5, prior), prior.after(Moments(20, 150.0, 1500.0), 50.0)
    assert (half.mean, half.variance) == pytest.approx((fewer.mean, fewer.variance), abs=1e-12)


def test_half_is_kept_after_the_half_life():
    assert kept(30, 30) == 0.5
    assert kept(0, 30) == 1.0
    assert kept(90, 30) == pytest.approx(0.125)


def test_a_bandit_that_forgets_finds_the_arm_that_became_better():
    before, after = (Proportion(1000, 100), Proportion(1000, 50)), (Proportion(400, 20), Proportion(400, 40))

    def learned(keep):
        return [Beta().after(old).faded(keep).after(new) for old, new in zip(before, after, strict=True)]

    assert probability_best(learned(1.0))[1] < 0.1
    assert probability_best(learned(kept(90, 30)))[1] > 0.9


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: Normal(0.0, 0.0),
        lambda: Normal(math.nan, 1.0),
        lambda: Beta(2, 3).faded(1.5),
        lambda: Normal(0.0, 1.0).faded(-0.1, Normal(0.0, 1.0)),
        lambda: kept(1, 0),
    ],
)
def test_what_cannot_be_believed_is_refused(impossible):
    with pytest.raises(ValueError, match=r"not a distribution|cannot be kept|nothing fades"):
        impossible()
