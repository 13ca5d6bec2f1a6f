"""What is believed of an arm: Beta of a conversion rate, Normal of a mean value; how outcomes change it, and how it fades.

A belief gives its law as arrays (density, distribution function, points to cut an integral at), so that whatever is integrated over
several arms is written once for both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tonglu.stats.sufficient import Moments, Proportion

Floats = NDArray[np.float64]
CUTS = np.array((1e-15, 1e-11, 1e-8, 1e-6, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.25, 0.5))


class Belief(Protocol):
    """What integrals over arms need of a belief."""

    @property
    def mean(self) -> float:
        """The expected rate or value."""

    def mirrored(self) -> Belief:
        """The belief about what is to be avoided, so that the least becomes the most."""

    def cuts(self) -> Floats:
        """Points between which the law is smooth enough for a quadrature, with all of its mass."""

    def density(self, x: Floats) -> Floats:
        """The density at `x`."""

    def below(self, x: Floats) -> Floats:
        """The probability of less than `x`."""


@dataclass(frozen=True, slots=True)
class Beta:
    """A Beta(alpha, beta) belief about an arm's conversion rate. Raises ValueError unless both are positive."""

    alpha: float = 1.0
    beta: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.alpha < math.inf and 0 < self.beta < math.inf):
            raise ValueError(f"Beta({self.alpha}, {self.beta}) is not a distribution")

    def after(self, seen: Proportion) -> Beta:
        """The belief after the outcomes `seen` (only those whose window has passed belong here)."""
        return Beta(self.alpha + seen.conversions, self.beta + seen.n - seen.conversions)

    def faded(self, keep: float, prior: Beta | None = None) -> Beta:
        """The belief of which outcomes count `keep` (0 to 1) as much as before: discounted Thompson (Raj and Kalyani 2017).

        alpha0 + keep (alpha - alpha0), and beta likewise, around the prior, Beta(1, 1) unless another is given.
        """
        start = prior or Beta()
        return Beta(start.alpha + _share(keep) * (self.alpha - start.alpha), start.beta + keep * (self.beta - start.beta))

    def mirrored(self) -> Beta:
        """The belief about the rate of not converting."""
        return Beta(self.beta, self.alpha)

    @property
    def mean(self) -> float:
        """The expected conversion rate."""
        return self.alpha / (self.alpha + self.beta)

    def cuts(self) -> Floats:
        """Quantiles of both tails, and the ends 0 and 1."""
        low, high = special.betaincinv(self.alpha, self.beta, CUTS), special.betainccinv(self.alpha, self.beta, CUTS)
        return np.concatenate(([0.0], low, high, [1.0]))

    def density(self, x: Floats) -> Floats:
        """The density at `x`, between 0 and 1; for counts of millions only up to a factor near 1, which betaln loses."""
        log = special.xlogy(self.alpha - 1, x) + special.xlog1py(self.beta - 1, -x) - special.betaln(self.alpha, self.beta)
        return np.asarray(np.exp(log))

    def below(self, x: Floats) -> Floats:
        """The probability of a rate below `x`."""
        return np.asarray(special.betainc(self.alpha, self.beta, x))


@dataclass(frozen=True, slots=True)
class Normal:
    """A Normal belief about an arm's mean value. Raises ValueError unless the variance is positive."""

    mean: float
    variance: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and 0 < self.variance < math.inf):
            raise ValueError(f"Normal({self.mean}, {self.variance}) is not a distribution")

    def after(self, seen: Moments, unit_variance: float | None = None) -> Normal:
        """The belief after the outcomes `seen`: precisions add up, means are weighted by them.

        `unit_variance` is that of one outcome, best pooled over the arms; without it the arm's own sample variance. Where that is 0, or of
        fewer than two outcomes, nothing is learned yet.
        """
        spread = seen.variance if unit_variance is None else unit_variance
        if not seen.n or spread <= 0:
            return self
        gained = seen.n / spread
        precision = 1 / self.variance + gained
        return Normal((self.mean / self.variance + gained * seen.mean) / precision, 1 / precision)

    def faded(self, keep: float, prior: Normal) -> Normal:
        """The belief of which outcomes count `keep` (0 to 1) as much as before, around the prior."""
        gained = _share(keep) * (1 / self.variance - 1 / prior.variance)
        precision = 1 / prior.variance + gained
        shift = keep * (self.mean / self.variance - prior.mean / prior.variance)
        return Normal((prior.mean / prior.variance + shift) / precision, 1 / precision)

    def mirrored(self) -> Normal:
        """The belief about the value with its sign turned."""
        return Normal(-self.mean, self.variance)

    def cuts(self) -> Floats:
        """Quantiles of both tails."""
        low = self.mean + math.sqrt(self.variance) * special.ndtri(CUTS)
        return np.concatenate((low, 2 * self.mean - low))

    def density(self, x: Floats) -> Floats:
        """The density at `x`."""
        return np.asarray(np.exp(-((x - self.mean) ** 2) / (2 * self.variance)) / math.sqrt(2 * math.pi * self.variance))

    def below(self, x: Floats) -> Floats:
        """The probability of a value below `x`."""
        return np.asarray(special.ndtr((x - self.mean) / math.sqrt(self.variance)))


def kept(days: float, half_life: float) -> float:
    """How much outcomes still count after `days`, when half of it is gone every `half_life` days. Raises ValueError unless that is positive."""
    if not half_life > 0 or days < 0:
        raise ValueError(f"nothing fades over {days} days with a half-life of {half_life}")
    return float(0.5 ** (days / half_life))


def _share(keep: float) -> float:
    if not 0 <= keep <= 1:
        raise ValueError(f"a share of {keep} cannot be kept")
    return keep
