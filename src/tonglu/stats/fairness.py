"""Whether groups are treated alike: the share of a group over the share of all others, with an interval that says when a group is too small.

Shares have Wilson's intervals; the ratio's interval is made of them by Newcombe's square-and-add method (MOVER-R, Donner and Zou 2012). All groups of
one column are judged together at 95 %: each interval is taken at 1 - 0.05 / groups (Bonferroni).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, sqrt
from statistics import NormalDist

LEVEL = 0.95


class Verdict(StrEnum):
    """What can be said of a group."""

    FAIR = "within limits"
    LOW = "below the limit"
    HIGH = "above the limit"
    SMALL = "too small to say"


@dataclass(frozen=True)
class Group:
    """A group of one journey and column: customers who entered as treated, of them touched, the value offered to them in yuan."""

    journey: str
    column: str
    name: str
    entered: int
    touched: int
    offered: float


@dataclass(frozen=True)
class Compared:
    """A group beside all others of its journey and column.

    Attributes:
        group: the group.
        share: touched of entered.
        ratio: its share over that of the others; None when that is 0 or there are no others.
        low: lower end of the ratio's interval.
        high: upper end; infinite when nothing bounds it.
        offered: value offered per customer over that of the others; None likewise. It has no interval and decides nothing.
        verdict: what can be said.
    """

    group: Group
    share: float
    ratio: float | None
    low: float
    high: float
    offered: float | None
    verdict: Verdict


def wilson(successes: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a share.

    Raises:
        ValueError: there were no trials.
    """
    if trials <= 0:
        raise ValueError("a share of nothing has no interval")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, square = successes / trials, z * z
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = z * sqrt(share * (1 - share) / trials + square / (4 * trials * trials)) / (1 + square / trials)
    return (0.0 if successes == 0 else max(0.0, middle - half)), (1.0 if successes == trials else min(1.0, middle + half))


def ratio_interval(one: tuple[int, int], other: tuple[int, int], level: float = LEVEL) -> tuple[float, float]:
    """The interval of a ratio of two independent shares, each (successes, trials); infinite at the top when the lower share may be 0."""
    p, q = one[0] / one[1], other[0] / other[1]
    p_low, p_high = wilson(*one, level)
    q_low, q_high = wilson(*other, level)
    top, bottom = q_high * (2 * q - q_high), q_low * (2 * q - q_low)
    product = p * q
    low_root = product * product - p_low * (2 * p - p_low) * top
    low = (product - sqrt(low_root)) / top if top > 0 and low_root >= 0 else 0.0
    high_root = product * product - p_high * (2 * p - p_high) * bottom
    high = (product + sqrt(high_root)) / bottom if bottom > 0 and high_root >= 0 else inf
    return max(0.0, low), high


def compare(groups: Sequence[Group], least: float, most: float) -> list[Compared]:
    """Every group beside the others of its journey and column, judged against the limits of the ratio.

    A group is beyond a limit only when its whole interval is; within them only when its whole interval is; otherwise it is too small to say.
    """
    found = []
    for group in groups:
        peers = [one for one in groups if (one.journey, one.column) == (group.journey, group.column)]
        others = [one for one in peers if one.name != group.name]
        found.append(_compared(group, others, 1 - (1 - LEVEL) / len(peers), least, most))
    return found


def _compared(group: Group, others: Sequence[Group], level: float, least: float, most: float) -> Compared:
    entered, touched = sum(one.entered for one in others), sum(one.touched for one in others)
    share = group.touched / group.entered if group.entered else 0.0
    if not group.entered or not entered or not touched:
        return Compared(group, share, None, 0.0, inf, None, Verdict.SMALL)
    low, high = ratio_interval((group.touched, group.entered), (touched, entered), level)
    each = sum(one.offered for one in others) / entered
    offered = group.offered / group.entered / each if each else None
    verdict = Verdict.LOW if high < least else Verdict.HIGH if low > most else Verdict.SMALL
    if least <= low and high <= most:
        verdict = Verdict.FAIR
    return Compared(group, share, share / (touched / entered), low, high, offered, verdict)
