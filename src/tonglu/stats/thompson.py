"""Thompson sampling without sampling: which arm is best, and the propensities that the next run draws with.

P(arm is best) is integrated, not simulated, so the same counts give the same propensities on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tonglu.stats.beliefs import Belief, Floats

MILLION = 1_000_000
_NODES = 20


def probability_best(arms: Sequence[Belief], *, minimise: bool = False) -> tuple[float, ...]:
    """P(arm i has the highest rate or value) for independent beliefs; with `minimise`, the lowest.

    Integral of f_i(x) prod_{j != i} F_j(x), by Gauss-Legendre between the quantiles of all arms; the sum over arms is
    1 to about 1e-12 before it is normalised. Raises ValueError without arms.
    """
    if not arms:
        raise ValueError("no arms")
    if len(arms) == 1:
        return (1.0,)
    beliefs = [arm.mirrored() for arm in arms] if minimise else list(arms)
    nodes, weights = _grid(beliefs)
    density = weights * np.array([belief.density(nodes) for belief in beliefs])
    # Millions of outcomes cost betaln nine digits, the same in every node of an arm: its own sum takes that out.
    density /= density.sum(axis=1, keepdims=True)
    below = np.array([belief.below(nodes) for belief in beliefs])
    best = np.array([np.sum(density[arm] * np.prod(np.delete(below, arm, axis=0), axis=0)) for arm in range(len(beliefs))])
    return tuple(float(share) for share in best / best.sum())


def expected_loss(arms: Sequence[Belief], *, minimise: bool = False) -> tuple[float, ...]:
    """What choosing arm i is expected to cost: E[max_j theta_j] - E[theta_i] (Stucchio 2015); with `minimise`, E[theta_i] - E[min_j theta_j].

    E[max] is the upper end less the integral of prod F_j, on the nodes of `probability_best`. Raises ValueError without arms.
    """
    if not arms:
        raise ValueError("no arms")
    if len(arms) == 1:
        return (0.0,)
    beliefs = [arm.mirrored() for arm in arms] if minimise else list(arms)
    nodes, weights = _grid(beliefs)
    upper = max(float(belief.cuts().max()) for belief in beliefs)
    highest = upper - float(weights @ np.prod([belief.below(nodes) for belief in beliefs], axis=0))
    return tuple(max(0.0, highest - belief.mean) for belief in beliefs)


def top_two(best: Sequence[float], leader: float = 0.5) -> tuple[float, ...]:
    """Top-two Thompson weights in closed form (Russo 2016): how often each arm is played.

    psi_i = a_i (b + (1 - b) sum_{j != i} a_j / (1 - a_j)) with a = `best` and b = `leader`. Where one arm is best beyond
    doubt, the others share 1 - b in their ratio, evenly if that too is beyond the precision of floats.
    """
    if len(best) == 1:
        return (1.0,)
    rests = [math.fsum(share for other, share in enumerate(best) if other != arm) for arm in range(len(best))]
    if 0.0 in rests:
        certain = rests.index(0.0)
        return tuple(leader if arm == certain else (1 - leader) / (len(best) - 1) for arm in range(len(best)))
    odds = [share / rest for share, rest in zip(best, rests, strict=True)]
    weights = [
        share * (leader + (1 - leader) * math.fsum(o for other, o in enumerate(odds) if other != arm))
        for arm, share in enumerate(best)
    ]
    scale = math.fsum(weights)
    return tuple(weight / scale for weight in weights)


def allocation(weights: Sequence[float], floor: float) -> tuple[float, ...]:
    """The next run's propensities p_i = f + (1 - K f) a_i, so that no arm falls below its exploration floor.

    Each is a number of 6 decimals, and together they are exactly 1: what rounding down leaves goes to the last arm.
    Raises ValueError where the floor does not fit K times into 1, or the weights are not shares of 1.
    """
    return tuple(part / MILLION for part in allocation_in_millionths(weights, floor))


def allocation_in_millionths(weights: Sequence[float], floor: float) -> tuple[int, ...]:
    """`allocation` as whole millionths, which sum to 1,000,000."""
    arms = len(weights)
    if not weights or min(weights) < 0 or not math.isclose(math.fsum(weights), 1.0, abs_tol=1e-9):
        raise ValueError(f"weights {tuple(weights)} are not shares of 1")
    if floor < 0 or floor * arms > 1 + 1e-12:
        raise ValueError(f"a floor of {floor} does not fit {arms} arms")
    spread = max(0.0, 1 - arms * floor)
    # Down, not to nearest: an arm at a floor of up to 6 decimals stays on it, and the last one can only gain.
    parts = [math.floor((floor + spread * weight) * MILLION + 1e-6) for weight in weights[:-1]]
    return (*parts, MILLION - sum(parts))


def _grid(beliefs: Sequence[Belief]) -> tuple[Floats, Floats]:
    """Quadrature nodes and weights, panels cut where the beliefs say."""
    edges = np.unique(np.concatenate([belief.cuts() for belief in beliefs]))
    points, shares = np.polynomial.legendre.leggauss(_NODES)
    half = np.diff(edges)[:, None] / 2
    middle = (edges[:-1] + edges[1:])[:, None] / 2
    nodes, weights = (middle + half * points).ravel(), (half * shares).ravel()
    inside = (nodes > edges[0]) & (nodes < edges[-1])
    return nodes[inside], weights[inside]
