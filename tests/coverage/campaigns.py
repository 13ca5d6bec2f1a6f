"""What campaigns are made of: base rates, sizes, and what a campaign's customers have in common or what foretells them."""

from dataclasses import dataclass

import numpy as np
from tests.coverage.lab import People

UPLIFT = 0.25
"""Touches raise every customer's chance by this share."""
LEVELS = np.array([0.3, 0.7, 1.0, 1.3, 1.7])
"""How far what foretells moves a customer's chance, in five groups of one size; the mean is 1."""
STRATA, STRATUM_SHARES = np.array([0.6, 1.1, 1.4, 1.5]), np.array([0.4, 0.3, 0.2, 0.1])
"""How far a stratum moves the chance, and how large each is; the mean is 1."""
CLUSTER = np.array([0.5, 1.0, 1.5])
"""How far a cluster (an employer) moves the chance of its members; the mean is 1."""
MEAN_CLUSTER = 4
"""Members of a cluster on average, of geometric law."""
UNKNOWN = 0.1
"""The share of customers of whom nothing foretells."""
KINDS = ("plain", "cuped", "strata", "cuped, strata", "clusters", "clusters, cuped", "clusters, strata")


@dataclass(frozen=True)
class Setting:
    """Campaigns of one kind: `size` entries each (on average, where they cluster), `rate` of the goal without touches."""

    kind: str
    rate: float
    size: int
    holdout: float

    @property
    def lift(self) -> float:
        """The effect of being touched on the chance of the goal."""
        return self.rate * UPLIFT

    @property
    def conversions(self) -> float:
        """Expected in the arm that has the fewer."""
        return self.size * self.rate * min(self.holdout, (1 - self.holdout) * (1 + UPLIFT))

    def made(self, chance: np.random.Generator, campaigns: int, *, uplift: float = UPLIFT) -> People:
        """The customers of so many campaigns, numbered from 0."""
        clustered = "clusters" in self.kind
        units = self.size // MEAN_CLUSTER if clustered else self.size
        sizes = chance.geometric(1 / MEAN_CLUSTER, campaigns * units) if clustered else np.ones(campaigns * units, dtype=np.int64)
        campaign = np.repeat(np.repeat(np.arange(campaigns), units), sizes)
        n = len(campaign)
        factor, unit, x, stratum = np.ones(n), None, None, None
        if clustered:
            unit = np.repeat(np.arange(campaigns * units), sizes)
            factor = factor * np.repeat(chance.choice(CLUSTER, len(sizes)), sizes)
        if "strata" in self.kind:
            stratum = chance.choice(len(STRATA), n, p=STRATUM_SHARES)
            factor = factor * STRATA[stratum]
        if "cuped" in self.kind:
            group = chance.integers(0, len(LEVELS), n)
            factor = factor * LEVELS[group]
            told = np.round(100 * (LEVELS[group] + chance.normal(0, 0.3, n))).astype(np.int64)
            x = np.ma.MaskedArray(told, chance.random(n) < UNKNOWN)
        draw, untouched = chance.random(n), self.rate * factor
        assert (untouched * (1 + uplift)).max() <= 1
        worth = np.round(chance.gamma(2, 5000, n)).astype(np.int64)
        return People(campaign, draw < untouched * (1 + uplift), draw < untouched, worth, unit, stratum, x)
