"""From numbers to places on a drawing, round ticks, and how numbers are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from a range of numbers (low < high) to a range of places."""

    numbers: tuple[float, float]
    places: tuple[float, float]

    def __call__(self, number: float) -> float:
        """Where a number lies; numbers outside are put on the nearer end."""
        low, high = self.numbers
        share = min(1.0, max(0.0, (number - low) / (high - low))) if high > low else 0.0
        return self.places[0] + share * (self.places[1] - self.places[0])

    def ticks(self, about: int) -> list[float]:
        """Round numbers in the range, about as many as asked for."""
        low, high = self.numbers
        step = round_step((high - low) / max(1, about))
        return [index * step for index in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def round_step(rough: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is not below `rough`."""
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))


def spanning(values: Sequence[float], least: float) -> tuple[float, float]:
    """A range with zero and all finite values, a little wider on both sides, at least `least` wide."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    pad = max(least - (high - low), (high - low) * 0.12) / 2
    return low - pad, high + pad


def at_least_zero(highest: float) -> tuple[float, float]:
    """From zero to a round number at or above `highest`."""
    step = round_step(max(1.0, highest) / 4)
    return 0.0, step * math.ceil(max(1.0, highest) / step)


def percent(share: float, digits: int = 0) -> str:
    """A share of one as per cent; what is not nothing is not written as 0."""
    if 0 < share < 0.5 * 10 ** -(digits + 2):
        return f"<{10**-digits:.{digits}f}%"
    return f"{share * 100:.{digits}f}%"


def points(difference: float | None) -> str:
    """A difference of rates in percentage points, with its sign and a true minus."""
    if difference is None or not math.isfinite(difference):
        return "–"
    return signed(difference * 100)


def signed(number: float) -> str:
    """A number with two decimals, thousands apart, its sign and a true minus; nothing has no sign."""
    written = f"{number:+,.2f}"
    return "0.00" if written in ("+0.00", "-0.00") else written.replace("-", "\N{MINUS SIGN}")
