"""What a journey looks at: the attributes, segments, events and properties that its conditions and waits read, taken from what they compile to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel
from sqlglot import exp

from tonglu.compile.program import CompiledJourney
from tonglu.language.expression import EventCount, EventLast, walk
from tonglu.language.journey import Journey
from tonglu.language.values import Condition, Ordering

WHENEVER = timedelta.max
"""How far back an event counts that is counted or looked for without a time."""


@dataclass(frozen=True)
class Looked:
    """What a journey looks at.

    Attributes:
        attributes: columns of the profile.
        segments: segments whose members it asks for, the one that brings customers among them.
        heard: events that bring customers, that steps wait for, that end trips.
        counted: events that conditions count, with how far back.
        properties: properties of events that filters read.
    """

    attributes: frozenset[str]
    segments: frozenset[str]
    heard: frozenset[str]
    counted: Mapping[str, timedelta]
    properties: frozenset[str]

    @property
    def events(self) -> frozenset[str]:
        """All events."""
        return self.heard | self.counted.keys()


def looked_at(journey: Journey, compiled: CompiledJourney) -> Looked:
    """What a journey looks at."""
    enter = journey.header.enter
    trees = list(_trees(compiled))
    columns = {node.name for tree in trees for node in tree.find_all(exp.Column) if node.table == "profile"}
    columns |= {"pay_day"} if enter.calendar is not None and enter.calendar.pay_day is not None else set()
    columns |= {"employer_id"} if journey.header.randomise == "employer" else set()
    tables = {node.name for tree in trees for node in tree.find_all(exp.Table) if node.db == "segment"}
    tables |= {name for name in (enter.segment, enter.left) if name}
    paths = {node.name.removeprefix("$.") for tree in trees for node in tree.find_all(exp.Literal) if node.name.startswith("$.")}
    heard = {one.event for step in compiled.steps for one in step.alternatives if one.event}
    heard |= {one.event for one in compiled.exits if one.event} | ({enter.occurs} if enter.occurs else set())
    properties = paths | ({enter.keyed_by} if enter.keyed_by else set())
    return Looked(
        frozenset(columns - {"customer_id"}), frozenset(tables), frozenset(heard), _counted(journey), frozenset(properties)
    )


def _trees(compiled: CompiledJourney) -> Iterator[exp.Expression]:
    """Every condition and value that the journey's statements are made of."""
    yield from (tree for tree in (compiled.enter_where, compiled.enter_when, compiled.order) if tree is not None)
    for step in compiled.steps:
        for one in step.alternatives:
            yield one.condition
        yield from ([step.when] if step.when is not None else [])
        yield from ([step.reads[0]] if step.reads is not None else [])
    yield from (one.condition for one in compiled.exits)
    yield from (one.condition for one in compiled.goals)


def _counted(journey: Journey) -> Mapping[str, timedelta]:
    found: dict[str, timedelta] = {}
    for condition in _conditions([journey.header, *(step.fields for step in journey.steps)]):
        for node in walk(condition.tree):
            if isinstance(node, EventCount | EventLast):
                window = (node.window if isinstance(node, EventCount) else None) or WHENEVER
                found[node.event] = max(window, found.get(node.event, timedelta()))
    return found


def _conditions(value: object) -> Iterator[Condition | Ordering]:
    """Every condition in a model, however deep."""
    if isinstance(value, Condition | Ordering):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _conditions(getattr(value, name))
    elif isinstance(value, Mapping):
        yield from (found for inner in value.values() for found in _conditions(inner))
    elif isinstance(value, list | tuple):
        yield from (found for inner in value for found in _conditions(inner))
