"""The lift of treated over control as it is shown: always valid, for one look, relative, and what it rests on.

Strata are put together by post-stratification, a covariate is taken out by CUPED, clusters by the delta method. Rates with fewer than
30 conversions (or others) in an arm get Newcombe's interval, which at all looks reaches as many standard errors as the always-valid one,
and no p value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from tonglu.stats.adjusted import Foretold, Pair, adjusted
from tonglu.stats.always_valid import TIGHTEST_AT, always_valid, evidence, reach
from tonglu.stats.difference import FEW_CONVERSIONS, compare_ratios, difference_of_few
from tonglu.stats.estimate import NO_VARIATION, Effect, Estimate, Estimated, Interval, Withheld, as_lift, empty, fixed
from tonglu.stats.stratified import post_stratified
from tonglu.stats.sufficient import Clusters

LEAVE_OUT = 0.05
"""Strata that cannot be compared are left out as long as they hold at most this share of all units."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum's arms: those whose covariate is known, and those without one."""

    known: Pair
    bare: tuple[Clusters, Clusters] = (Clusters(), Clusters())


@dataclass(frozen=True, slots=True)
class Lift:
    """A lift.

    Attributes:
        shown: with the interval that holds at all looks together.
        once: with the interval for one look at a time that was planned.
        p_value: of no effect, at any number of looks; None where there is none.
        relative: to control, as a share, with its interval for one look.
        variance_ratio: the variance after strata and covariate over that without them; None where there are neither.
        estimate: before any interval.
    """

    shown: Effect
    once: Effect
    p_value: float | None
    relative: Effect
    variance_ratio: float | None
    estimate: Estimated


def lift_of(
    strata: Sequence[Stratum], *, rate: bool, tightest_at: float = TIGHTEST_AT, level: float = 0.95, leave_out: float = LEAVE_OUT
) -> Lift:
    """The lift over the strata within which units were assigned.

    Args:
        strata: each with its arms, (treated, control).
        rate: whether the outcome of a unit is 0 or 1.
        tightest_at: the number of units at which the interval shall be tightest.
        level: of the intervals.
        leave_out: the share of units in strata without one arm up to which these are left out.
    """
    treated, control = (_whole(strata, side) for side in (0, 1))
    plain = compare_ratios(treated, control)
    missing = empty(treated.n, control.n)
    if missing is not None:
        return Lift(missing, missing, None, missing, None, missing)
    if rate and min(min(arm.y, arm.n - arm.y) for arm in (treated, control)) < FEW_CONVERSIONS:
        few = difference_of_few(treated, control, level)
        if isinstance(few, Withheld):
            return Lift(few, few, None, few, None, plain)
        shown = difference_of_few(treated, control, level, reach(treated.clusters + control.clusters, tightest_at, level))
        assert isinstance(shown, Interval)
        named = Interval(shown.estimate, shown.low, shown.high, f"always-valid, {shown.method}")
        return Lift(named, few, None, Withheld("too few conversions for a relative lift"), None, plain)
    parts = _parts(strata)
    estimate = plain if len(parts) == 1 and not _covaried(strata) else _combined(parts, strata, leave_out)
    seen = evidence(estimate, tightest_at, level)
    ratio = None
    if estimate is not plain and isinstance(estimate, Estimate) and isinstance(plain, Estimate):
        ratio = estimate.variance / plain.variance
    return Lift(
        always_valid(estimate, tightest_at, level),
        fixed(estimate, level),
        None if isinstance(seen, Withheld) else seen.p_value,
        as_lift(fixed(_log_ratio(treated, control), level)),
        ratio,
        estimate,
    )


def _combined(parts: list[tuple[Clusters, Clusters]], strata: Sequence[Stratum], leave_out: float) -> Estimated:
    found = post_stratified(parts, leave_out) if len(parts) > 1 else compare_ratios(*parts[0])
    if isinstance(found, Withheld) or not _covaried(strata):
        return found
    named = "cuped" if len(parts) == 1 else "cuped, post-stratified"
    return Estimate(found.value, found.variance, found.n, found.degrees, named)


def _parts(strata: Sequence[Stratum]) -> list[tuple[Clusters, Clusters]]:
    """Treated and control of everything that is compared apart: strata, and in them those without a covariate. A handful of these joins
    the others with the mean covariate, which adjusts nothing."""
    known, apart = [], []
    for one in strata:
        few = min(arm.clusters for arm in one.bare) < 2
        level = (one.known[0] + one.known[1]).foretelling
        known.append(tuple(arm + _at(level, bare) if few else arm for arm, bare in zip(one.known, one.bare, strict=True)))
        if not few:
            apart.append(one.bare)
    with_units = [(t, c) for t, c in known if t.outcome.n + c.outcome.n]
    return [*adjusted(with_units), *apart]


def _covaried(strata: Sequence[Stratum]) -> bool:
    return any(arm.x2 for one in strata for arm in one.known)


def _at(level: float, bare: Clusters) -> Foretold:
    """Clusters without covariate, as if every unit's were `level`."""
    return Foretold(bare, level * bare.n, level * level * bare.n2, level * bare.n2, level * bare.ny)


def _whole(strata: Sequence[Stratum], side: int) -> Clusters:
    return reduce(add, (one.known[side].outcome + one.bare[side] for one in strata), Clusters())


def _log_ratio(treated: Clusters, control: Clusters) -> Estimated:
    """ln of the ratio of means, with the control's noise (Deng, Knoblich, Lu, KDD 2018)."""
    if treated.ratio <= 0 or control.ratio <= 0:
        return Withheld("a relative lift needs a positive mean in both arms")
    variance = treated.ratio_variance / treated.ratio**2 + control.ratio_variance / control.ratio**2
    if not variance:
        return NO_VARIATION
    return Estimate(math.log(treated.ratio / control.ratio), variance, treated.clusters + control.clusters, method="log-ratio")
