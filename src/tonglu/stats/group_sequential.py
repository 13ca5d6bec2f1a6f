"""Intervals for a planned number of looks: alpha is spent over them, look by look (Lan and DeMets, Biometrika 1983).

The boundary c_k is where the chance to leave (-c_k, c_k) at look k, and at none before, is what the spending function allows for it.
The score process has independent normal increments, so its density is carried from look to look by integration (Armitage, McPherson
and Rowe 1969; Jennison and Turnbull 2000, chapter 19).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tonglu.stats.distributions import normal_quantile
from tonglu.stats.estimate import Effect, Estimated, Interval, Withheld

Spending = Callable[[float, float], float]
_NODES = 12
_FARTHEST = 40.0


def obrien_fleming(fraction: float, alpha: float) -> float:
    """Spends hardly anything early: on each side 2 - 2 Phi(z_{alpha/4} / sqrt(t)), which is alpha/2 at the end."""
    return float(4 * special.ndtr(normal_quantile(alpha / 4) / math.sqrt(fraction)))


def pocock(fraction: float, alpha: float) -> float:
    """Spends nearly evenly: alpha ln(1 + (e - 1) t)."""
    return alpha * math.log1p((math.e - 1) * fraction)


def boundaries(fractions: Sequence[float], level: float = 0.95, spending: Spending = obrien_fleming) -> tuple[float, ...]:
    """The critical value of |z| for each look, at these shares of the planned information (rising, up to 1).

    The first k values depend on the first k looks alone, so looks may come when they come; but how much is planned is fixed.
    Raises ValueError where the shares do not rise from above 0 to at most 1.
    """
    if not fractions or fractions[0] <= 0 or fractions[-1] > 1 or any(b <= a for a, b in pairwise(fractions)):
        raise ValueError(f"looks at {tuple(fractions)} of the information do not rise from above 0 to at most 1")
    found: list[float] = []
    nodes, mass = np.zeros(1), np.ones(1)  # the score is 0 before the first look
    before = spent = 0.0
    for fraction, after in zip(fractions, (*fractions[1:], 2.0), strict=True):
        step = math.sqrt(fraction - before)
        allowed = spending(fraction, 1 - level) - spent
        edge = _edge(nodes, mass, step, allowed)
        found.append(edge / math.sqrt(fraction))
        finest = min(step, math.sqrt(after - fraction))
        nodes, mass = _carry(nodes, mass, step, min(edge, _FARTHEST * math.sqrt(fraction)), finest)
        before, spent = fraction, spent + allowed
    return tuple(found)


def group_sequential(estimate: Estimated, boundary: float) -> Effect:
    """The repeated confidence interval at a planned look: value +- boundary * standard error (Jennison and Turnbull 1989).

    `Withheld` passes through.
    """
    if isinstance(estimate, Withheld):
        return estimate
    half = boundary * estimate.error
    return Interval(estimate.value, estimate.value - half, estimate.value + half, "group-sequential")


def _edge(nodes: NDArray[np.float64], mass: NDArray[np.float64], step: float, allowed: float) -> float:
    """The score beyond which, on both sides, lies the probability `allowed`."""
    if allowed <= 0:
        return math.inf

    def excess(edge: float) -> float:
        return math.log(float(mass @ (special.ndtr((nodes - edge) / step) + special.ndtr((-nodes - edge) / step)))) - math.log(
            allowed
        )

    from scipy.optimize import brentq

    reach = float(np.abs(nodes).max())
    high = reach + step
    while excess(high) > 0:
        high += step
    return float(brentq(excess, 0.0, high, xtol=1e-14, rtol=1e-14))


def _carry(
    nodes: NDArray[np.float64], mass: NDArray[np.float64], step: float, edge: float, finest: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The law of the score after one more step, as nodes and masses between the edges, which it has not left; as fine as the finer of
    this step and the next one."""
    points, shares = np.polynomial.legendre.leggauss(_NODES)
    panels = max(8, math.ceil(2 * edge / finest))
    cuts = np.linspace(-edge, edge, panels + 1)
    half = np.diff(cuts)[:, None] / 2
    new = ((cuts[:-1] + cuts[1:])[:, None] / 2 + half * points).ravel()
    kernel = np.exp(-(((new[:, None] - nodes) / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
    return new, (half * shares).ravel() * (kernel @ mass)
