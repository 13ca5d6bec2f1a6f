"""Register: write a version's compiled steps, goals, arms and channels where the engine's static SQL reads them."""

import json
from collections.abc import Mapping, Sequence

from tonglu.compile.program import CompiledJourney
from tonglu.core.durations import microseconds
from tonglu.core.graph import on_cycles
from tonglu.core.ports import Warehouse
from tonglu.steps import CompiledStep
from tonglu.steps.kind import FOLLOWING, Branch

GOAL = "INSERT INTO tonglu.goal VALUES ($version_no, $goal_no, $goal, $event, $window_us, $value, $role, $expected)"
HORIZON = "INSERT INTO tonglu.horizon VALUES ($version_no, $goal_no, $horizon_us)"
ARM = "INSERT INTO tonglu.arm VALUES ($version_no, $step_key, $arm_no, $arm, $to_key, $learn, $weight, $by_stratum)"
WAY = "INSERT INTO tonglu.split_way VALUES ($version_no, $step_key, $way_no, $to_key, $low, $high)"
NOTE = "INSERT INTO tonglu.set_value VALUES ($version_no, $step_key, $name, $value)"
TARGET = "INSERT INTO tonglu.enter_target VALUES ($version_no, $step_key, $target)"
VIA = "INSERT INTO tonglu.via VALUES ($step_key, $place, $channel)"
KNOWN = "SELECT hash FROM tonglu.definition"
KEEP = "INSERT INTO tonglu.definition SELECT unnest($hash), unnest($kind), unnest($name), unnest($text)"
USED = "INSERT INTO tonglu.run_definition SELECT $run_no, unnest($hash)"


def register(warehouse: Warehouse, journey: CompiledJourney, titles: Mapping[str, str]) -> None:
    """Write a new version; `titles` are what people call the messages, by name."""
    header = journey.header
    warehouse.run(
        "pin/version",
        version_no=journey.version_no,
        journey=journey.name,
        hash=journey.definition.hash,
        purpose=header.purpose,
        title_zh=header.title.zh,
        title_en=header.title.en,
        definition=journey.definition.text,
    )
    warehouse.run("pin/topics", version_no=journey.version_no, definition=journey.definition.text)
    revisited = _revisited(journey.steps)
    for step in journey.steps:
        label = step.label.replace(step.lowered.message or " ", titles.get(step.lowered.message or "", " "))
        _step(warehouse, journey, step, label=label, revisited=step.key in revisited)
    for goal in journey.goals:
        warehouse.execute(
            GOAL,
            version_no=journey.version_no,
            goal_no=goal.number,
            goal=goal.name,
            event=goal.event,
            window_us=microseconds(goal.window),
            value=goal.value,
            role=goal.role,
            expected=goal.expected,
        )
        for horizon in goal.horizons:
            warehouse.execute(HORIZON, version_no=journey.version_no, goal_no=goal.number, horizon_us=microseconds(horizon))


def keep_texts(warehouse: Warehouse, texts: Sequence[tuple[str, str, str, str]]) -> None:
    """Keep the texts that this run depends on, each once, and that the run used them.

    Args:
        warehouse: the warehouse, inside the run's transaction.
        texts: hash, kind, name and text of each.
    """
    known = {digest for (digest,) in warehouse.fetch(KNOWN)}
    new = {digest: (digest, kind, name, text) for digest, kind, name, text in texts if digest not in known}
    if new:
        hashes, kinds, names, written = map(list, zip(*new.values(), strict=True))
        warehouse.execute(KEEP, hash=hashes, kind=kinds, name=names, text=written)
    warehouse.execute(USED, hash=[digest for digest, *_ in texts])


def _step(warehouse: Warehouse, journey: CompiledJourney, step: CompiledStep, *, label: str, revisited: bool) -> None:
    lowered = step.lowered
    warehouse.run(
        "pin/step",
        step_key=step.key,
        version_no=journey.version_no,
        journey=journey.name,
        step_no=step.number,
        step=step.name,
        kind=step.kind.name,
        label_zh=label,
        next_key=step.next_key,
        otherwise_key=step.otherwise_key,
        takes_us=microseconds(lowered.takes),
        watched=lowered.watched,
        valid_us=microseconds(lowered.valid_for),
        competes=lowered.competes,
        message=lowered.message,
        reason=lowered.reason,
        listens=any(one.event is not None for one in step.alternatives),
        revisited=revisited,
        rereads=lowered.reads is not None,
        branches=json.dumps([{"to": branch.to, "label": branch.label} for branch in ways_of(step)], ensure_ascii=False),
    )
    _what_it_does(warehouse, journey, step)
    for place, channel in enumerate(lowered.via):
        warehouse.execute(VIA, step_key=step.key, place=place, channel=channel)
    arms = lowered.arms
    for number, (arm, weight) in enumerate(zip(arms.names, arms.weights, strict=True) if arms else ()):
        warehouse.execute(
            ARM,
            version_no=journey.version_no,
            step_key=step.key,
            arm_no=number,
            arm=arm,
            to_key=step.arm_keys[number] if step.arm_keys else None,
            learn=arms.learn if arms else "fixed",
            weight=weight,
            by_stratum=bool(arms and arms.by_stratum),
        )


def _what_it_does(warehouse: Warehouse, journey: CompiledJourney, step: CompiledStep) -> None:
    """What a split, a set and an enter do, where their static statements read it."""
    lowered, mine = step.lowered, {"version_no": journey.version_no, "step_key": step.key}
    low = 0.0
    for number, ((_, share), to_key) in enumerate(zip(lowered.ways, step.way_keys, strict=True)):
        high = 1.0 if number == len(lowered.ways) - 1 else low + share
        warehouse.execute(WAY, **mine, way_no=number, to_key=to_key, low=low, high=high)
        low = high
    for name, value in lowered.notes:
        warehouse.execute(NOTE, **mine, name=name, value=as_noted(value))
    if lowered.target is not None:
        warehouse.execute(TARGET, **mine, target=lowered.target)


def as_noted(value: str | int | bool | None) -> str | None:
    """A noted value as the warehouse keeps it: text; 'true' and 'false'."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def ways_of(step: CompiledStep) -> list[Branch]:
    """The ways out that the map labels: branches, and the targets of alternatives that lead elsewhere than on."""
    elsewhere = [one for one in step.lowered.alternatives if one.to != FOLLOWING] if not step.lowered.branches else []
    return [
        *step.lowered.branches,
        *(Branch(one.event.event if one.event else one.segment or one.left or "条件", one.to) for one in elsewhere),
    ]


def _revisited(steps: tuple[CompiledStep, ...]) -> set[int]:
    """The steps that a path may come back to."""
    ways = {
        step.key: {
            key
            for key in (
                step.next_key,
                step.otherwise_key,
                *step.arm_keys,
                *step.way_keys,
                *(one.to_key for one in step.alternatives),
            )
            if key
        }
        for step in steps
    }
    return on_cycles(ways)
