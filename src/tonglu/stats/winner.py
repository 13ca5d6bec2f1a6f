"""Is there a winner? Chances and expected loss say what to play; only evidence that survives daily looks declares.

The leader is declared when it beats every other arm in an always-valid test. The leader was picked by the data, and any of the K - 1
arms that are not the best might have been: so each test is held to alpha / (K - 1) (Bonferroni). P(best) above some limit is no test:
looked at every day it is wrong far more often than that limit suggests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tonglu.stats.always_valid import TIGHTEST_AT, Evidence, evidence
from tonglu.stats.beliefs import Belief
from tonglu.stats.estimate import Estimated, Withheld
from tonglu.stats.thompson import expected_loss, probability_best


@dataclass(frozen=True, slots=True)
class Standing:
    """How the leading arm stands.

    Attributes:
        arm: its number.
        probability_best: the chance that it is best.
        expected_loss: what choosing it now is expected to cost, in units of the objective.
        p_value: that it is not better than all others, valid at any number of looks and adjusted for the number of arms.
        declared: whether it is the winner.
        enough: whether choosing it now costs less than matters, declared or not: looking on is hardly worth while.
    """

    arm: int
    probability_best: float
    expected_loss: float
    p_value: float
    declared: bool
    enough: bool


def standing(
    beliefs: Sequence[Belief],
    compare: Callable[[int, int], Estimated],
    *,
    tolerance: float = 0.0,
    level: float = 0.95,
    tightest_at: float = TIGHTEST_AT,
    minimise: bool = False,
) -> Standing | Withheld:
    """How the leading arm stands against all others.

    Args:
        beliefs: of each arm.
        compare: the estimate of arm i less arm j; after a bandit one that is not biased (`post_bandit.aipw_difference`).
        tolerance: the expected loss below which a choice costs less than matters.
        level: 1 - alpha.
        tightest_at: N* of the always-valid test.
        minimise: whether less is better.

    Withheld with fewer than two arms, and where the leader cannot be compared with another arm yet.
    """
    if len(beliefs) < 2:
        return Withheld("fewer than two arms")
    best, loss = probability_best(beliefs, minimise=minimise), expected_loss(beliefs, minimise=minimise)
    leader = best.index(max(best))
    alpha = (1 - level) / (len(beliefs) - 1)
    worst = 0.0
    for other in range(len(beliefs)):
        if other == leader:
            continue
        apart = compare(leader, other)
        found = evidence(apart, tightest_at, 1 - alpha)
        if isinstance(apart, Withheld) or isinstance(found, Withheld):
            return Withheld(
                f"the leader cannot be compared with arm {other}: {apart.reason if isinstance(apart, Withheld) else ''}"
            )
        better = apart.value < 0 if minimise else apart.value > 0
        worst = max(worst, found.p_value if better and isinstance(found, Evidence) else 1.0)
    adjusted = min(1.0, worst * (len(beliefs) - 1))
    return Standing(leader, best[leader], loss[leader], adjusted, adjusted < 1 - level, loss[leader] <= tolerance)
