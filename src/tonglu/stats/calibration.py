"""Do predicted probabilities come true? Reliability by bin and the expected calibration error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reliability:
    """Units of like predicted probability: how many, the sum of what was predicted, and how many came true."""

    n: int = 0
    predicted: float = 0.0
    happened: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.happened <= self.n or not -1e-9 <= self.predicted <= self.n * (1 + 1e-9):
            raise ValueError(f"{self.happened} of {self.n} units, of which {self.predicted} were expected, cannot be")

    def __add__(self, other: Reliability) -> Reliability:
        return Reliability(self.n + other.n, self.predicted + other.predicted, self.happened + other.happened)

    @property
    def gap(self) -> float:
        """What happened less what was predicted, per unit; 0 without units."""
        return (self.happened - self.predicted) / self.n if self.n else 0.0


def calibration_error(bins: Sequence[Reliability]) -> float:
    """The expected calibration error: sum n_b / n |happened - predicted| (Naeini, Cooper, Hauskrecht 2015). 0 without units."""
    n = sum(one.n for one in bins)
    return math.fsum(one.n * abs(one.gap) for one in bins) / n if n else 0.0
