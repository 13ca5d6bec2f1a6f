"""The part of the report that says what was measured, whether it may be believed, and what was learned of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from markupsafe import Markup

from tonglu.core.clock import day_of
from tonglu.render import charts, curves, measures
from tonglu.render.changes import Change, WorthChange, arm_changes, worth_changes
from tonglu.render.evidence import Ranking, discoveries, predictions, rankings
from tonglu.render.facts import GOVERNED_WORDS, Facts, withheld_because
from tonglu.render.measures import Credit, Governed, Harm, Looked, Slice, Trusted
from tonglu.render.published import Lift, Published, read
from tonglu.render.words import Words
from tonglu.stats.fairness import Compared, Group, Verdict, compare

DISCOVERED = 0.05
"""Expected share of false ones among what is marked as shown."""
VERDICTS = {
    Verdict.FAIR: Words("在限度内", Verdict.FAIR.value),
    Verdict.LOW: Words("低于下限", Verdict.LOW.value),
    Verdict.HIGH: Words("高于上限", Verdict.HIGH.value),
    Verdict.SMALL: Words("人数太少", Verdict.SMALL.value),
}


@dataclass(frozen=True, slots=True)
class MeasuredPart:
    """What the page says of measurement and learning over all journeys, and by journey where it is asked for."""

    forest: Markup
    guardrails: Markup | None
    guarded: list[Lift]
    adjusted: Mapping[tuple[str, str], float]
    together: Slice | None
    together_chart: Markup
    trusted: list[tuple[str, list[Trusted]]]
    broken: list[Trusted]
    withheld: list[tuple[Lift, str]]
    slices_withheld: int
    slices: int
    rankings: list[tuple[Ranking, Markup]]
    calibration: Markup | None
    spots: list[curves.Spot]
    worths: list[WorthChange]
    harms: list[Harm]
    changes: Mapping[tuple[str, str, str], Change]
    credited: Mapping[str, list[Credit]]
    over_time: Mapping[str, list[tuple[str, Markup]]]
    compared: list[Compared]
    limits: tuple[float, float] | None
    governed: list[Governed]


def measured_part(
    published: Published, facts: Facts, truth: Mapping[str, float], zone: ZoneInfo, limits: tuple[float, float] | None
) -> MeasuredPart:
    """Read and draw it. `limits` are those of the policy's fairness; without them groups are not judged."""
    looks = read(published, measures.LOOKS, Looked)
    slices = read(published, measures.SLICES, Slice)
    trusted = read(published, measures.TRUST, Trusted)
    worths = read(published, measures.WORTHS, measures.Worth)
    titles = {one.journey: one.title_zh or one.journey for one in facts.journeys}
    adjusted = discoveries(facts.lifts)
    guards = [lift for lift in facts.lifts if lift.guards]
    spots = predictions([one for one in looks if one.journey], worths, titles)
    by_journey: dict[str, list[Looked]] = defaultdict(list)
    for one in looks:
        by_journey[one.journey].append(one)
    about: dict[str, list[Trusted]] = defaultdict(list)
    for look in trusted:
        about[look.journey].append(look)
    credited: dict[str, list[Credit]] = defaultdict(list)
    guarded = {(lift.journey, lift.goal) for lift in guards}
    for credit in read(published, measures.CREDITS, Credit):
        if (credit.journey, credit.goal) not in guarded:
            credited[credit.journey].append(credit)
    groups = read(published, measures.FAIRNESS, measures.FairGroup)
    least, most = limits or (0.0, float("inf"))
    return MeasuredPart(
        forest=Markup(
            charts.lift_chart(
                _rows(facts, [lift for lift in facts.lifts if lift.role == "primary"], truth, adjusted),
                "各旅程的提升 lift of every journey",
            )
        ),
        guardrails=_guardrails(facts, guards),
        guarded=guards,
        adjusted=adjusted,
        together=next((one for one in slices if one.slice_kind == "together"), None),
        together_chart=_over_time(by_journey.get("", []), "所有营销合在一起 all marketing together", zone, None, 1080.0),
        trusted=list(about.items()),
        broken=[look for look in trusted if look.broken],
        withheld=[(lift, withheld_because(lift)) for lift in facts.lifts if lift.withheld],
        slices_withheld=sum(one.lift is None for one in slices),
        slices=len(slices),
        rankings=[(one, _qini(one, titles)) for one in rankings(read(published, measures.STRATA, measures.StratumLook))],
        calibration=Markup(curves.calibration_chart(spots, "预测与实测 predicted and measured")) if spots else None,
        spots=spots,
        worths=worth_changes(worths),
        harms=facts.harms,
        changes={(one.journey, one.step, one.stratum): one for one in arm_changes(facts.arms)},
        credited=credited,
        over_time={journey: _goals(rows, zone, truth.get(journey)) for journey, rows in by_journey.items() if journey},
        compared=compare(
            [Group(one.journey, one.column, one.name, one.entered, one.touched, one.offered) for one in groups], least, most
        ),
        limits=limits,
        governed=facts.governed,
    )


def governed_words(state: str) -> Words:
    """What a state of four eyes means."""
    return Words("已批准", "approved as it is written") if state == "approved" else Words(*GOVERNED_WORDS[state])


def verdict_words(verdict: Verdict) -> Words:
    """What is said of a group."""
    return VERDICTS[verdict]


def _rows(
    facts: Facts, lifts: Sequence[Lift], truth: Mapping[str, float], adjusted: Mapping[tuple[str, str], float]
) -> list[charts.Measured]:
    return [
        charts.Measured(
            facts.title_of(lift.journey),
            f"{lift.goal} · {lift.n_treated:,} / {lift.n_control:,}",
            None if lift.withheld else lift.lift,
            lift.lift_low,
            lift.lift_high,
            truth.get(lift.journey),
            withheld_because(lift) if lift.withheld else "",
            lift.guards,
            "★" if adjusted.get((lift.journey, lift.goal), 1.0) < DISCOVERED else "",
        )
        for lift in lifts
    ]


def _guardrails(facts: Facts, guards: Sequence[Lift]) -> Markup | None:
    """Those of which there is an interval; the others are said in words."""
    shown = [lift for lift in guards if not lift.withheld]
    return Markup(charts.lift_chart(_rows(facts, shown, {}, {}), "护栏 guardrails")) if shown else None


def _goals(rows: Sequence[Looked], zone: ZoneInfo, truth: float | None) -> list[tuple[str, Markup]]:
    goals: dict[str, list[Looked]] = defaultdict(list)
    for row in rows:
        goals[row.goal].append(row)
    return [
        (goal, _over_time(of, f"{of[0].journey} / {goal}: 提升走势 lift over time", zone, truth)) for goal, of in goals.items()
    ]


def _over_time(rows: Sequence[Looked], title: str, zone: ZoneInfo, truth: float | None, width: float = 520.0) -> Markup:
    looks = [curves.Look(day_of(row.as_of, zone), row.lift, row.low, row.high, row.p_value is not None) for row in rows]
    first = next((number for number, look in enumerate(looks) if look.lift is not None), len(looks))
    return Markup(curves.lift_curve(looks[first:], title, truth, width))


def _qini(one: Ranking, titles: Mapping[str, str]) -> Markup:
    title = f"{titles.get(one.journey, one.journey)}: Qini"
    said = f"strata as ranked in run {one.run_no}: {', '.join(one.strata)}; Qini coefficient {one.coefficient:.2f}"
    return Markup(curves.qini_chart(one.curve, one.strata, title, said))
