"""Balance before trust: do the arms differ in what was known before anybody was assigned?

Standardised differences (Austin 2009), (m_t - m_c) / sqrt((s2_t + s2_c) / 2), by stratum, to see where and how much; and one joint
test over all strata and covariates, to know whether chance explains it: Hansen and Bowers (Statistical Science 2008),

    D = sum_s h_s (m_ts - m_cs),  Cov = sum_s h_s S_s,  h_s = n_ts n_cs / n_s,  d2 = D' Cov^- D ~ chi-square(rank)

with S_s the covariance of the covariates in stratum s, both arms together. Cov is exact when units are drawn within strata.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonglu.stats.distributions import chi_square_tail
from tonglu.stats.estimate import Estimated, Withheld, significance

ALARM = 0.001
"""The p value below which an assignment is refused; strict, because it is checked again and again."""
TOLERANCE = 1e-9
"""Directions in which the covariates, each scaled to variance 1, vary less than this do not vary."""

NOISE = 1e-12
"""A variance below this share of the mean square is what rounding leaves of none."""


@dataclass(frozen=True, slots=True)
class Covariates:
    """`n` units with the sums of p covariates, and of their products: p (p + 1) / 2 of them, as in x1x1, x1x2, .., x2x2, ..."""

    n: int
    sums: tuple[float, ...]
    products: tuple[float, ...]

    def __post_init__(self) -> None:
        p = len(self.sums)
        if self.n < 0 or len(self.products) != p * (p + 1) // 2:
            raise ValueError(f"{len(self.products)} products of {p} covariates of {self.n} units cannot be")

    def __add__(self, other: Covariates) -> Covariates:
        if len(self.sums) != len(other.sums):
            raise ValueError(f"{len(self.sums)} and {len(other.sums)} covariates cannot be added")
        sums = tuple(a + b for a, b in zip(self.sums, other.sums, strict=True))
        return Covariates(self.n + other.n, sums, tuple(a + b for a, b in zip(self.products, other.products, strict=True)))

    @property
    def means(self) -> NDArray[np.float64]:
        """Of each covariate; 0 where there are no units."""
        return np.array(self.sums, dtype=np.float64) / max(self.n, 1)

    @property
    def covariance(self) -> NDArray[np.float64]:
        """The sample covariance matrix (divisor n - 1); 0 below two units."""
        p = len(self.sums)
        if self.n < 2:
            return np.zeros((p, p))
        upper = np.zeros((p, p))
        upper[np.triu_indices(p)] = self.products
        full = upper + np.triu(upper, 1).T
        centred: NDArray[np.float64] = (full - self.n * np.outer(self.means, self.means)) / (self.n - 1)
        still = np.diag(centred) <= NOISE * np.diag(full) / (self.n - 1)
        centred[still, :] = centred[:, still] = 0.0
        return centred


@dataclass(frozen=True, slots=True)
class Difference:
    """A covariate's standardised difference in one stratum, and the stratum's weight h."""

    stratum: str
    covariate: str
    value: float
    weight: float


@dataclass(frozen=True, slots=True)
class Balance:
    """Every standardised difference, the least likely first, and the joint test.

    A difference counts by the root of its stratum's weight: of two units it may be large by chance.
    """

    differences: tuple[Difference, ...]
    statistic: float
    degrees: int
    p_value: float


Strata = Mapping[str, tuple[Covariates, Covariates]]


def balance(strata: Strata, names: Sequence[str]) -> Balance | Withheld:
    """Compare the arms of each named stratum, (treated, control), in the covariates `names`.

    Withheld where no stratum has both arms, or no covariate varies. Raises ValueError where the number of covariates differs.
    """
    if any(len(arm.sums) != len(names) for pair in strata.values() for arm in pair):
        raise ValueError(f"not every stratum has {len(names)} covariates")
    met = {name: pair for name, pair in strata.items() if pair[0].n and pair[1].n}
    if not met:
        return Withheld("no stratum has both arms")
    total, cov = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for treated, control in met.values():
        share = treated.n * control.n / (treated.n + control.n)
        total += share * (treated.means - control.means)
        cov += share * (treated + control).covariance
    statistic, degrees = _quadratic(total, cov)
    if not degrees:
        return Withheld("no covariate varies")
    differences = [one for name, pair in met.items() for one in _standardised(name, pair, names)]
    differences.sort(key=lambda one: -abs(one.value) * math.sqrt(one.weight))
    return Balance(tuple(differences), statistic, degrees, chi_square_tail(statistic, degrees))


def unbalanced(found: Balance | Withheld, alarm: float = ALARM) -> Withheld | None:
    """Why the assignment is refused: the arms differed before it more than chance explains; None where they did not."""
    if isinstance(found, Withheld) or found.p_value >= alarm:
        return None
    worst = found.differences[0]
    return Withheld(
        f"the arms differed before they were assigned (p = {found.p_value:.2g}): {worst.covariate} by {worst.value:+.2f} standard "
        f"deviations in {worst.stratum}"
    )


def acted_too_early(before: Estimated, alarm: float = ALARM) -> Withheld | None:
    """Why the assignment is refused: it predicts the outcome of a time when treatment could not have acted yet (a placebo test).

    `before` is the effect on that earlier outcome, estimated as the later one will be; None where there is no such effect, or too few
    data to see one.
    """
    test = significance(before)
    if isinstance(test, Withheld) or test.p_value >= alarm:
        return None
    return Withheld(
        f"the assignment predicts the outcome before treatment could have acted (z = {test.statistic:+.1f}, p = {test.p_value:.2g})"
    )


def _quadratic(total: NDArray[np.float64], cov: NDArray[np.float64]) -> tuple[float, int]:
    """D' Cov^- D and the rank of Cov, on covariates scaled to variance 1."""
    spread = np.sqrt(np.diag(cov))
    varies = spread > 0
    if not varies.any():
        return 0.0, 0
    scaled = total[varies] / spread[varies]
    values, vectors = np.linalg.eigh(cov[np.ix_(varies, varies)] / np.outer(spread[varies], spread[varies]))
    kept = values > TOLERANCE * len(values)
    along: NDArray[Any] = vectors[:, kept].T @ scaled
    return float(np.sum(along**2 / values[kept])), int(kept.sum())


def _standardised(stratum: str, pair: tuple[Covariates, Covariates], names: Sequence[str]) -> list[Difference]:
    treated, control = pair
    within = (np.diag(treated.covariance) + np.diag(control.covariance)) / 2
    # Where it varies between the arms alone, as among two units, the spread of both together.
    spread = np.sqrt(np.where(within > 0, within, np.diag((treated + control).covariance)))
    weight = treated.n * control.n / (treated.n + control.n)
    apart = np.where(spread > 0, treated.means - control.means, 0.0) / np.where(spread > 0, spread, 1.0)
    return [Difference(stratum, name, float(value), weight) for name, value in zip(names, apart, strict=True)]
