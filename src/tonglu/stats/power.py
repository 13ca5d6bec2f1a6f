"""How many customers a lift needs before it can be seen, how many days that takes, and what can be seen with those there are.

Normal approximation for independent groups of unequal size (Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions,
3rd ed., section 4.3, without continuity correction): with s2_c the variance of one control, s2_t that of one treated, and k treated for
each control,

    n_control = (z_(1-alpha/2) + z_power)^2 * (s2_c + s2_t / k) / lift^2

where s2 is p (1 - p) for a rate p. With k = 1 it is the n per arm. Where the always-valid interval decides, its half width at N*, in
standard errors, stands for z_(1-alpha/2): sufficient though not necessary, for it may decide earlier.
"""

from math import ceil, sqrt

from tonglu.stats.always_valid import reach
from tonglu.stats.distributions import normal_quantile


def controls_needed(
    rate: float,
    lift: float,
    holdout: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    always_valid: bool = False,
    design: float = 1.0,
) -> int:
    """The controls that are needed to see a lift of a rate with this power.

    Args:
        rate: the share of controls that reach the goal, 0 to 1.
        lift: the difference that matters, as a share; not 0. Of a relative lift: rate * that lift.
        holdout: the share held out, between 0 and 1 (both excluded).
        alpha: the two-sided level.
        power: the chance to see a lift of this size.
        always_valid: whether the always-valid interval decides.
        design: the design effect of clusters, 1 or more.

    Raises:
        ValueError: a share lies outside its bounds.
    """
    treated = rate + lift
    if not (0 <= rate <= 1 and 0 <= treated <= 1 and lift and 0 < holdout < 1 and design >= 1):
        raise ValueError("rates lie between 0 and 1, the lift is not 0, and some but not all are held out")
    return ceil(design * _needed(rate * (1 - rate), treated * (1 - treated), lift, holdout, _reach(alpha, power, always_valid)))


def controls_needed_for_mean(
    deviation: float,
    lift: float,
    holdout: float,
    *,
    treated_deviation: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    always_valid: bool = False,
    design: float = 1.0,
) -> int:
    """The controls that are needed to see a lift of a mean, such as value, with this power.

    Args:
        deviation: the standard deviation of one control's outcome; with CUPED what is left of it, times sqrt(1 - correlation^2).
        lift: the difference that matters, in units of the outcome; not 0.
        holdout: the share held out, between 0 and 1 (both excluded).
        treated_deviation: of one treated, where it differs.
        alpha: the two-sided level.
        power: the chance to see a lift of this size.
        always_valid: whether the always-valid interval decides.
        design: the design effect of clusters, 1 or more.

    Raises:
        ValueError: a deviation is not positive, or the lift is 0, or the holdout is out of bounds.
    """
    other = deviation if treated_deviation is None else treated_deviation
    if not (deviation > 0 and other > 0 and lift and 0 < holdout < 1 and design >= 1):
        raise ValueError(
            "deviations are positive, the lift is not 0, and some but not all are held out: a holdout between 0 and 1"
        )
    return ceil(design * _needed(deviation**2, other**2, lift, holdout, _reach(alpha, power, always_valid)))


def design_effect(size: float, correlation: float, variation: float = 0.0) -> float:
    """By how much clusters of this mean size raise what is needed: 1 + ((1 + cv^2) m - 1) icc (Eldridge, Ashby, Kerry 2006).

    Args:
        size: the mean number of units of a cluster, m, 1 or more.
        correlation: between units of a cluster, icc, 0 to 1.
        variation: the coefficient of variation of the sizes, cv.

    Raises:
        ValueError: a number lies outside its bounds.
    """
    if not (size >= 1 and 0 <= correlation <= 1 and variation >= 0):
        raise ValueError("clusters have at least one unit, a correlation between 0 and 1, and sizes that vary by 0 or more")
    return 1 + ((1 + variation**2) * size - 1) * correlation


def days_needed(controls: int, entering: float, holdout: float) -> int:
    """The days until so many controls have entered, with `entering` customers a day. Raises ValueError where nobody is held out."""
    if not (entering > 0 and 0 < holdout < 1):
        raise ValueError("some enter every day, and some but not all are held out")
    return ceil(controls / (entering * holdout))


def detectable(
    deviation: float, controls: int, holdout: float, *, alpha: float = 0.05, power: float = 0.8, always_valid: bool = False
) -> float:
    """The least lift that so many controls see with this power: of a mean, or of a rate p with deviation sqrt(p (1 - p)).

    Raises ValueError without controls, or where the holdout is out of bounds.
    """
    if not (deviation > 0 and controls > 0 and 0 < holdout < 1):
        raise ValueError("deviations are positive, and some but not all are held out: a holdout between 0 and 1")
    return _reach(alpha, power, always_valid) * deviation * sqrt((1 + holdout / (1 - holdout)) / controls)


def _reach(alpha: float, power: float, always_valid: bool) -> float:
    """How many standard errors the lift must measure."""
    if not always_valid:
        return normal_quantile(1 - alpha / 2) + normal_quantile(power)
    return reach(1, 1.0, 1 - alpha) + normal_quantile(power)  # at n = N*, whatever that is


def _needed(control: float, treated: float, lift: float, holdout: float, reach: float) -> float:
    each = (1 - holdout) / holdout
    return reach * reach * (control + treated / each) / (lift * lift)
