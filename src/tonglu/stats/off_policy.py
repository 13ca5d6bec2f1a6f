"""What another policy would have earned, judged from the log of the one that ran.

With e the logged propensity and pi the target policy's, w = pi / e. Inverse propensity scoring (IPS), its self-normalised form (SNIPS),
the direct method (DM) and the doubly robust one (DR: Dudik, Langford, Li, ICML 2011; cross-fitted as in Chernozhukov et al. 2018):

    IPS = sum w r / n    SNIPS = sum w r / sum w    DM = sum_s n_s / n sum_a pi(a|s) q(s, a)    DR = DM + sum w (r - q) / n

q(s, a) is the mean reward of arm a in stratum s, for DR among the other folds. The target policy is constant within a stratum.
An answer that rests on a handful of rows is refused.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tonglu.stats.estimate import NO_VARIATION, Estimate, Estimated, Withheld

LEAST_EFFECTIVE = 100
LEAST_SHARE = 0.01
MOST_ERRORS = 4.0


@dataclass(frozen=True, slots=True)
class Logged:
    """Rows of the log with their reward r and weight w: sums of r, r^2, w, w^2, w r, w^2 r and w^2 r^2, and the largest w."""

    n: int = 0
    r: float = 0.0
    r2: float = 0.0
    w: float = 0.0
    w2: float = 0.0
    wr: float = 0.0
    w2r: float = 0.0
    w2r2: float = 0.0
    largest: float = 0.0

    def __post_init__(self) -> None:
        if self.n < 0 or min(self.w, self.w2, self.largest, self.r2, self.w2r2) < 0:
            raise ValueError(f"a log of {self.n} rows with weights {self.w} and squares {self.w2} cannot be")

    def __add__(self, other: Logged) -> Logged:
        return Logged(
            self.n + other.n,
            self.r + other.r,
            self.r2 + other.r2,
            self.w + other.w,
            self.w2 + other.w2,
            self.wr + other.wr,
            self.w2r + other.w2r,
            self.w2r2 + other.w2r2,
            max(self.largest, other.largest),
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """What was logged of one arm in one stratum and fold, and how often the target policy would play that arm in that stratum.

    Arms that the target plays and the log does not hold are given too, with nothing logged.
    """

    stratum: str
    arm: str
    target: float
    logged: Logged
    fold: int = 0


@dataclass(frozen=True, slots=True)
class Support:
    """How much of the log speaks of the target policy.

    Attributes:
        n: rows.
        effective: (sum w)^2 / sum w^2, the rows that they are worth (Kish).
        mean: weight; 1 but for chance.
        error: the standard error of that mean.
        largest: weight.
        missing: the share of the target's decisions whose arm was never logged in their stratum.
    """

    n: int
    effective: float
    mean: float
    error: float
    largest: float
    missing: float


def support(cells: Sequence[Cell]) -> Support:
    """How much of the log speaks of the target policy; all 0 without rows."""
    total = _total(cells)
    if total.n == 0 or total.w2 == 0:
        return Support(total.n, 0.0, 0.0, 0.0, 0.0, 1.0)
    mean = total.w / total.n
    spread = max(0.0, total.w2 - total.n * mean * mean) / max(1, total.n - 1)
    rows, seen, target = _by_stratum(cells)
    missing = math.fsum(rows[s] * share for (s, arm), share in target.items() if not seen[s, arm].n) / total.n
    return Support(total.n, total.w**2 / total.w2, mean, math.sqrt(spread / total.n), total.largest, missing)


def refused(found: Support) -> Withheld | None:
    """Why no value may be given: fewer than max(100, 1 %) rows effective, or a mean weight more than 4 standard errors from 1."""
    if found.n == 0:
        return Withheld("nothing logged yet")
    least = max(LEAST_EFFECTIVE, LEAST_SHARE * found.n)
    if found.effective < least:
        return Withheld(
            f"the log speaks too little of this policy: {found.effective:.1f} effective rows of {found.n:,}, {least:,.0f} needed"
        )
    if abs(found.mean - 1) > max(MOST_ERRORS * found.error, 1e-9):
        return Withheld(f"the logged propensities cannot be right: the mean weight is {found.mean:.3f} +- {found.error:.3f}")
    return None


def ips(cells: Sequence[Cell]) -> Estimated:
    """Inverse propensity scoring: unbiased where the propensities are right, and the noisiest."""
    if why := refused(support(cells)):
        return why
    total = _total(cells)
    return _mean(total.wr, total.w2r2, total.n, "ips")


def snips(cells: Sequence[Cell]) -> Estimated:
    """Self-normalised (Swaminathan and Joachims 2015): keeps within the range of the rewards, variance by the delta method."""
    if why := refused(support(cells)):
        return why
    total = _total(cells)
    value = total.wr / total.w
    variance = max(0.0, total.w2r2 - 2 * value * total.w2r + value * value * total.w2) / total.w**2
    return Estimate(value, variance, total.n, method="snips") if variance > 0 else NO_VARIATION


def direct(cells: Sequence[Cell]) -> Estimated:
    """The direct method: what the cells' means promise. Biased where strata hide what both the arm and the reward depend on."""
    if why := refused(support(cells)):
        return why
    rows, seen, target = _by_stratum(cells)
    n = sum(rows.values())
    model = _Model(cells, None)
    of_stratum: dict[str, float] = defaultdict(float)
    within = 0.0
    for (stratum, arm), share in target.items():
        of_stratum[stratum] += share * model.reward(stratum, arm)
        log = seen[stratum, arm]
        if log.n > 1:
            within += (rows[stratum] / n * share) ** 2 * max(0.0, log.r2 - log.r**2 / log.n) / (log.n - 1) / log.n
    value = math.fsum(rows[s] * reward for s, reward in of_stratum.items()) / n
    between = math.fsum(rows[s] * (reward - value) ** 2 for s, reward in of_stratum.items()) / n / n
    return Estimate(value, within + between, n, method="direct") if within + between > 0 else NO_VARIATION


def doubly_robust(cells: Sequence[Cell]) -> Estimated:
    """Doubly robust: right where either the propensities or the cells' means are, and seldom noisier than the better of them.

    The means come from the other folds; with a single fold, from all rows.
    """
    if why := refused(support(cells)):
        return why
    _, _, target = _by_stratum(cells)
    folds = {cell.fold for cell in cells}
    models = {fold: _Model(cells, fold if len(folds) > 1 else None) for fold in folds}
    promised = {
        (fold, s): math.fsum(share * model.reward(s, arm) for (other, arm), share in target.items() if other == s)
        for fold, model in models.items()
        for s in {stratum for stratum, _ in target}
    }
    first, second, n = 0.0, 0.0, 0
    for cell in cells:
        log, q, v = cell.logged, models[cell.fold].reward(cell.stratum, cell.arm), promised[cell.fold, cell.stratum]
        residual = log.wr - q * log.w
        squared = log.w2r2 - 2 * q * log.w2r + q * q * log.w2
        first += log.n * v + residual
        second += log.n * v * v + 2 * v * residual + squared
        n += log.n
    return _mean(first, second, n, "doubly robust")


class _Model:
    """q(s, a): the mean reward of an arm in a stratum; where there is none, of the arm; where there is none, of all. Without one fold."""

    def __init__(self, cells: Sequence[Cell], without: int | None) -> None:
        self.sums: dict[tuple[str | None, str | None], list[float]] = defaultdict(lambda: [0.0, 0.0])
        for cell in cells:
            if cell.fold != without:
                for key in ((cell.stratum, cell.arm), (None, cell.arm), (None, None)):
                    self.sums[key][0] += cell.logged.n
                    self.sums[key][1] += cell.logged.r

    def reward(self, stratum: str, arm: str) -> float:
        for key in ((stratum, arm), (None, arm), (None, None)):
            n, r = self.sums.get(key, (0.0, 0.0))
            if n:
                return r / n
        return 0.0


def _total(cells: Sequence[Cell]) -> Logged:
    return sum((cell.logged for cell in cells), Logged())


def _by_stratum(cells: Sequence[Cell]) -> tuple[dict[str, int], dict[tuple[str, str], Logged], dict[tuple[str, str], float]]:
    """Rows of each stratum; what was logged of each arm in it; and how often the target plays it there.

    Raises ValueError where a stratum's targets differ between folds, or are no shares of 1.
    """
    rows: dict[str, int] = defaultdict(int)
    seen: dict[tuple[str, str], Logged] = defaultdict(Logged)
    target: dict[tuple[str, str], float] = {}
    for cell in cells:
        rows[cell.stratum] += cell.logged.n
        seen[cell.stratum, cell.arm] += cell.logged
        if target.setdefault((cell.stratum, cell.arm), cell.target) != cell.target:
            raise ValueError(f"the target of arm {cell.arm} in stratum {cell.stratum} differs between folds")
    for stratum in rows:
        shares = math.fsum(share for (other, _), share in target.items() if other == stratum)
        if not math.isclose(shares, 1.0, abs_tol=1e-6):
            raise ValueError(f"the targets of stratum {stratum} sum to {shares}, not to 1")
    return rows, seen, target


def _mean(first: float, second: float, n: int, method: str) -> Estimated:
    """The mean of scores and its variance, from their sum and the sum of their squares."""
    value = first / n
    variance = max(0.0, second - n * value * value) / (n - 1) / n
    return Estimate(value, variance, n, method=method) if variance > 0 else NO_VARIATION
