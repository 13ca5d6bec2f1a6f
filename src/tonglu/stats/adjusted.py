"""Clusters with a covariate that was measured before anybody was assigned: CUPED for ratios of clusters, within strata.

With z = y - R n and w = x - X n of each cluster (R and X the ratios over both arms of a stratum), theta = sum z w / sum w^2 over all
strata, and y - theta (x - X n) takes the place of y: the delta method of Deng, Xu, Kohavi and Walker (WSDM 2013), appendix B. For
clusters of one unit in one stratum it is `stratified.cuped`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tonglu.stats.sufficient import Clusters

NONE = Clusters()


@dataclass(frozen=True, slots=True)
class Foretold:
    """Clusters with the covariate x of each cluster's units: sums of x_i, x_i^2, n_i x_i and x_i y_i."""

    outcome: Clusters = NONE
    x: float = 0
    x2: float = 0
    nx: float = 0
    xy: float = 0

    def __add__(self, other: Foretold) -> Foretold:
        return Foretold(
            self.outcome + other.outcome, self.x + other.x, self.x2 + other.x2, self.nx + other.nx, self.xy + other.xy
        )

    @property
    def foretelling(self) -> float:
        """The covariate per unit; 0 where there are no units."""
        return self.x / self.outcome.n if self.outcome.n else 0.0


Pair = tuple[Foretold, Foretold]


def slope(strata: Sequence[Pair]) -> float:
    """theta; 0 where the covariate does not vary inside any stratum."""
    products, squares = [], []
    for treated, control in strata:
        both = treated + control
        y, ratio, level = both.outcome, both.outcome.ratio, both.foretelling
        products.append(float(both.xy - ratio * both.nx - level * y.ny + ratio * level * y.n2))
        squares.append(float(both.x2 - 2 * level * both.nx + level * level * y.n2))
    spread, size = math.fsum(squares), math.fsum(float(one.x2) for pair in strata for one in pair)
    return math.fsum(products) / spread if spread > 1e-12 * size else 0.0


def adjusted(strata: Sequence[Pair]) -> list[tuple[Clusters, Clusters]]:
    """The clusters of each stratum's arms, (treated, control), freed of what the covariate foretold."""
    theta = slope(strata)
    freed = []
    for treated, control in strata:
        level = (treated + control).foretelling
        freed.append((_freed(treated, theta, level), _freed(control, theta, level)))
    return freed


def _freed(arm: Foretold, theta: float, level: float) -> Clusters:
    """With y - theta x + theta X n for y, multiplied out."""
    y, shift = arm.outcome, theta * level
    if not theta:
        return y
    squares = y.y2 + theta**2 * arm.x2 + shift**2 * y.n2 - 2 * theta * arm.xy + 2 * shift * y.ny - 2 * theta * shift * arm.nx
    return Clusters(
        y.clusters,
        y.n,
        y.n2,
        float(y.y - theta * arm.x + shift * y.n),
        max(0.0, float(squares)),
        float(y.ny - theta * arm.nx + shift * y.n2),
    )
