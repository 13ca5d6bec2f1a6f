"""All that a page needs, read once from the published views, and what in it needs a human."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from tonglu.core.clock import day_of
from tonglu.render import measures
from tonglu.render import published as views
from tonglu.render.published import Published, read
from tonglu.render.words import TOUCH_OUTCOMES
from tonglu.stats.estimate import NO_CONVERSIONS

BANK_ZONE = ZoneInfo("Asia/Shanghai")
NOBODY_COUNTS = "nobody treated yet"
Grave = Literal["bad", "warn", "note"]
GOVERNED_WORDS = {
    "earlier": ("现写版本未批准，沿用上次批准的版本", "not approved as it is written; the version approved last stays in force"),
    "unapproved": ("没有批准的版本，无人进入、不触达", "has no approved version: nobody enters and nothing is proposed"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The rows of every view that pages show; each list is empty where nothing happened yet. `funnel` is of the newest versions,
    `earlier` of those before."""

    runs: list[views.Run]
    journeys: list[views.Journey]
    steps: list[views.Step]
    funnel: list[views.Passage]
    earlier: list[views.Passage]
    lifts: list[views.Lift]
    arms: list[views.Arm]
    reasons: list[views.Reason]
    touches: list[views.TouchCount]
    worked: list[views.Worked]
    unknown: list[views.Unknown]
    segments: list[views.Segment]
    checks: list[views.Check]
    conservation: list[views.Rule]
    harms: list[measures.Harm]
    governed: list[measures.Governed]

    def title_of(self, journey: str) -> str:
        """A journey's Chinese title, or its name."""
        titles = {known.journey: known.title_zh for known in self.journeys}
        return titles.get(journey) or journey


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a human should look at: how grave, what about, and what, in both languages."""

    grave: Grave
    about: str
    zh: str
    en: str


def gather(published: Published) -> Facts:
    """Read every view once."""
    journeys = read(published, views.JOURNEYS, views.Journey)
    newest = {(one.journey, one.version_no) for one in journeys}
    passages = read(published, views.FUNNEL, views.Passage)
    return Facts(
        runs=read(published, views.RUNS, views.Run),
        journeys=journeys,
        steps=read(published, views.STEPS, views.Step),
        funnel=[row for row in passages if (row.journey, row.version_no) in newest],
        earlier=[row for row in passages if (row.journey, row.version_no) not in newest],
        lifts=read(published, views.LIFTS, views.Lift),
        arms=read(published, views.ARMS, views.Arm),
        reasons=read(published, views.REASONS, views.Reason),
        touches=read(published, views.TOUCHES, views.TouchCount),
        worked=read(published, views.WORKED, views.Worked),
        unknown=read(published, views.UNKNOWN, views.Unknown),
        segments=read(published, views.SEGMENTS, views.Segment),
        checks=read(published, views.CHECKS, views.Check),
        conservation=read(published, views.CONSERVATION, views.Rule),
        harms=read(published, measures.HARMS, measures.Harm),
        governed=read(published, measures.GOVERNED, measures.Governed),
    )


def notices(facts: Facts) -> list[Notice]:
    """What needs attention, the gravest first."""
    found: list[Notice] = []
    for rule in facts.conservation:
        if rule.breaches:
            found.append(
                Notice("bad", rule.rule, f"守恒检查不成立：{rule.breaches:,} 处", f"conservation broken, {rule.breaches:,} rows")
            )
    for check in facts.checks:
        for failure in check.failures or []:
            grave: Grave = "bad" if "(blocking)" in failure else "warn"
            found.append(Notice(grave, check.source_table, "数据检查未通过", f"check failed: {failure}"))
    for unknown in facts.unknown:
        zh, en = f"{unknown.touches:,} 条触达结果不明，不会重发", f"{unknown.touches:,} deliveries unknown, not sent again"
        found.append(Notice("warn", unknown.channel, zh, en))
    for harm in facts.harms:
        found.append(
            Notice(
                "bad",
                facts.title_of(harm.journey),
                "已证明有害，旅程自行暂停",
                f"paused itself in run {harm.run_no}: {harm.said}",
            )
        )
    for one in facts.governed:
        if one.state != "approved":
            found.append(Notice("warn", f"{one.kind} {one.name}", *GOVERNED_WORDS[one.state]))
    found += _of_lifts(facts)
    order: tuple[Grave, ...] = ("bad", "warn", "note")
    return sorted(found, key=lambda notice: order.index(notice.grave))


def _of_lifts(facts: Facts) -> list[Notice]:
    found: list[Notice] = []
    for lift in facts.lifts:
        about = f"{facts.title_of(lift.journey)} / {lift.goal}"
        if lift.withheld:
            why = withheld_because(lift)
            if not (lift.guards and why == NO_CONVERSIONS.reason):  # of what shall not happen nothing happened
                found.append(Notice("note", about, "提升暂不展示", f"lift withheld: {why}"))
        elif lift.tone == "bad" and lift.guards:
            found.append(
                Notice(
                    "bad", about, "护栏被突破：触达后更多", "the interval lies above zero: more of it with touches than without"
                )
            )
        elif lift.tone == "bad":
            found.append(Notice("bad", about, "提升为负，旅程可能有害", "the interval lies below zero: the journey may do harm"))
    return found


def withheld_because(lift: views.Lift) -> str:
    """Why a lift is not shown, in plain words."""
    written = (lift.method or "").removeprefix("withheld").lstrip(": ")
    if written == NOBODY_COUNTS and lift.assigned_treated and not lift.n_treated:
        return "no window has passed yet"  # people are treated; the reason knows only those whose window is over
    if written:
        return written
    if not lift.n_treated or not lift.n_control:
        return "no entry of one of the arms has matured yet"
    return "not enough data yet"


def touches_by_day(facts: Facts, zone: ZoneInfo) -> dict[date, dict[str, int]]:
    """Touches by the bank's day and outcome, outcomes in their order of stacking."""
    days: dict[date, dict[str, int]] = {}
    for row in facts.touches:
        outcomes = days.setdefault(day_of(row.quarter, zone), dict.fromkeys(TOUCH_OUTCOMES, 0))
        outcomes[row.outcome] = outcomes.get(row.outcome, 0) + row.touches
    return days


def arms_by_step(facts: Facts, journey: str) -> dict[tuple[str, str], dict[str, list[tuple[int, float]]]]:
    """Of one journey: (step, stratum) -> arm -> (run number, propensity), runs rising; the stratum of everybody is empty."""
    steps: dict[tuple[str, str], dict[str, list[tuple[int, float]]]] = {}
    for row in facts.arms:
        if row.journey == journey and row.propensity is not None:
            steps.setdefault((row.step, row.stratum), {}).setdefault(row.arm, []).append((row.run_no, row.propensity))
    return steps


def newest_arms(rows: list[views.Arm]) -> list[views.Arm]:
    """Of every arm and stratum what was learned last."""
    newest: Mapping[tuple[str, str, str, str], views.Arm] = {(row.journey, row.step, row.stratum, row.arm): row for row in rows}
    return list(newest.values())
