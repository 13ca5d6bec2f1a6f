"""What every effect comes down to: a value, the variance of that value, and how many units it rests on.

Estimators (differences, ratios of clusters, CUPED, post-stratification, off-policy) give an `Estimate`; interval makers (fixed horizon,
always valid, group sequential) take one. So any estimate can have any interval, and no pair of them needs code of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from tonglu.stats.distributions import student_quantile, student_two_sided


@dataclass(frozen=True, slots=True)
class Estimate:
    """An effect before any interval.

    Attributes:
        value: the effect.
        variance: of that value (its squared standard error), so that n * variance is sigma2 of one unit.
        n: the independent units it rests on, all arms together; clusters where clusters were assigned.
        degrees: of freedom of Student's t; infinite where the normal law is used.
        method: what estimated it.
    """

    value: float
    variance: float
    n: int
    degrees: float = math.inf
    method: str = "normal"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and 0 < self.variance < math.inf and self.n > 0 and self.degrees > 0):
            raise ValueError(f"an estimate {self.value} with variance {self.variance} of {self.n} units cannot be")

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.variance)

    @property
    def z(self) -> float:
        """The value in standard errors."""
        return self.value / self.error


@dataclass(frozen=True, slots=True)
class Interval:
    """An effect with its confidence limits, and the name of the method that gave them."""

    estimate: float
    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Significance:
    """A test statistic and its two-sided p value."""

    statistic: float
    p_value: float
    method: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """No number, because of `reason`."""

    reason: str


Effect: TypeAlias = Interval | Withheld
Estimated: TypeAlias = Estimate | Withheld

NO_TREATED = Withheld("nobody treated yet")
NO_CONTROL = Withheld("nobody in control yet")
NO_CONVERSIONS = Withheld("no conversions in either arm yet")
NO_VARIATION = Withheld("the outcome does not vary yet")
TOO_FEW = Withheld("fewer than two units in an arm")
TOO_FEW_CLUSTERS = Withheld("fewer than two clusters in an arm")


def fixed(estimate: Estimated, level: float = 0.95) -> Effect:
    """The interval for one look at a time fixed beforehand: value +- t quantile * standard error. `Withheld` passes through."""
    if isinstance(estimate, Withheld):
        return estimate
    half = student_quantile((1 + level) / 2, estimate.degrees) * estimate.error
    return Interval(estimate.value, estimate.value - half, estimate.value + half, estimate.method)


def significance(estimate: Estimated) -> Significance | Withheld:
    """The two-sided test that the effect is 0, for one look at a time fixed beforehand. `Withheld` passes through."""
    if isinstance(estimate, Withheld):
        return estimate
    return Significance(estimate.z, student_two_sided(estimate.z, estimate.degrees), estimate.method)


def as_lift(log_ratio: Effect) -> Effect:
    """The interval of a log ratio as one of a relative lift, exp(.) - 1. `Withheld` passes through."""
    if isinstance(log_ratio, Withheld):
        return log_ratio
    low, high = math.expm1(log_ratio.low), _expm1_or_inf(log_ratio.high)
    return Interval(_expm1_or_inf(log_ratio.estimate), low, high, log_ratio.method)


def from_arms(value: float, treated: tuple[float, int], control: tuple[float, int], method: str) -> Estimated:
    """The estimate from each arm's variance of the mean and number of units, with Welch and Satterthwaite's degrees of freedom."""
    (v_t, n_t), (v_c, n_c) = treated, control
    variance = v_t + v_c
    if variance == 0.0:
        return NO_VARIATION
    return Estimate(value, variance, n_t + n_c, satterthwaite([(v_t, n_t - 1), (v_c, n_c - 1)]), method)


def satterthwaite(parts: list[tuple[float, float]]) -> float:
    """The degrees of freedom of a sum of independent variances, from (variance, its degrees of freedom) each."""
    variance = math.fsum(part for part, _ in parts)
    # Shares, not squares of variances: tiny variances would underflow.
    inverse = math.fsum((part / variance) ** 2 / degrees for part, degrees in parts)
    return 1 / inverse if inverse > 0 else math.inf


def empty(treated: int, control: int) -> Withheld | None:
    """Why nothing can be said of an arm without units; None where both have some."""
    if treated == 0:
        return NO_TREATED
    return NO_CONTROL if control == 0 else None


def _expm1_or_inf(x: float) -> float:
    return math.expm1(x) if x < 700 else math.inf
