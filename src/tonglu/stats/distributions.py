"""The few quantiles and tails that the formulas need.

`scipy.special` loads in a fraction of the time of `scipy.stats` and computes the same numbers.
"""

from scipy import special


def normal_quantile(p: float) -> float:
    """The standard normal quantile at probability `p`."""
    return float(special.ndtri(p))


def normal_two_sided(z: float) -> float:
    """P(|Z| >= |z|) for a standard normal Z, accurate far into the tail."""
    return float(2.0 * special.ndtr(-abs(z)))


def student_quantile(p: float, degrees: float) -> float:
    """Student's t quantile at probability `p` with real-valued degrees of freedom."""
    return float(special.stdtrit(degrees, p))


def chi_square_tail(statistic: float, degrees: int) -> float:
    """P(X >= statistic) for a chi-square X."""
    return float(special.chdtrc(degrees, statistic))
