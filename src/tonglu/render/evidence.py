"""What the pictures of evidence are drawn from: discoveries among all journeys, a ranking judged by who came later, predictions that came.

A ranking or a prediction is taken as a run knew it when half of those counted today had been counted, and judged by the other half:
nothing is judged by what it was made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from tonglu.render.curves import Spot
from tonglu.render.measures import Looked, StratumLook, Worth
from tonglu.render.published import Lift
from tonglu.stats.difference import difference_of_proportions
from tonglu.stats.estimate import Interval
from tonglu.stats.multiplicity import benjamini_hochberg
from tonglu.stats.sufficient import Proportion
from tonglu.stats.uplift import Bin, qini, qini_curve

LEAST = 30
"""Conversions of the later half below which nothing is judged."""


Counted: TypeAlias = Looked | StratumLook
"""Numbers that grow from run to run."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The strata of a journey in the order in which a run predicted their lifts, judged by those whose time passed after it."""

    journey: str
    goal: str
    run_no: int
    strata: tuple[str, ...]
    curve: tuple[tuple[float, float], ...]
    coefficient: float
    conversions: int


def discoveries(lifts: Sequence[Lift]) -> dict[tuple[str, str], float]:
    """Adjusted p values of the primary goals of all journeys that are shown (Benjamini and Hochberg).

    A lift of few conversions has no p value; it counts as one without any evidence.
    """
    page = [lift for lift in lifts if lift.role == "primary" and not lift.withheld]
    adjusted = benjamini_hochberg([1.0 if lift.p_value is None else lift.p_value for lift in page])
    return {(lift.journey, lift.goal): p for lift, p in zip(page, adjusted, strict=True)}


def rankings(looks: Sequence[StratumLook]) -> list[Ranking]:
    """Of each journey with strata, where there is enough to judge."""
    found = []
    for (journey, goal), rows in groupby(looks, key=lambda one: (one.journey, one.goal)):
        by_run = {run: {one.stratum: one for one in of_run} for run, of_run in groupby(rows, key=lambda one: one.run_no)}
        last = by_run[max(by_run)]
        half = _half({run: sum(one.n_treated + one.n_control for one in strata.values()) for run, strata in by_run.items()})
        if half is None:
            continue
        then = [one for one in by_run[half].values() if one.shrunk is not None and one.stratum in last]
        ranked = sorted(then, key=lambda one: (-(one.shrunk or 0.0), one.stratum))
        bins = [_later(one, last[one.stratum]) for one in ranked]
        if len({round(one.shrunk or 0.0, 9) for one in ranked}) < 2:
            continue  # all drawn to one number: nothing was ranked
        whole = [one for one in bins if one is not None and one.treated.n and one.control.n]
        conversions = sum(one.treated.conversions + one.control.conversions for one in whole)
        coefficient = qini(whole) if len(whole) == len(bins) >= 2 else None
        if isinstance(coefficient, float) and conversions >= LEAST:
            names = tuple(one.stratum for one in ranked)
            curve = tuple((float(units), extra) for units, extra in qini_curve(whole))
            found.append(Ranking(journey, goal, half, names, curve, coefficient, conversions))
    return found


def predictions(looks: Sequence[Looked], worths: Sequence[Worth], titles: Mapping[str, str]) -> list[Spot]:
    """P as arbitration took it halfway, against the lift of those whose time passed later; of journeys with enough of them."""
    found = []
    for journey, rows in groupby(looks, key=lambda one: one.journey):
        by_run = {one.run_no: one for one in rows}
        half = _half({run: one.n_treated + one.n_control for run, one in by_run.items()})
        believed = [one for one in worths if one.journey == journey and half is not None and one.run_no <= half]
        if half is None or not believed:
            continue
        later = _later(by_run[half], by_run[max(by_run)])
        if later is None or later.treated.conversions + later.control.conversions < LEAST:
            continue
        came = difference_of_proportions(later.treated, later.control)
        if isinstance(came, Interval):
            name = f"{titles.get(journey) or journey} ({believed[-1].source})"
            found.append(Spot(name, believed[-1].p, came.estimate, came.low, came.high))
    return found


def _half(counted: Mapping[int, int]) -> int | None:
    """The first run by which half of those counted in the last one had been; None where nobody came after it."""
    last = max(counted)
    half = min(run for run, number in counted.items() if 2 * number >= counted[last])
    return half if counted[half] < counted[last] else None


def _later(then: Counted, now: Counted) -> Bin | None:
    """Those who were counted in between; None where late facts make that impossible to say."""
    n_t, n_c = now.n_treated - then.n_treated, now.n_control - then.n_control
    y_t, y_c = now.conversions_treated - then.conversions_treated, now.conversions_control - then.conversions_control
    if not (0 <= y_t <= n_t and 0 <= y_c <= n_c):
        return None
    return Bin(Proportion(n_t, y_t), Proportion(n_c, y_c))
