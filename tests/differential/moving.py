"""How an entry moves by its own clock, one step after the other, as far as one run lets it."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.differential.calendar import MIDNIGHT, Unknown
from tests.differential.chance import pick, u
from tests.differential.conditions import Sight
from tests.differential.state import Entry, Written
from tests.differential.world import World, text

Hop = tuple[str, datetime, str]
"""The step that is come to, the clock there, and why."""
TOUCHES = ("touch", "task", "webhook")


def advance(world: World, entry: Entry, before: datetime | None = None) -> None:
    """Move an entry on; with `before` only as far as its clock comes before that instant."""
    while entry.ended is None and entry.clock <= world.as_of and (before is None or entry.clock < before):
        reason = entry.path.ending(entry.step)
        if reason is not None:
            world.end(entry, entry.clock, reason)
            return
        hop = next_hop(world, entry, before)
        if hop is None or (before is not None and hop[1] >= before):
            return
        go(world, entry, *hop)


def go(world: World, entry: Entry, to: str, clock: datetime, cause: str) -> None:
    """One move."""
    world.note("moves", entry, clock, entry.step, to, cause)
    arrive(entry, to, clock)


def arrive(entry: Entry, step: str, clock: datetime) -> None:
    """Come to a step."""
    entry.step, entry.clock, entry.waiting = step, clock, None
    entry.visits[step] = entry.visits.get(step, 0) + 1


def next_hop(world: World, entry: Entry, before: datetime | None) -> Hop | None:
    """The next move of an entry whose clock has come, None where it rests."""
    path, step, clock = entry.path, entry.step, entry.clock
    kind, fields = path.steps[step]
    fields: Any
    match kind:
        case "go":
            return fields.go, clock, "went"
        case "wait":
            return wait(world, entry, fields)
        case "wait_for":
            return wait_for(world, entry, fields, before)
        case "branch":
            sight = world.sight(entry.customer, entry)
            return next((target, clock, "branched") for target in cases(sight, fields.branch))
        case "split":
            ways = list(fields.split)
            return ways[pick(u("split", *drawn(entry)), list(fields.split.values()))], clock, "split"
        case "experiment":
            arms = list(fields.experiment.arms)
            weights = [(fields.experiment.weights or {}).get(arm, 1) for arm in arms]
            arm = arms[expose(world, entry, arms, weights, clock)]
            return fields.experiment.arms[arm], clock, f"arm {arm}"
        case "set":
            for name, value in fields.set.items() if entry.treated else ():
                rank = (clock, entry.id[0], entry.number, len(world.state.writes))
                world.state.writes.append(Written(world.run, entry, name, value, rank))
                world.note("attributes", entry, name, text(value), clock)
            return path.onward(step), clock, "set"
        case "enter":
            if entry.treated:
                world.pass_on(entry, fields.enter, clock)
            return path.onward(step), clock, "passed on"
        case _ if kind in TOUCHES:
            return None
    raise NotImplementedError(kind)


def drawn(entry: Entry) -> tuple[object, ...]:
    """What the draw of a split or an arm is made of."""
    journey, customer, _, number = entry.id
    return journey, customer, entry.step, number


def expose(world: World, entry: Entry, arms: list[str], weights: list[float], at: datetime) -> int:
    """The arm of an entry at a step, drawn once, and the exposure written then."""
    if entry.step not in entry.arms:
        entry.arms[entry.step] = arm = pick(u("arm", *drawn(entry)), weights)
        world.note("exposures", entry, entry.step, arms[arm], round(weights[arm] / sum(weights), 9), at)
    return entry.arms[entry.step]


def cases(sight: Sight, written: list[Any]) -> Iterator[str]:
    """The targets of a branch's cases that hold, in written order; the last is the one without a condition."""
    for case in written:
        if case.otherwise is not None:
            yield case.otherwise
        elif sight.member(case.segment) if case.segment else sight.holds(case.when):
            yield case.go


def wait_for(world: World, entry: Entry, fields: Any, before: datetime | None) -> Hop | None:
    """The earliest alternative within the limit, else the limit once it is over."""
    written = fields.wait_for if isinstance(fields.wait_for, list | tuple) else [fields.wait_for]
    limit = entry.clock + fields.within
    sight = world.sight(entry.customer, entry)
    found: list[tuple[datetime, int]] = []
    for number, one in enumerate(written):
        if one.event:
            events = world.events(entry, one.event, one.where)
            found += [(event.at, number) for event in events if entry.clock < event.at <= limit]
        elif world.as_of <= limit and before is None and state_holds(sight, one):
            found.append((world.as_of, number))
    if found:
        at, number = min(found)
        return entry.path.onward(entry.step, written[number].go), at, "won"
    if world.as_of >= limit:
        return entry.path.onward(entry.step, fields.otherwise), limit, "timed out"
    return None


def state_holds(sight: Sight, one: Any) -> bool:
    """Whether an alternative or an exit that is judged as of the run holds."""
    if one.segment or one.left:
        return sight.member(one.segment or one.left) == bool(one.segment)
    return sight.holds(one.when)


def wait(world: World, entry: Entry, fields: Any) -> Hop | None:
    """The end of a wait, once it has come."""
    try:
        end = wait_end(world, entry, fields.wait)
    except Unknown:
        return None
    if end is None:
        return entry.path.onward(entry.step, fields.otherwise), entry.clock, "no date"
    end = max(end, entry.clock)
    return (entry.path.onward(entry.step), end, "waited") if end <= world.as_of else None


def wait_end(world: World, entry: Entry, form: Any) -> datetime | None:
    """When a wait ends; None when the date that it is about is missing."""
    calendar, clock = world.calendar, entry.clock
    if isinstance(form, timedelta):
        return clock + form
    row = world.facts.profile(entry.customer, world.run) or {}
    if form.until is not None:
        return calendar.moment(form.until)
    if form.date is not None:
        day = row.get(form.date)
        offset = (form.plus or timedelta(0)) - (form.minus or timedelta(0))
        return calendar.instant(day, form.at or MIDNIGHT) + offset if isinstance(day, date) else None
    if form.workdays is not None:
        here = calendar.local(clock)
        return calendar.instant(calendar.workday_after(here.date(), form.workdays), form.at or here.time())
    if form.pay_day is not None:
        nominal = row.get("pay_day")
        if not isinstance(nominal, int) or not 1 <= nominal <= 31:
            return None
        days = calendar.pay_days(calendar.day(clock) - timedelta(days=form.pay_day), nominal)
        ends = (calendar.instant(day + timedelta(days=form.pay_day), form.at or MIDNIGHT) for day in days)
        return next(end for end in ends if end >= clock)
    opens, closes = (form.hours.start, form.hours.end) if form.hours else (MIDNIGHT, time.max)
    return calendar.opening(clock, opens, closes, calendar.named(form.days))
