"""Sample-ratio mismatch: were the arms filled in the declared ratio?

A mismatch means that something other than chance decided who is in which arm, and then no lift can be trusted:
whoever shows a lift withholds it and says why.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tonglu.stats.distributions import chi_square_tail
from tonglu.stats.estimate import Withheld

ALARM = 0.001
"""The p value below which the split is called broken; strict, because the check is repeated every run."""


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
    if len(counts) != len(weights):
        raise ValueError(f"{len(counts)} counts for {len(weights)} weights")
    if any(count < 0 for count in counts) or any(weight < 0 for weight in weights):
        raise ValueError("counts and weights must not be negative")
    if any(count > 0 for count, weight in zip(counts, weights, strict=True) if weight == 0):
        return RatioCheck(math.inf, 0, 0.0, True)
    pairs = [(count, weight) for count, weight in zip(counts, weights, strict=True) if weight > 0]
    total, scale = sum(count for count, _ in pairs), math.fsum(weight for _, weight in pairs)
    if len(pairs) < 2:
        return Withheld("fewer than two arms have a positive weight")
    if total == 0:
        return Withheld("nobody assigned yet")
    expected = [total * weight / scale for _, weight in pairs]
    statistic = math.fsum((count - mean) ** 2 / mean for (count, _), mean in zip(pairs, expected, strict=True))
    p_value = chi_square_tail(statistic, len(pairs) - 1)
    return RatioCheck(statistic, len(pairs) - 1, p_value, p_value < alarm)
