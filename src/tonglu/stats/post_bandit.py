"""What an arm is worth after a bandit: the arms' plain means are biased, for an arm that is unlucky early is hardly played again.

From each run's propensities, which are known: inverse propensity weighting, and the augmented form with stabilised weights (Hadad,
Hirshberg, Zhan, Wager, Athey, PNAS 2021). For unit i of run t, with e_t the arm's propensity and m_t the arm's mean in earlier runs,

    score_i = m_t + 1{arm} / e_t (y_i - m_t),  h_t = sqrt(e_t),  Q = sum h score / sum h,  V = sum h^2 (score - Q)^2 / (sum h)^2

The weights h keep the variance of rarely played runs from taking over, so that Q is asymptotically normal though propensities adapt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tonglu.stats.estimate import NO_VARIATION, Estimate, Estimated, Withheld
from tonglu.stats.sufficient import Moments

NEVER_PLAYED = Withheld("this arm was never played")


@dataclass(frozen=True, slots=True)
class Batch:
    """One run (and stratum), seen from one arm: `n` units of all arms, this arm's propensity, the outcomes of those who got it."""

    n: int
    propensity: float
    seen: Moments

    def __post_init__(self) -> None:
        if not (0 <= self.propensity <= 1 and self.seen.n <= self.n) or (self.seen.n and not self.propensity):
            raise ValueError(f"{self.seen.n} of {self.n} units with propensity {self.propensity} cannot be")


@dataclass(frozen=True, slots=True)
class _Scores:
    """A run's scores: how many, their weight, the mean they start from, and what the arm's outcomes add: sum and squares of (y - m)/e."""

    n: int
    weight: float
    start: float
    added: float
    squares: float

    def around(self, centre: float) -> float:
        """Sum of (score - centre)^2."""
        return self.n * (self.start - centre) ** 2 + 2 * (self.start - centre) * self.added + self.squares


def ipw(batches: Sequence[Batch]) -> Estimated:
    """The arm's mean by inverse propensity: sum 1{arm} y / e over n. Unbiased, and noisy where the arm was rarely played.

    Withheld where a run could not play the arm at all.
    """
    if any(batch.propensity == 0 and batch.n for batch in batches):
        return Withheld("a run could not play this arm: its propensity was 0")
    flat = [
        _Scores(one.n, 1.0, 0.0, one.seen.total / one.propensity, one.seen.squares / one.propensity**2)
        for one in batches
        if one.n
    ]
    return _weighted(flat, "ipw")


def aipw(batches: Sequence[Batch], first: float = 0.0) -> Estimated:
    """The arm's mean, augmented and with stabilised weights, over runs in their order.

    `first` is the mean expected in the first run, fixed beforehand; any number is right, a near one less noisy. Runs that could not play
    the arm have no weight.
    """
    return _weighted(_scores(batches, first), "aipw")


def aipw_difference(treated: Sequence[Batch], control: Sequence[Batch], first: float = 0.0) -> Estimated:
    """One arm's mean less another's, run by run: scores of the same unit are subtracted before anything is weighted.

    Both arms have the same weight in a run, h_t = (1/e_t + 1/e_c)^(-1/2), so what a season gives to both is in neither's favour however
    their propensities moved with it. Runs that could play only one of them have no weight. Raises ValueError where the runs are not the
    same.
    """
    if [batch.n for batch in treated] != [batch.n for batch in control]:
        raise ValueError("the arms were not seen in the same runs")
    left, right = _scores(treated, first), _scores(control, first)
    if not all(any(batch.propensity and batch.n for batch in arm) for arm in (treated, control)):
        return NEVER_PLAYED
    both = [
        _Scores(a.n, _together(t.propensity, c.propensity), a.start - b.start, a.added - b.added, a.squares + b.squares)
        for a, b, t, c in zip(left, right, treated, control, strict=True)
    ]
    found = _weighted(both, "aipw")
    return Withheld("no run could play both arms") if found == NEVER_PLAYED else found


def mean_alongside(batches: Sequence[Batch], beside: Sequence[Moments]) -> Estimated:
    """The mean of other units of the same runs, such as controls, each run with the weight that `aipw` gives it for the arm.

    So a season is in both. Raises ValueError where the runs are not the same.
    """
    known = [(math.sqrt(batch.propensity), seen) for batch, seen in zip(batches, beside, strict=True)]
    return _weighted([_Scores(seen.n, weight, 0.0, seen.total, seen.squares) for weight, seen in known], "alongside")


def _scores(batches: Sequence[Batch], first: float) -> list[_Scores]:
    found, earlier = [], Moments()
    for batch in batches:
        start, e, seen = (earlier.mean if earlier.n else first), batch.propensity, batch.seen
        added = (seen.total - start * seen.n) / e if e else 0.0
        squares = (seen.squares - 2 * start * seen.total + start * start * seen.n) / e**2 if e else 0.0
        found.append(_Scores(batch.n, math.sqrt(e), start, added, squares))
        earlier += seen
    return found


def _weighted(scores: Sequence[_Scores], method: str) -> Estimated:
    scale = math.fsum(one.weight * one.n for one in scores)
    if scale == 0:
        return NEVER_PLAYED
    value = math.fsum(one.weight * (one.n * one.start + one.added) for one in scores) / scale
    variance = math.fsum(one.weight**2 * one.around(value) for one in scores) / scale**2
    return Estimate(value, variance, sum(one.n for one in scores), method=method) if variance > 0 else NO_VARIATION


def _together(one: float, other: float) -> float:
    """The weight of a run for the difference of two arms; 0 where it could not play both."""
    return 1 / math.sqrt(1 / one + 1 / other) if one and other else 0.0
