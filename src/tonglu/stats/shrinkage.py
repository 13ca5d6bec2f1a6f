"""Segment lifts drawn towards their common mean, by as much as their noise deserves (empirical Bayes).

The spread between segments by DerSimonian and Laird (1986), with w = 1/v and k segments:

    Q = sum w (y - sum w y / sum w)^2,  tau2 = max(0, (Q - (k - 1)) / (sum w - sum w^2 / sum w))

and each segment then B y + (1 - B) mu with B = tau2 / (tau2 + v), mu the mean weighted by 1 / (v + tau2). Its variance B v + (1 - B)^2 var(mu)
carries the uncertainty of mu, not that of tau2: with few segments it is a little too small (Morris 1983).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tonglu.stats.estimate import Estimate, Withheld


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Segments in the order in which they came, their common mean, and the variance tau2 between them."""

    segments: tuple[Estimate, ...]
    mean: Estimate
    tau2: float


def shrink(segments: Sequence[Estimate]) -> Shrunk | Withheld:
    """Draw independent estimates towards their mean. Withheld below two segments, for then nothing tells how much they differ."""
    if len(segments) < 2:
        return Withheld("fewer than two segments")
    tau2 = between(segments)
    weights = [1 / (one.variance + tau2) for one in segments]
    total, n = math.fsum(weights), sum(one.n for one in segments)
    value = math.fsum(weight * one.value for weight, one in zip(weights, segments, strict=True)) / total
    mean = Estimate(value, 1 / total, n, method="random effects")
    return Shrunk(tuple(_drawn(one, mean, tau2) for one in segments), mean, tau2)


def between(segments: Sequence[Estimate]) -> float:
    """tau2: the variance of the true effects, beyond what noise explains; 0 where noise explains all."""
    weights = [1 / one.variance for one in segments]
    total = math.fsum(weights)
    mean = math.fsum(weight * one.value for weight, one in zip(weights, segments, strict=True)) / total
    q = math.fsum(weight * (one.value - mean) ** 2 for weight, one in zip(weights, segments, strict=True))
    scale = total - math.fsum(weight**2 for weight in weights) / total
    return max(0.0, (q - (len(segments) - 1)) / scale)


def _drawn(one: Estimate, mean: Estimate, tau2: float) -> Estimate:
    own = tau2 / (tau2 + one.variance)
    variance = own * one.variance + (1 - own) ** 2 * mean.variance
    return Estimate(own * one.value + (1 - own) * mean.value, variance, one.n, method="shrunk")
