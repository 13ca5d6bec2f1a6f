"""The contract of a run, customer by customer, in plain Python: the second implementation that the engine is held against.

Written from what the contract says; where `docs/judge.md` says so, a rule that was told nowhere was read off the engine.
From `tonglu` it takes the parsed definitions and nothing else.
"""

from collections.abc import Callable
from datetime import date, datetime

from tests.differential.calendar import Calendar, chinese
from tests.differential.deciding import decide
from tests.differential.entering import enrol
from tests.differential.facts import Facts
from tests.differential.moving import TOUCHES, advance, arrive, state_holds
from tests.differential.state import Entry, Path, Row
from tests.differential.world import Definitions, World

from tonglu.language.journey import Journey

ByRun = Callable[[int], Definitions]
"""What holds in a run."""


def play(facts: Facts, definitions: ByRun, is_workday: Callable[[date], bool] = chinese) -> dict[str, list[Row]]:
    """Every row of every run, by table."""
    world = World(facts, Calendar(is_workday=is_workday))
    pinned: dict[tuple[str, str], Path] = {}
    for run in range(1, len(facts.runs) + 1):
        now = definitions(run)
        world.run, world.policy, world.risk_rules, world.costs = run, now.policy, now.risk_rules, now.costs
        world.paths = {name: version(journey, now, pinned) for name, journey in now.journeys.items()}
        cancel(world)
        migrate(world)
        for entry in world.open_entries():
            judge_exits(world, entry)
        entered = enrol(world)
        for entry in entered:
            judge_exits(world, entry)
        for entry in world.open_entries():
            advance(world, entry)
        decide(world)
        measure(world)
    for entry in world.open_entries():
        world.state.note("rests", *entry.id, entry.step, entry.clock)
    for name, waiting in world.candidates.items():
        for one in waiting:
            world.state.note("candidates", name, one.customer, one.key, one.since or world.as_of)
    return world.state.rows


def version(journey: Journey, now: Definitions, pinned: dict[tuple[str, str], Path]) -> Path:
    """A journey with the messages that it names: another one where either was written anew."""
    named = sorted({getattr(step.fields, step.kind) for step in journey.steps if step.kind in TOUCHES})
    messages = {name: now.messages[name] for name in named}
    return pinned.setdefault((journey.hash, repr(messages)), Path(journey, messages))


def judge_exits(world: World, entry: Entry) -> None:
    """End an entry whose exit is known: at the event's own instant after the moves before it, or as it stands at the run's."""
    found = exits(world, entry)
    if not found:
        return
    at, _, reason, by_event = min(found)
    if by_event:
        advance(world, entry, before=at)
    if entry.ended is None:
        world.end(entry, max(at, entry.clock), reason, taken_back=True)


def exits(world: World, entry: Entry) -> list[tuple[datetime, int, str, bool]]:
    """Every exit of an entry that is known: its instant, its place, its reason, and whether an event brought it."""
    header, found = entry.path.header, []
    judged = entry.goals_of.header
    reached = [goal for goal in judged.all_goals if judged.on_goal == "exit" and judged.role_of(goal) != "guardrail"]
    events = [(-1, "goal", goal) for goal in reached]
    counted = 0
    for number, one in enumerate(header.exit):
        if one.event:
            events.append((number, f"exit_{one.event.replace('.', '_')}", one))
            continue
        counted += one.when is not None
        suffix = "" if counted < 2 else f"_{counted}"
        name = f"segment_{one.segment}" if one.segment else f"left_{one.left}" if one.left else f"when{suffix}"
        if state_holds(world.sight(entry.customer, entry), one):
            found.append((world.as_of, number, f"exit_{name}", False))
    for number, reason, one in events:
        for event in world.events(entry, one.event, one.where):
            if event.at > entry.first_since:
                found.append((event.at, number, reason, True))
    live = header.live
    if live.until is not None and live.then == "stop" and world.calendar.moment(live.until) <= world.as_of:
        found.append((world.as_of, len(header.exit), "journey_over", False))
    return found


def cancel(world: World) -> None:
    """Take back what waits to leave of a channel, journey or product that was killed; nothing leaves between these runs."""
    killed = {one.name for one in world.facts.switches if one.run == world.run and one.action == "kill"}
    for touch in world.state.touches:
        if killed & {touch.channel, touch.topic, touch.entry.id[0]} and touch.gone is None:
            touch.gone = world.run - 1
            world.note("taken_back", touch.entry, touch.step, "a kill")


def migrate(world: World) -> None:
    """Bring open entries of older versions to the steps that a new version names for theirs, in its first run."""
    for name, path in world.paths.items():
        mapping = path.header.migrate
        older = [entry for entry in world.open_entries() if entry.id[0] == name and entry.path is not path]
        if not mapping or path in world.seen:
            continue
        counts = {"moved": 0, "held": 0, "dropped": 0}
        for entry in older:
            to = mapping.get(entry.step)
            counts["held" if to is None else "dropped" if to == "exit" else "moved"] += 1
            if to == "exit":
                world.end(entry, max(world.as_of, entry.clock), "migrated", taken_back=True)
            elif to is not None:
                world.note("moves", entry, entry.clock, entry.step, to, "migrated")
                entry.path = path
                arrive(entry, to, entry.clock)
        world.state.note("migrations", world.run, name, *counts.values())
    world.seen |= set(world.paths.values())


def measure(world: World) -> None:
    """Conversions as they are known now: of each entry the events of its goals within their windows after assignment."""
    rows = []
    for entry in world.state.entries:
        for number, goal in enumerate(entry.goals_of.header.all_goals):
            until = entry.assigned_at + goal.within
            events = [e for e in world.events(entry, goal.event, goal.where) if entry.assigned_at < e.at <= until]
            entry.converted |= bool(events) and entry.goals_of.header.role_of(goal) != "guardrail"
            rows += [(*entry.id, number, event.event_id, event.at, goal.value) for event in events]
    world.state.rows["conversions"] = rows
