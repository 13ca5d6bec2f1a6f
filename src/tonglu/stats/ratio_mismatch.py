"""Sample-ratio mismatch: were the arms filled in the declared ratio?

A mismatch means that something other than chance decided who is in which arm, and then no lift can be trusted:
whoever shows a lift withholds it and says why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tonglu.stats.always_valid import Evidence
from tonglu.stats.distributions import chi_square_tail
from tonglu.stats.estimate import Withheld

ALARM = 0.001
"""The p value below which the split is called broken; strict, because the check is repeated every run."""

CONCENTRATION = 1000.0
"""How closely the prior keeps to the declared shares: a standard deviation of 1.6 points around 50 %."""


@dataclass(frozen=True, slots=True)
class RatioCheck:
    """Chi-square of the observed counts against the declared ratio."""

    statistic: float
    degrees: int
    p_value: float
    mismatch: bool


def check_ratio(counts: Sequence[int], weights: Sequence[float], alarm: float = ALARM) -> RatioCheck | Withheld:
    """Compare `counts` per arm with the declared `weights` (any positive scale).

    Arms of weight zero give no degree of freedom; a unit found in one is a mismatch by itself. Withheld where nothing
    was assigned, or fewer than two arms have weight. Raises ValueError on lengths that differ and on negative input.
    """
    pairs = _weighted(counts, weights)
    if pairs is None:
        return RatioCheck(math.inf, 0, 0.0, True)
    if isinstance(pairs, Withheld):
        return pairs
    total, scale = sum(count for count, _ in pairs), math.fsum(weight for _, weight in pairs)
    expected = [total * weight / scale for _, weight in pairs]
    statistic = math.fsum((count - mean) ** 2 / mean for (count, _), mean in zip(pairs, expected, strict=True))
    p_value = chi_square_tail(statistic, len(pairs) - 1)
    return RatioCheck(statistic, len(pairs) - 1, p_value, p_value < alarm)


def ratio_evidence(counts: Sequence[int], weights: Sequence[float], concentration: float = CONCENTRATION) -> Evidence | Withheld:
    """Evidence against the declared ratio that holds at any number of looks: Dirichlet-multinomial Bayes factor (Lindon, Malek, 2022).

    ln E = ln B(k theta + x) - ln B(k theta) - sum x ln theta, with theta the declared shares and k the `concentration` of the prior
    around them. Of the counts so far, so one call per run is enough. Withheld, and ValueError raised, as in `check_ratio`.
    """
    pairs = _weighted(counts, weights)
    if pairs is None:
        return Evidence(math.inf)
    if isinstance(pairs, Withheld):
        return pairs
    scale = math.fsum(weight for _, weight in pairs)
    prior = [(count, concentration * weight / scale) for count, weight in pairs]
    gained = math.fsum(math.lgamma(alpha + count) - math.lgamma(alpha) for count, alpha in prior)
    total = sum(count for count, _ in pairs)
    normal = math.lgamma(concentration + total) - math.lgamma(concentration)
    return Evidence(gained - normal - math.fsum(count * math.log(weight / scale) for count, weight in pairs))


def untrusted(checks: Mapping[str, RatioCheck | Withheld]) -> Withheld | None:
    """Why no lift may be shown: the first of the named checks that found a mismatch; None where none did.

    The split is checked on assignment, on exposure and on availability of the outcome, apart: each can break without the others.
    """
    for name, check in checks.items():
        if isinstance(check, RatioCheck) and check.mismatch:
            return Withheld(f"the arms do not match their declared ratio on {name} (p = {check.p_value:.2g})")
    return None


def _weighted(counts: Sequence[int], weights: Sequence[float]) -> list[tuple[int, float]] | Withheld | None:
    """The arms with weight; Withheld where they cannot be compared, None where a unit sits in an arm without weight."""
    if len(counts) != len(weights):
        raise ValueError(f"{len(counts)} counts for {len(weights)} weights")
    if any(count < 0 for count in counts) or any(weight < 0 for weight in weights):
        raise ValueError("counts and weights must not be negative")
    if any(count > 0 for count, weight in zip(counts, weights, strict=True) if weight == 0):
        return None
    pairs = [(count, weight) for count, weight in zip(counts, weights, strict=True) if weight > 0]
    if len(pairs) < 2:
        return Withheld("fewer than two arms have a positive weight")
    return pairs if sum(count for count, _ in pairs) else Withheld("nobody assigned yet")
