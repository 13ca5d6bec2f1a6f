"""A journey as it is written, made ready to be drawn: its way in as the first box, then the steps as they are compiled."""

import json
from pathlib import Path

from tonglu.app.definitions import Definitions
from tonglu.compile.lower import lower
from tonglu.compile.pin import pin
from tonglu.core.errors import Finding, InputError, Place, did_you_mean
from tonglu.language.calendar_rule import CalendarRule
from tonglu.language.journey import Enter, Journey
from tonglu.render.journey_map import draw_journey
from tonglu.render.published import Passage, Step
from tonglu.render.svg import standalone
from tonglu.stages.register import ways_of

START = "enter"
EVERY = {"day": "每天", "workday": "每个工作日", "week": "每周", "month": "每月", "year": "每年"}
WEEKDAYS = {
    "monday": "一",
    "tuesday": "二",
    "wednesday": "三",
    "thursday": "四",
    "friday": "五",
    "saturday": "六",
    "sunday": "日",
}


def journey_named(definitions: Definitions, name: str) -> Journey:
    """A journey that is written.

    Raises:
        InputError: there is none of this name.
    """
    by_name = {journey.name: journey for journey in definitions.journeys}
    if name not in by_name:
        hint = did_you_mean(name, by_name) or f"There are {', '.join(sorted(by_name)) or 'none'}."
        raise InputError([Finding("TL900", f"there is no journey '{name}'", Place("JOURNEY"), hint)])
    return by_name[name]


def draw(definitions: Definitions, journey: Journey, funnel: list[Passage]) -> str:
    """The journey's map as an SVG file's text; `funnel` gives the counts of its newest version and may be empty."""
    return standalone(draw_journey(journey.header.title.zh, boxes(definitions, journey), funnel))


def boxes(definitions: Definitions, journey: Journey) -> list[Step]:
    """The boxes of a journey's map in written order."""
    titles = {name: one.title.zh for name, one in definitions.messages.items()}
    compiled = lower(pin(journey, definitions.message_texts(journey)), 1, definitions.known, current=True)
    names = {step.key: step.name for step in compiled.steps}
    start = START if START not in names.values() else f"{START}_{journey.name}"
    found = [Step(journey.name, 0, start, "start", way_in(journey.header.enter), names[compiled.steps[0].key], None, None)]
    for step in compiled.steps:
        message = step.lowered.message or ""
        branches = [{"to": way.to, "label": way.label} for way in ways_of(step) if way.to in names.values()]
        found.append(
            Step(
                journey.name,
                step.number,
                step.name,
                step.kind.name,
                step.label.replace(message, titles.get(message, message)) if message else step.label,
                names.get(step.next_key or 0),
                names.get(step.otherwise_key or 0),
                json.dumps(branches, ensure_ascii=False),
            )
        )
    return found


def way_in(enter: Enter) -> str:
    """Who enters, in Chinese."""
    if enter.calendar is not None:
        return _calendar(enter.calendar)
    words = {
        "segment": f"进入客群 {enter.segment}",
        "left": f"离开客群 {enter.left}",
        "event": f"发生 {enter.event}",
        "list": f"名单 {enter.listed}",
        "journey": f"来自旅程 {'、'.join(enter.journey)}",
    }
    keyed = f"（按 {enter.keyed_by}）" if enter.keyed_by else ""
    return words[enter.source] + keyed


def _calendar(rule: CalendarRule) -> str:
    at = f" {rule.at:%H:%M}" if rule.at else ""
    if rule.date is not None:
        return f"{rule.date:%Y-%m-%d %H:%M}"
    if rule.pay_day is not None:
        return ("发薪日" if rule.pay_day == 0 else f"发薪日{'后' if rule.pay_day > 0 else '前'} {abs(rule.pay_day)} 天") + at
    every = EVERY[rule.every or "day"]
    if rule.weekday:
        every += WEEKDAYS[rule.weekday]
    if rule.month:
        every += f" {rule.month} 月"
    if rule.workday:
        every += f"第 {rule.workday} 个工作日" if rule.workday > 0 else f"倒数第 {-rule.workday} 个工作日"
    return every + (f" {rule.day} 日" if rule.day else "") + at


def save(text: str, target: Path) -> None:
    """Write the drawing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
