"""Does a ranking by predicted uplift find those on whom treatment works? Qini and uplift curves over bins, best first.

With T, C the counts and Y_T, Y_C the responses of treated and control in the best bins so far (Radcliffe 2007; Devriendt, Guns,
Verbeke 2020):

    Qini    Y_T - Y_C T / C                       extra responses among the treated
    uplift  (Y_T / T - Y_C / C) (T + C)           extra responses if all of these were treated

Each coefficient is the area above the straight line to the last point, as a share of that of a perfect ranking.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from tonglu.stats.estimate import Withheld
from tonglu.stats.sufficient import Proportion

Point: TypeAlias = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Bin:
    """Units of like predicted uplift."""

    treated: Proportion
    control: Proportion

    def __add__(self, other: Bin) -> Bin:
        return Bin(self.treated + other.treated, self.control + other.control)

    @property
    def n(self) -> int:
        """Of both arms."""
        return self.treated.n + self.control.n


NOBODY = Bin(Proportion(), Proportion())


def qini_curve(bins: Sequence[Bin]) -> list[Point]:
    """(units so far, extra responses among the treated), from (0, 0); bins in falling order of predicted uplift."""
    return _curve(bins, lambda seen: seen.treated.conversions - seen.control.rate * (seen.treated.n if seen.control.n else 0))


def uplift_curve(bins: Sequence[Bin]) -> list[Point]:
    """(units so far, extra responses if all of them were treated), from (0, 0); bins in falling order of predicted uplift."""
    return _curve(bins, lambda seen: (seen.treated.rate - seen.control.rate) * seen.n)


def qini(bins: Sequence[Bin]) -> float | Withheld:
    """The Qini coefficient: 1 for a perfect ranking, 0 for a random one. Withheld where no ranking could be better than another."""
    whole = sum(bins, NOBODY)
    perfect = _groups(whole)
    ideal = [perfect["persuaded"], perfect["idle treated"] + perfect["idle control"], perfect["lost"]]
    return _coefficient(qini_curve(bins), qini_curve(ideal), whole)


def auuc(bins: Sequence[Bin]) -> float | Withheld:
    """The area under the uplift curve, as a share of a perfect ranking's. Withheld where no ranking could be better than another."""
    whole = sum(bins, NOBODY)
    perfect = _groups(whole)
    last = ["lost", "idle treated"] if perfect["lost"].n > perfect["idle treated"].n else ["idle treated", "lost"]
    ideal = [perfect[name] for name in ("persuaded", "idle control", *last)]
    return _coefficient(uplift_curve(bins), uplift_curve(ideal), whole)


def area(curve: Sequence[Point]) -> float:
    """Under the curve, by trapezoids."""
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(curve))


def _curve(bins: Sequence[Bin], height: Callable[[Bin], float]) -> list[Point]:
    points: list[Point] = [(0, 0.0)]
    seen = NOBODY
    for one in bins:
        if one.n:
            seen += one
            points.append((seen.n, height(seen)))
    return points


def _groups(whole: Bin) -> dict[str, Bin]:
    """The four kinds of units that can be told apart by arm and response."""
    t, c = whole.treated, whole.control
    return {
        "persuaded": Bin(Proportion(t.conversions, t.conversions), Proportion()),
        "idle treated": Bin(Proportion(t.n - t.conversions), Proportion()),
        "idle control": Bin(Proportion(), Proportion(c.n - c.conversions)),
        "lost": Bin(Proportion(), Proportion(c.conversions, c.conversions)),
    }


def _coefficient(found: list[Point], ideal: list[Point], whole: Bin) -> float | Withheld:
    if not whole.treated.n or not whole.control.n:
        return Withheld("a ranking needs treated and controls")
    straight = area([(0, 0.0), ideal[-1]])
    most = area(ideal) - straight
    return (area(found) - straight) / most if most > 0 else Withheld("no ranking could be better than another")
