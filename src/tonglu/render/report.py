"""The report: one HTML file that needs nothing else, not even a script."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tonglu.core.clock import show_instant
from tonglu.render import charts, svg
from tonglu.render.facts import (
    BANK_ZONE,
    Facts,
    arms_by_step,
    gather,
    newest_arms,
    notices,
    touches_by_day,
    withheld_because,
)
from tonglu.render.icons import sign
from tonglu.render.journey_map import draw_journey
from tonglu.render.limits import TIGHTEST, amount, newest_qualities, newest_uses
from tonglu.render.measured_part import governed_words, measured_part, verdict_words
from tonglu.render.published import Arm, Journey, Lift, Passage, Published
from tonglu.render.scale import percent, points, signed
from tonglu.render.words import OUTCOMES, TOUCH_OUTCOMES, Words, kind_words, reason_words

_BESIDE = 700.0
"""A map up to this wide stands beside its numbers, a wider one above them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the strip at the top, its trend over the runs beside it."""

    zh: str
    en: str
    total: int
    trend: Markup


@dataclass(frozen=True, slots=True)
class JourneyPart:
    """One journey's part of the page."""

    journey: Journey
    map: Markup
    wide: bool
    funnel: list[Passage]
    funnel_chart: Markup
    lifts: list[Lift]
    arm_charts: list[tuple[str, str, Markup]]
    arms: list[Arm]
    earlier: list[tuple[int, Markup]]


def write_report(
    published: Published,
    out: Path,
    truth: Mapping[str, float] | None,
    title: str,
    zone: ZoneInfo = BANK_ZONE,
    fair: tuple[float, float] | None = None,
) -> Path:
    """Write the report of everything published to `out` and return its path.

    `truth` maps journeys to their true lift (a difference of rates) where a synthetic bank knows it; `fair` are the policy's limits of
    fairness. The file appears whole or not at all. Raises OSError where it cannot be written.
    """
    page = report_page(published, truth, title, zone, fair)
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(page, encoding="utf-8")
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return out


def report_page(
    published: Published,
    truth: Mapping[str, float] | None,
    title: str,
    zone: ZoneInfo = BANK_ZONE,
    fair: tuple[float, float] | None = None,
) -> str:
    """The report's HTML; the same views give the same bytes."""
    facts, known = gather(published), truth or {}
    templates = Environment(
        loader=PackageLoader("tonglu.render"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters.update(percent=percent, points=points, count=_count, signed=signed, because=withheld_because)
    touches = charts.touch_chart(
        touches_by_day(facts, zone), {outcome: f"{words.zh} {words.en}" for outcome, words in TOUCH_OUTCOMES.items()}
    )
    return templates.get_template("report.html.j2").render(
        title=title,
        style=Markup(svg.theme()),
        run=facts.runs[-1] if facts.runs else None,
        runs=facts.runs,
        at=lambda instant: show_instant(instant, zone),
        zone=str(zone),
        figures=_figures(facts),
        notices=notices(facts),
        measured=measured_part(published, facts, known, zone, fair),
        governed_words=governed_words,
        verdict_words=verdict_words,
        lifts=facts.lifts,
        truth=known,
        journeys=[_part(facts, journey) for journey in facts.journeys],
        title_of=facts.title_of,
        touch_chart=Markup(touches),
        reason_chart=Markup(charts.reason_chart(_bars(facts))),
        segments=[(row, _trend(row.history, row.segment)) for row in facts.segments],
        checks=facts.checks,
        conservation=facts.conservation,
        limits=newest_uses(published)[:TIGHTEST],
        qualities=newest_qualities(published),
        amount=amount,
        kinds=[(kind_words(kind), Markup(sign(kind))) for kind in dict.fromkeys(step.kind for step in facts.steps)],
        kind_words=kind_words,
    )


def _part(facts: Facts, journey: Journey) -> JourneyPart:
    steps = [step for step in facts.steps if step.journey == journey.journey]
    funnel = [passage for passage in facts.funnel if passage.journey == journey.journey]
    drawn = draw_journey(journey.title_zh or journey.journey, steps, funnel)
    labels = {step.step: step.label_zh or step.step for step in steps}
    bars = _passed(funnel, labels)
    named = f"{journey.journey}: 漏斗 funnel"
    learned = arms_by_step(facts, journey.journey)
    arms = [arm for arm in newest_arms(facts.arms) if arm.journey == journey.journey]
    lifts = [lift for lift in facts.lifts if lift.journey == journey.journey]
    return JourneyPart(
        journey=journey,
        map=Markup(drawn),
        wide=_width(drawn) > _BESIDE,
        funnel=funnel,
        funnel_chart=Markup(charts.funnel_chart(bars, named)),
        lifts=lifts,
        arm_charts=[
            (step, stratum, Markup(charts.arm_chart(shares, f"{step} {stratum}".rstrip() + ": arms")))
            for (step, stratum), shares in learned.items()
        ],
        arms=arms,
        earlier=_earlier(facts, journey),
    )


def _earlier(facts: Facts, journey: Journey) -> list[tuple[int, Markup]]:
    """The funnels of the versions before that somebody walked, the newest first."""
    versions: dict[int, list[Passage]] = {}
    for row in facts.earlier:
        if row.journey == journey.journey and row.arrived:
            versions.setdefault(row.version_no, []).append(row)
    return [
        (version, Markup(charts.funnel_chart(_passed(rows, {}), f"{journey.journey}, version {version}: 漏斗 funnel")))
        for version, rows in versions.items()
    ]


def _passed(rows: Sequence[Passage], labels: Mapping[str, str]) -> list[charts.Passed]:
    return [charts.Passed(labels.get(row.step, row.step), row.arrived, row.resting) for row in rows]


def _bars(facts: Facts) -> list[charts.Bar]:
    bars = []
    for row in facts.reasons:
        words = reason_words(row.outcome, row.gate, row.reason)
        outcome = OUTCOMES.get(row.outcome, Words(row.outcome, row.outcome))
        zh = outcome.zh if row.outcome == "sent" else f"{outcome.zh} · {words.zh}"
        bars.append(charts.Bar(zh, words.en, row.decisions, row.outcome))
    return bars


def _figures(facts: Facts) -> list[Figure]:
    columns = (
        ("进入旅程", "entered", [run.entered for run in facts.runs]),
        ("触达提议", "proposals", [run.proposals for run in facts.runs]),
        ("已发送", "sent", [run.sent for run in facts.runs]),
        ("已推迟", "deferred", [run.deferred for run in facts.runs]),
        ("已放弃", "dropped", [run.dropped for run in facts.runs]),
        ("已结束", "ended", [run.ended for run in facts.runs]),
        ("转化", "conversions", [run.conversions for run in facts.runs]),
    )
    return [Figure(zh, en, sum(values), _trend(values, f"{en} by run")) for zh, en, values in columns]


def _trend(values: Sequence[int], title: str) -> Markup:
    return Markup(charts.trend_line(values, title))


def _width(drawing: str) -> float:
    return float(drawing.split(' width="', 1)[1].split('"', 1)[0])


def _count(number: int | float | None) -> str:
    return "–" if number is None else f"{number:,.0f}"
