"""Intervals and tests that stay valid however often somebody looks, and whenever they stop.

The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (arXiv 2103.06476). With n units, sigma2 = n * V:

    half = sigma sqrt(2 (n r2 + 1) / (n^2 r2) * ln(sqrt(n r2 + 1) / alpha))
    r2   = (-2 ln alpha + ln(-2 ln alpha + 1)) / N*
    E    = (n r2 + 1)^(-1/2) exp(z^2 / 2 * n r2 / (n r2 + 1)),  z^2 = d^2 / V,  p = min(1, 1/E)

The normal-mixture mSPRT (Johari, Pekelis, Walsh, 2022) with tau2 = r2 * sigma2, and the anytime-valid z test (Lindon, Ham, Tingley,
Bojinov) with g = 1/r2, are the same number. The interval excludes 0 exactly when p < alpha.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tonglu.stats.estimate import Effect, Estimated, Interval, Withheld

TIGHTEST_AT = 5000
"""N*, the number of units at which the interval is tightest, where nobody has planned another."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Against "no effect": ln E, so that nothing overflows, and the p value that holds at any number of looks."""

    log_e: float

    @property
    def e_value(self) -> float:
        """E; infinite where it is beyond floats."""
        return math.exp(self.log_e) if self.log_e < 709 else math.inf

    @property
    def p_value(self) -> float:
        """min(1, 1/E)."""
        return math.exp(-max(0.0, self.log_e))


def mixing(tightest_at: float, alpha: float) -> float:
    """r2, for an interval that is tightest at `tightest_at` units. Raises ValueError where that is not positive."""
    if not (tightest_at > 0 and 0 < alpha < 1):
        raise ValueError(f"no interval is tightest at {tightest_at} units with alpha {alpha}")
    return (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tightest_at


def always_valid(estimate: Estimated, tightest_at: float = TIGHTEST_AT, level: float = 0.95) -> Effect:
    """The interval that covers the effect at all looks together with probability `level`. `Withheld` passes through."""
    if isinstance(estimate, Withheld):
        return estimate
    half = estimate.error * reach(estimate.n, tightest_at, level)
    return Interval(estimate.value, estimate.value - half, estimate.value + half, "always-valid")


def reach(n: int, tightest_at: float = TIGHTEST_AT, level: float = 0.95) -> float:
    """How many standard errors the interval of `n` units reaches to each side: what stands in the place of a normal quantile."""
    alpha = 1 - level
    scale = n * mixing(tightest_at, alpha)
    log_bound = math.log1p(scale) / 2 - math.log(alpha)
    return math.sqrt(2 * (scale + 1) / scale * log_bound)


def evidence(estimate: Estimated, tightest_at: float = TIGHTEST_AT, level: float = 0.95) -> Evidence | Withheld:
    """The e value and p value that belong to `always_valid`. `Withheld` passes through."""
    if isinstance(estimate, Withheld):
        return estimate
    scale = estimate.n * mixing(tightest_at, 1 - level)
    return Evidence(estimate.z**2 / 2 * scale / (scale + 1) - math.log1p(scale) / 2)


def strongest(looks: Iterable[Evidence]) -> Evidence:
    """The evidence after several looks: the largest E so far, whose p value is the least. Raises ValueError without looks."""
    return max(looks, key=lambda look: look.log_e)


def intersection(looks: Iterable[Interval]) -> Interval | Withheld:
    """What all looks so far leave: the largest lower and the least upper limit, around the last estimate.

    Withheld where no look was taken, and where the looks contradict each other: the effect has drifted, or the rare error of the
    method has struck.
    """
    seen = list(looks)
    if not seen:
        return Withheld("nobody has looked yet")
    low, high = max(look.low for look in seen), min(look.high for look in seen)
    if low > high:
        return Withheld("earlier looks contradict later ones: the effect drifts")
    return Interval(min(max(seen[-1].estimate, low), high), low, high, seen[-1].method)
