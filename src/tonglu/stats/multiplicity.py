"""Many comparisons: Holm where no false alarm is wanted (arms against control), Benjamini-Hochberg where few are (all journeys' page)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tonglu.stats.always_valid import Evidence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p values that keep the chance of any false alarm (Holm 1979): the running maximum of (m - i) p_(i), i from 0."""
    m, running = len(p_values), 0.0
    adjusted = [0.0] * m
    for rank, number in enumerate(_order(p_values)):
        running = max(running, min(1.0, (m - rank) * p_values[number]))
        adjusted[number] = running
    return tuple(adjusted)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p values that keep the expected share of false alarms among alarms (1995): the running minimum of m p_(i) / i from the top.

    For p values that are independent or positively dependent; for any others `e_benjamini_hochberg`.
    """
    m, running = len(p_values), 1.0
    adjusted = [0.0] * m
    for rank, number in reversed(list(enumerate(_order(p_values), start=1))):
        running = min(running, m * p_values[number] / rank)
        adjusted[number] = running
    return tuple(adjusted)


def e_benjamini_hochberg(evidence: Sequence[Evidence], alpha: float = 0.05) -> tuple[bool, ...]:
    """Which effects are discovered by their e values, whatever their dependence and however often they were looked at (Wang, Ramdas 2022).

    The k largest, for the greatest k with k E_(k) / m >= 1 / alpha.
    """
    m = len(evidence)
    order = sorted(range(m), key=lambda number: -evidence[number].log_e)
    most = max((k for k in range(1, m + 1) if math.log(k / m) + evidence[order[k - 1]].log_e >= -math.log(alpha)), default=0)
    found = set(order[:most])
    return tuple(number in found for number in range(m))


def _order(p_values: Sequence[float]) -> list[int]:
    """Numbers by rising p value. Raises ValueError where one lies outside 0 to 1."""
    if any(not 0 <= p <= 1 for p in p_values):
        raise ValueError("p values lie between 0 and 1")
    return sorted(range(len(p_values)), key=lambda number: p_values[number])
