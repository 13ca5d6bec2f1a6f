"""How many customers a lift needs before it can be seen.

Normal approximation for two independent proportions with unequal groups (Fleiss, Levin and Paik, Statistical Methods for Rates and
Proportions, 3rd ed., section 4.3, without continuity correction): with p0 the rate of the control, p1 = p0 + lift, and k treated for
each control,

    n_control = (z_(1-alpha/2) + z_power)^2 * (p0 (1 - p0) + p1 (1 - p1) / k) / lift^2
"""

from math import ceil

from tonglu.stats.distributions import normal_quantile


def controls_needed(rate: float, lift: float, holdout: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """The controls that are needed to see a lift with this power.

    Args:
        rate: the share of controls that reach the goal, 0 to 1.
        lift: the difference that matters, as a share; not 0.
        holdout: the share held out, between 0 and 1 (both excluded).
        alpha: the two-sided level.
        power: the chance to see a lift of this size.

    Raises:
        ValueError: a share lies outside its bounds.
    """
    treated = rate + lift
    if not (0 <= rate <= 1 and 0 <= treated <= 1 and lift and 0 < holdout < 1):
        raise ValueError("rates lie between 0 and 1, the lift is not 0, and some but not all are held out")
    each = (1 - holdout) / holdout
    z = normal_quantile(1 - alpha / 2) + normal_quantile(power)
    return ceil(z * z * (rate * (1 - rate) + treated * (1 - treated) / each) / (lift * lift))
