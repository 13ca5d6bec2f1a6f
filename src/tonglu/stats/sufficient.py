"""Sufficient statistics: what SQL hands over, one value per arm (and stratum), frozen and addable.

Adding two values gives the statistics of the two groups taken together, so strata, days and shards can be
summed in any order. Sums may be integers of any size (money in fen): they are kept as they come, and the
variance is formed from them before dividing, so that integers lose nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proportion:
    """`n` units of which `conversions` converted.

    Raises ValueError when the counts cannot be (negative, or more conversions than units).
    """

    n: int = 0
    conversions: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.conversions <= self.n:
            raise ValueError(f"{self.conversions} conversions of {self.n} units cannot be")

    def __add__(self, other: Proportion) -> Proportion:
        return Proportion(self.n + other.n, self.conversions + other.conversions)

    @property
    def rate(self) -> float:
        """Conversions per unit; 0 where there are no units."""
        return self.conversions / self.n if self.n else 0.0

    def moments(self) -> Moments:
        """The same data as a 0/1 outcome."""
        return Moments(self.n, self.conversions, self.conversions)


@dataclass(frozen=True, slots=True)
class Moments:
    """`n` units with the sum of an outcome (`total`) and of its square (`squares`)."""

    n: int = 0
    total: float = 0
    squares: float = 0

    def __post_init__(self) -> None:
        if self.n < 0 or self.squares < 0:
            raise ValueError(f"moments of {self.n} units with squares {self.squares} cannot be")

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.n + other.n, self.total + other.total, self.squares + other.squares)

    @property
    def mean(self) -> float:
        """The mean outcome; 0 where there are no units."""
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """The sample variance (divisor n - 1); 0 below two units."""
        if self.n < 2:
            return 0.0
        return max(0.0, (self.n * self.squares - self.total * self.total) / (self.n * (self.n - 1)))


@dataclass(frozen=True, slots=True)
class Covaried:
    """`n` units with an outcome y and a covariate x that was measured before: sums of y, y^2, x, x^2 and xy."""

    n: int = 0
    y: float = 0
    y2: float = 0
    x: float = 0
    x2: float = 0
    xy: float = 0

    def __post_init__(self) -> None:
        if self.n < 0 or self.y2 < 0 or self.x2 < 0:
            raise ValueError(f"moments of {self.n} units with squares {self.y2} and {self.x2} cannot be")

    def __add__(self, other: Covaried) -> Covaried:
        return Covaried(
            self.n + other.n,
            self.y + other.y,
            self.y2 + other.y2,
            self.x + other.x,
            self.x2 + other.x2,
            self.xy + other.xy,
        )

    @property
    def outcome(self) -> Moments:
        """Of the outcome alone."""
        return Moments(self.n, self.y, self.y2)

    @property
    def covariate(self) -> Moments:
        """Of the covariate alone."""
        return Moments(self.n, self.x, self.x2)

    @property
    def covariance(self) -> float:
        """The sample covariance of outcome and covariate (divisor n - 1); 0 below two units."""
        return (self.n * self.xy - self.x * self.y) / (self.n * (self.n - 1)) if self.n > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Clusters:
    """Units that were assigned together, e.g. all entries of one customer or all employees of one employer.

    With n_i units and outcome y_i in cluster i: `clusters` = how many, `n` = sum n_i, `n2` = sum n_i^2,
    `y` = sum y_i, `y2` = sum y_i^2, `ny` = sum n_i y_i.
    """

    clusters: int = 0
    n: int = 0
    n2: int = 0
    y: float = 0
    y2: float = 0
    ny: float = 0

    def __post_init__(self) -> None:
        if not 0 <= self.clusters <= self.n <= self.n2:
            raise ValueError(f"{self.clusters} clusters with n {self.n} and n2 {self.n2} cannot be")

    def __add__(self, other: Clusters) -> Clusters:
        return Clusters(
            self.clusters + other.clusters,
            self.n + other.n,
            self.n2 + other.n2,
            self.y + other.y,
            self.y2 + other.y2,
            self.ny + other.ny,
        )

    @classmethod
    def of_ones(cls, proportion: Proportion) -> Clusters:
        """The proportion as clusters of one unit each."""
        n, y = proportion.n, proportion.conversions
        return cls(n, n, n, y, y, y)

    @property
    def ratio(self) -> float:
        """Outcome per unit; 0 where there are no units."""
        return self.y / self.n if self.n else 0.0

    @property
    def singletons(self) -> bool:
        """Whether every cluster has one unit."""
        return self.clusters == self.n == self.n2

    @property
    def ratio_variance(self) -> float:
        """The variance of `ratio` by the delta method; 0 below two clusters.

        k/(k-1) * sum (y_i - R n_i)^2 / n^2 (Deng, Knoblich, Lu, KDD 2018). For clusters of one unit this is the
        sample variance of the outcome divided by n.
        """
        k, n = self.clusters, self.n
        if k < 2:
            return 0.0
        # Multiplied out by n^2 first, so that integer sums stay exact.
        residual = n * n * self.y2 - 2 * n * self.y * self.ny + self.y * self.y * self.n2
        return max(0.0, float(residual) / (float(n) ** 4)) * k / (k - 1)
