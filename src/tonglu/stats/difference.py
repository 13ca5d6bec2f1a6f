"""Effects of treated against control, with intervals: differences, relative lifts, tests.

Every function takes (treated, control) and returns an `Interval`, or `Withheld` with the reason why the data
cannot carry one yet. No function divides by zero, returns nan, or invents certainty from an empty arm.
"""

from __future__ import annotations

import math

from tonglu.stats.distributions import normal_quantile, normal_two_sided, student_quantile
from tonglu.stats.estimate import (
    NO_CONVERSIONS,
    NO_VARIATION,
    TOO_FEW,
    TOO_FEW_CLUSTERS,
    Effect,
    Estimate,
    Estimated,
    Interval,
    Significance,
    Withheld,
    as_lift,
    empty,
    fixed,
    from_arms,
)
from tonglu.stats.sufficient import Clusters, Moments, Proportion

FEW_CONVERSIONS = 30
"""Below this many conversions in either arm the score interval replaces Wald's."""


def compare_proportions(treated: Proportion, control: Proportion) -> Estimated:
    """Difference of two proportions with unpooled variance, V = p_c (1 - p_c) / n_c + p_t (1 - p_t) / n_t.

    Withheld where an arm is empty or both variances are zero: the interval would be a false point.
    """
    if missing := empty(treated.n, control.n):
        return missing
    p_t, p_c = treated.rate, control.rate
    variance = p_t * (1 - p_t) / treated.n + p_c * (1 - p_c) / control.n
    if variance == 0.0:
        return NO_CONVERSIONS if treated.conversions == control.conversions == 0 else NO_VARIATION
    return Estimate(p_t - p_c, variance, treated.n + control.n, method="wald")


def wald(treated: Proportion, control: Proportion, level: float = 0.95) -> Effect:
    """Wald's interval of a difference of two proportions."""
    return fixed(compare_proportions(treated, control), level)


def newcombe(treated: Proportion, control: Proportion, level: float = 0.95) -> Effect:
    """Difference of two proportions, hybrid score: Newcombe (1998), method 10, from two Wilson intervals.

    Defined for any counts; withheld only where an arm is empty.
    """
    if missing := empty(treated.n, control.n):
        return missing
    z = normal_quantile((1 + level) / 2)
    return _hybrid((treated.rate, treated.n), (control.rate, control.n), z, "newcombe")


def difference_of_proportions(treated: Proportion, control: Proportion, level: float = 0.95) -> Effect:
    """The default for two proportions: Newcombe below 30 conversions in an arm, Wald above.

    Conversions and non-conversions count alike, for an arm that nearly always converts is as skewed as one that
    hardly does. Withheld where an arm is empty or nobody converted in either.
    """
    if missing := empty(treated.n, control.n):
        return missing
    if treated.conversions == control.conversions == 0:
        return NO_CONVERSIONS
    rarest = min(min(arm.conversions, arm.n - arm.conversions) for arm in (treated, control))
    return newcombe(treated, control, level) if rarest < FEW_CONVERSIONS else wald(treated, control, level)


def pooled_z(treated: Proportion, control: Proportion) -> Significance | Withheld:
    """The two-sided z test that two proportions are equal, with the pooled variance."""
    if missing := empty(treated.n, control.n):
        return missing
    pooled = (treated + control).rate
    variance = pooled * (1 - pooled) * (1 / treated.n + 1 / control.n)
    if variance == 0.0:
        return NO_CONVERSIONS if pooled == 0.0 else NO_VARIATION
    z = (treated.rate - control.rate) / math.sqrt(variance)
    return Significance(z, normal_two_sided(z), "pooled-z")


def compare_means(treated: Moments, control: Moments) -> Estimated:
    """Difference of two means with unequal variances, with Welch and Satterthwaite's degrees of freedom."""
    if missing := empty(treated.n, control.n):
        return missing
    if min(treated.n, control.n) < 2:
        return TOO_FEW
    v_t, v_c = treated.variance / treated.n, control.variance / control.n
    return from_arms(treated.mean - control.mean, (v_t, treated.n), (v_c, control.n), "welch")


def welch(treated: Moments, control: Moments, level: float = 0.95) -> Effect:
    """Welch's interval of a difference of two means."""
    return fixed(compare_means(treated, control), level)


def log_ratio(treated: Moments | Proportion, control: Moments | Proportion) -> Estimated:
    """ln(m_t / m_c) with variance s2_c / (n_c m_c^2) + s2_t / (n_t m_t^2) (Deng, Knoblich, Lu, KDD 2018).

    Withheld where a mean is not positive.
    """
    if missing := empty(treated.n, control.n):
        return missing
    if (isinstance(treated, Moments) and treated.n < 2) or (isinstance(control, Moments) and control.n < 2):
        return TOO_FEW
    (m_t, s2_t), (m_c, s2_c) = _mean_and_variance(treated), _mean_and_variance(control)
    if m_t <= 0 or m_c <= 0:
        return Withheld("a relative lift needs a positive mean in both arms")
    variance = s2_t / (treated.n * m_t**2) + s2_c / (control.n * m_c**2)
    if variance == 0.0:
        return NO_VARIATION
    return Estimate(math.log(m_t / m_c), variance, treated.n + control.n, method="log-ratio")


def relative_lift(treated: Moments | Proportion, control: Moments | Proportion, level: float = 0.95) -> Effect:
    """m_t / m_c - 1 with the log-ratio interval, which carries the control's noise too.

    For showing: decide on the absolute difference.
    """
    return as_lift(fixed(log_ratio(treated, control), level))


def compare_ratios(treated: Clusters, control: Clusters) -> Estimated:
    """Difference of two ratios sum(y)/sum(n) by the delta method, robust to correlation inside clusters.

    Satterthwaite's degrees of freedom over clusters, so few clusters give a wide interval. For clusters of one unit it is the
    difference of means of the outcome.
    """
    if missing := empty(treated.n, control.n):
        return missing
    if min(treated.clusters, control.clusters) < 2:
        return TOO_FEW_CLUSTERS
    v_t, v_c = treated.ratio_variance, control.ratio_variance
    return from_arms(treated.ratio - control.ratio, (v_t, treated.clusters), (v_c, control.clusters), "delta")


def difference_of_ratios(treated: Clusters, control: Clusters, level: float = 0.95) -> Effect:
    """The t interval of a difference of two ratios."""
    return fixed(compare_ratios(treated, control), level)


def difference_of_clustered_proportions(treated: Clusters, control: Clusters, level: float = 0.95) -> Effect:
    """Difference of two conversion rates whose units are clustered; y counts the converted units of a cluster.

    Clusters of one unit are two plain proportions, and are treated as such. Otherwise the delta method; below 30
    conversions (or non-conversions) in an arm the score interval of `difference_of_few`.
    """
    if treated.singletons and control.singletons:
        return difference_of_proportions(_plain(treated), _plain(control), level)
    if min(min(arm.y, arm.n - arm.y) for arm in (treated, control)) >= FEW_CONVERSIONS:
        return difference_of_ratios(treated, control, level)
    return difference_of_few(treated, control, level)


def difference_of_few(treated: Clusters, control: Clusters, level: float = 0.95, errors: float | None = None) -> Effect:
    """Newcombe's interval on effective sample sizes: n over the design effect of clusters.

    That effect is taken as no smaller than 1, and as n2/n (units of a cluster all alike) where nobody converted. It is estimated from as
    many clusters as there are, so where they are few the interval reaches further, as Student's t does.

    Args:
        treated: one arm.
        control: the other.
        level: of the interval.
        errors: how many standard errors it reaches to each side; the normal quantile of the level if not given.
    """
    if missing := empty(treated.n, control.n):
        return missing
    if treated.y == 0 and control.y == 0:
        return NO_CONVERSIONS
    normal = normal_quantile((1 + level) / 2)
    errors = normal if errors is None else errors
    if treated.singletons and control.singletons:
        return _hybrid((treated.ratio, treated.n), (control.ratio, control.n), errors, "newcombe")
    if min(treated.clusters, control.clusters) < 2:
        return TOO_FEW_CLUSTERS
    estimate = compare_ratios(treated, control)
    degrees = estimate.degrees if isinstance(estimate, Estimate) else min(treated.clusters, control.clusters) - 1
    further = student_quantile((1 + level) / 2, degrees) / normal
    sizes = (treated.ratio, _effective(treated)), (control.ratio, _effective(control))
    return _hybrid(*sizes, errors * further, "newcombe-clustered")


def _plain(arm: Clusters) -> Proportion:
    return Proportion(arm.n, int(arm.y))


def _effective(arm: Clusters) -> float:
    """How many independent units the arm's clustered units are worth."""
    binomial = arm.ratio * (1 - arm.ratio) / arm.n
    design = arm.ratio_variance / binomial if binomial > 0 else arm.n2 / arm.n
    return arm.n / max(1.0, design)


def _mean_and_variance(arm: Moments | Proportion) -> tuple[float, float]:
    """Of one unit's outcome; for proportions p(1 - p), as in Wald's interval."""
    if isinstance(arm, Proportion):
        return arm.rate, arm.rate * (1 - arm.rate)
    return arm.mean, arm.variance


def _wilson(p: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's score interval of one proportion."""
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def _hybrid(treated: tuple[float, float], control: tuple[float, float], z: float, method: str) -> Interval:
    """Newcombe's interval of two (rate, number of independent units)."""
    p_t, p_c = treated[0], control[0]
    low_t, high_t = _wilson(*treated, z)
    low_c, high_c = _wilson(*control, z)
    difference = p_t - p_c
    low = difference - math.hypot(p_t - low_t, high_c - p_c)
    high = difference + math.hypot(high_t - p_t, p_c - low_c)
    return Interval(difference, low, high, method)
