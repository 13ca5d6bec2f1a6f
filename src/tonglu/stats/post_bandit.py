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
    """One arm's mean less another's over the same runs; the covariance of the two, whose scores share units, is taken off.

    Raises ValueError where the runs are not the same.
    """
    if [batch.n for batch in treated] != [batch.n for batch in control]:
        raise ValueError("the arms were not seen in the same runs")
    left, right = _scores(treated, first), _scores(control, first)
    q_t, q_c = _weighted(left, "aipw"), _weighted(right, "aipw")
    if isinstance(q_t, Withheld) or isinstance(q_c, Withheld):
        return q_t if isinstance(q_t, Withheld) else q_c
    cross = math.fsum(a.weight * b.weight * _product(a, b, q_t.value, q_c.value) for a, b in zip(left, right, strict=True))
    scale = math.fsum(a.weight * a.n for a in left) * math.fsum(b.weight * b.n for b in right)
    variance = q_t.variance + q_c.variance - 2 * cross / scale
    return Estimate(q_t.value - q_c.value, variance, q_t.n, method="aipw") if variance > 0 else NO_VARIATION


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
        return Withheld("this arm was never played")
    value = math.fsum(one.weight * (one.n * one.start + one.added) for one in scores) / scale
    variance = math.fsum(one.weight**2 * one.around(value) for one in scores) / scale**2
    return Estimate(value, variance, sum(one.n for one in scores), method=method) if variance > 0 else NO_VARIATION


def _product(a: _Scores, b: _Scores, q_a: float, q_b: float) -> float:
    """Sum of (score_a - Q_a)(score_b - Q_b) over a run's units, none of which got both arms."""
    return a.n * (a.start - q_a) * (b.start - q_b) + (a.start - q_a) * b.added + (b.start - q_b) * a.added
