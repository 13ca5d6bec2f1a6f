"""The few quantiles and tails that the formulas need.

`scipy.special` loads in a fraction of the time of `scipy.stats` and computes the same numbers.
"""

import math

from scipy import special


def normal_quantile(p: float) -> float:
    """The standard normal quantile at probability `p`."""
    return float(special.ndtri(p))


def normal_two_sided(z: float) -> float:
    """P(|Z| >= |z|) for a standard normal Z, accurate far into the tail."""
    return float(2.0 * special.ndtr(-abs(z)))


def student_quantile(p: float, degrees: float) -> float:
    """Student's t quantile at probability `p` with real-valued degrees of freedom; the normal one where they are infinite."""
    if degrees == math.inf:
        return normal_quantile(p)
    return float(special.stdtrit(degrees, p))


def student_two_sided(t: float, degrees: float) -> float:
    """P(|T| >= |t|) for Student's T; the normal one where the degrees of freedom are infinite."""
    if degrees == math.inf:
        return normal_two_sided(t)
    return float(2.0 * special.stdtr(degrees, -abs(t)))


def chi_square_tail(statistic: float, degrees: int) -> float:
    """P(X >= statistic) for a chi-square X."""
    return float(special.chdtrc(degrees, statistic))
