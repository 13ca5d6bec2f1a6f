"""Several objectives and guardrails: what share each arm gets when a journey states more than one aim.

An objective's weight is the share of decisions that are made for its sake, so an arm's share is sum_k weight_k P(arm is best for k).
A guardrail is no objective: an arm that very probably breaks it is not played at all, not even to explore.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tonglu.stats.beliefs import Belief
from tonglu.stats.estimate import Withheld
from tonglu.stats.thompson import MILLION, allocation_in_millionths, probability_best

NO_ARM_LEFT = Withheld("every arm breaks a guardrail")


@dataclass(frozen=True, slots=True)
class Objective:
    """One aim: what is believed of each arm in it, how much it weighs, and whether less of it is better."""

    name: str
    beliefs: tuple[Belief, ...]
    weight: float = 1.0
    minimise: bool = False

    def best(self) -> tuple[float, ...]:
        """P(each arm is best) in this aim."""
        return probability_best(self.beliefs, minimise=self.minimise)


@dataclass(frozen=True, slots=True)
class Guardrail:
    """What must not exceed `limit`, such as the rate of complaints: an arm breaks it when it does so with probability `sure` or more."""

    name: str
    beliefs: tuple[Belief, ...]
    limit: float
    sure: float = 0.95

    def broken(self) -> tuple[bool, ...]:
        """Which arms break it."""
        return tuple(1 - float(belief.below(np.array([self.limit]))[0]) >= self.sure for belief in self.beliefs)


def leaders(objectives: Sequence[Objective]) -> dict[str, int]:
    """The most probably best arm for each objective; where they differ, the better arm depends on what is wanted."""
    found = {}
    for objective in objectives:
        best = objective.best()
        found[objective.name] = best.index(max(best))
    return found


@dataclass(frozen=True, slots=True)
class Weighed:
    """Each arm's share, before exploration, and which arms keep within all guardrails; the others have none."""

    shares: tuple[float, ...]
    allowed: tuple[bool, ...]


def weigh(objectives: Sequence[Objective], guardrails: Sequence[Guardrail] = ()) -> Weighed | Withheld:
    """Each arm's share, as the objectives and guardrails have it.

    Withheld where every arm breaks one. Raises ValueError without objectives, on numbers of arms that differ and on weights that are not
    positive.
    """
    if not objectives or any(objective.weight <= 0 for objective in objectives):
        raise ValueError("at least one objective is needed, and all weigh more than 0")
    sizes = {len(objective.beliefs) for objective in objectives} | {len(guardrail.beliefs) for guardrail in guardrails}
    if len(sizes) != 1:
        raise ValueError("not every objective and guardrail has the same arms")
    [arms] = sizes
    broken = [guardrail.broken() for guardrail in guardrails]
    allowed = tuple(not any(one[arm] for one in broken) for arm in range(arms))
    if not any(allowed):
        return NO_ARM_LEFT
    scale = math.fsum(objective.weight for objective in objectives)
    total = np.zeros(arms)
    for objective in objectives:
        kept = [belief for belief, may in zip(objective.beliefs, allowed, strict=True) if may]
        total[np.array(allowed)] += objective.weight / scale * np.array(probability_best(kept, minimise=objective.minimise))
    return Weighed(tuple(float(share) for share in total), allowed)


def guarded_allocation(weighed: Weighed, floor: float) -> tuple[float, ...]:
    """The next run's propensities: arms that break a guardrail get exactly 0, the others keep the exploration floor.

    Of 6 decimals and together exactly 1, as in `allocation`.
    """
    played = [share for share, may in zip(weighed.shares, weighed.allowed, strict=True) if may]
    parts = iter(allocation_in_millionths(played, floor))
    return tuple(next(parts) / MILLION if may else 0.0 for may in weighed.allowed)
