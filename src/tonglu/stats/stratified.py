"""Effects across strata, and effects freed of what a covariate foretold.

Post-stratification (Miratrix, Sekhon, Yu, 2013): d = sum w_s (m_ts - m_cs), Var = sum w_s^2 V_s, with w_s the share of stratum s among
all units. CUPED (Deng, Xu, Kohavi, Walker, WSDM 2013): theta = cov(y, x) / var(x) pooled over the arms compared, and m - theta * x in
each arm. A missing x is a stratum of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tonglu.stats.difference import compare_means, compare_ratios
from tonglu.stats.estimate import NO_VARIATION, Estimate, Estimated, Withheld, from_arms, satterthwaite
from tonglu.stats.sufficient import Clusters, Covaried, Moments, Proportion

NO_STRATA = Withheld("no stratum has units yet")


@dataclass(frozen=True, slots=True)
class _Stratum:
    size: int
    units: int
    difference: float
    estimate: Estimate | None
    refused: Withheld | None


def combine(parts: Sequence[tuple[float, Estimate]], method: str) -> Estimate:
    """The sum of independent estimates, each times its weight: sum w d, with variance sum w^2 V.

    Degrees of freedom by Satterthwaite. Raises ValueError where there are none, or all weights are 0.
    """
    variances = [(weight**2 * part.variance, part.degrees) for weight, part in parts]
    value = math.fsum(weight * part.value for weight, part in parts)
    variance = math.fsum(variance for variance, _ in variances)
    if variance == 0.0:
        raise ValueError("nothing to combine")
    return Estimate(value, variance, sum(part.n for _, part in parts), satterthwaite(variances), method)


Arm: TypeAlias = Moments | Proportion | Clusters


def post_stratified(strata: Sequence[tuple[Arm, Arm]], leave_out: float = 0.0) -> Estimated:
    """The difference across strata within which units were assigned; each stratum is (treated, control).

    Proportions are taken with the unbiased variance s2/n, for in small strata p(1 - p)/n is too small. A stratum that cannot be
    compared (an arm is empty, or of one unit) withholds the effect, unless such strata hold at most the share `leave_out` of all units.
    Where a stratum's outcome does not vary it still counts with its difference.
    """
    filled = [
        _Stratum(treated.n + control.n, _units(treated) + _units(control), *_compare(treated, control))
        for treated, control in strata
        if treated.n + control.n > 0
    ]
    total, missing = sum(one.size for one in filled), [one for one in filled if one.refused]
    lost = sum(one.size for one in missing)
    if not total:
        return NO_STRATA
    if lost and (lost > leave_out * total or lost == total):
        reasons = ", ".join(sorted({one.refused.reason for one in missing if one.refused}))
        return Withheld(f"{len(missing)} of {len(filled)} strata cannot be compared: {reasons}")
    kept = [one for one in filled if not one.refused]
    varied = [(one.size / (total - lost), one.estimate) for one in kept if one.estimate]
    if not varied:
        return NO_VARIATION
    value = math.fsum(one.size / (total - lost) * one.difference for one in kept)
    pooled = combine(varied, "post-stratified")
    return Estimate(value, pooled.variance, sum(one.units for one in kept), pooled.degrees, pooled.method)


def cuped(
    treated: Covaried, control: Covaried, treated_missing: Moments | None = None, control_missing: Moments | None = None
) -> Estimated:
    """The difference of means adjusted by a covariate that was measured before eligibility.

    Units whose covariate is missing come apart, as plain moments, and are a stratum of their own. Where that stratum has fewer than two
    units in an arm, they join the others with the mean covariate, which adjusts nothing.
    """
    bare_t, bare_c = treated_missing or Moments(), control_missing or Moments()
    if min(treated.n, control.n) < 2:
        return compare_means(treated.outcome + bare_t, control.outcome + bare_c)
    if min(bare_t.n, bare_c.n) < 2:
        mean = (treated + control).covariate.mean
        return _adjusted(treated + _at(mean, bare_t), control + _at(mean, bare_c))
    with_x, without = _adjusted(treated, control), compare_means(bare_t, bare_c)
    if isinstance(with_x, Withheld):
        return with_x
    share = (treated.n + control.n) / (treated.n + control.n + bare_t.n + bare_c.n)
    if isinstance(without, Withheld):  # their outcome does not vary: a difference without variance
        value = share * with_x.value + (1 - share) * (bare_t.mean - bare_c.mean)
        return Estimate(value, share**2 * with_x.variance, with_x.n + bare_t.n + bare_c.n, with_x.degrees, "cuped")
    return combine([(share, with_x), (1 - share, without)], "cuped")


def theta(treated: Covaried, control: Covaried) -> float:
    """How much of the outcome a unit of the covariate foretells: cov(y, x) / var(x) over both arms; 0 where x does not vary."""
    both = treated + control
    spread = both.covariate.variance
    return both.covariance / spread if spread > 0 else 0.0


def _adjusted(treated: Covaried, control: Covaried) -> Estimated:
    slope = theta(treated, control)
    value = treated.outcome.mean - control.outcome.mean - slope * (treated.covariate.mean - control.covariate.mean)
    return from_arms(
        value, (_residual(treated, slope) / treated.n, treated.n), (_residual(control, slope) / control.n, control.n), "cuped"
    )


def _residual(arm: Covaried, slope: float) -> float:
    """The variance of y - slope * x."""
    return max(0.0, arm.outcome.variance - 2 * slope * arm.covariance + slope**2 * arm.covariate.variance)


def _at(mean: float, arm: Moments) -> Covaried:
    """Units without covariate, as if theirs were `mean`."""
    return Covaried(arm.n, arm.total, arm.squares, arm.n * mean, arm.n * mean * mean, arm.total * mean)


def _compare(treated: Arm, control: Arm) -> tuple[float, Estimate | None, Withheld | None]:
    """A stratum's difference, its estimate (None where the outcome does not vary), and why it cannot be compared."""
    if isinstance(treated, Clusters) and isinstance(control, Clusters):
        value, part = treated.ratio - control.ratio, compare_ratios(treated, control)
    else:
        left, right = _moments(treated), _moments(control)
        value, part = left.mean - right.mean, compare_means(left, right)
    if isinstance(part, Withheld):
        return value, None, None if part == NO_VARIATION else part
    return value, part, None


def _units(arm: Arm) -> int:
    return arm.clusters if isinstance(arm, Clusters) else arm.n


def _moments(arm: Arm) -> Moments:
    if isinstance(arm, Clusters):
        raise ValueError("an arm of clusters cannot be compared with one of units")
    return arm.moments() if isinstance(arm, Proportion) else arm
