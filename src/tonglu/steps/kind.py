"""What every step kind declares, and the two shapes a step has: lowered (names) and compiled (numbers, conditions as SQL).

Moving works on two temporary tables that `stages/advance` owns:

    position(entry_id, customer_id, journey, version_no, entry_no, assignment, round, step_key, step, kind, since, horizon,
             looks_back)   where each moving entry stood in each round; `horizon` is the last instant it may act at
    hop(entry_id, to_key, clock, cause)   what the statements of a kind add: the moves of this round
    wait_end(entry_id, round, ends_at, state)   what the generated statements of a wait find: its end, if it is 'known'

Every statement may use `$round`, `$run_no`, `$as_of`, `$ordinal` (rises with every round of a run) and `$earliest` (the least
`since` among entries that look back).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from sqlglot import exp

from tonglu.core.sql import both
from tonglu.language.expression import ColumnType
from tonglu.language.values import Condition

FOLLOWING = ""  # the step that is written next


@dataclass(frozen=True)
class Branch:
    """One way out of a step: what the map writes on it, and the step it leads to."""

    label: str
    to: str


@dataclass(frozen=True)
class EventMatch:
    """An event by name, with a filter over its properties as it was written."""

    event: str
    where: Condition | None = None


@dataclass(frozen=True)
class Alternative:
    """One thing that a step waits for or judges: exactly one of event, segment, left, when; and where it leads."""

    to: str
    event: EventMatch | None = None
    segment: str | None = None
    left: str | None = None
    when: Condition | None = None


@dataclass(frozen=True)
class Arms:
    """The variants of an experiment; `to` is empty where an arm is a text and not a path.

    `by_stratum` says that each of the journey's strata learns for itself; `aims` are goals, or `value` for what the first goal is worth,
    with their weights; without any, the first goal.
    """

    names: tuple[str, ...]
    to: tuple[str, ...]
    learn: str
    weights: tuple[float, ...]
    by_stratum: bool = False
    aims: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Lowered:
    """A step in the engine's terms, still with names: what all kinds have in common, empty where a kind has none."""

    next: str | None = FOLLOWING
    otherwise: str | None = None
    takes: timedelta = timedelta(0)
    lasts: bool = False  # whether time always passes before it goes on by `next` or `otherwise`
    watched: bool = False
    alternatives: tuple[Alternative, ...] = ()
    branches: tuple[Branch, ...] = ()
    message: str | None = None
    via: tuple[str, ...] = ()
    when: Condition | None = None
    valid_for: timedelta = timedelta(days=1)
    competes: bool = False
    arms: Arms | None = None
    reason: str | None = None
    rests: bool = False
    until: BaseModel | None = None  # what a wait ends by, where that is no plain duration
    reads: str | None = None  # the attribute of the profile that it is found by
    ways: tuple[tuple[str, float], ...] = ()  # of a split: steps with their shares, which add up to one
    notes: tuple[tuple[str, str | int | bool | None], ...] = ()  # of a set: names and values
    target: str | None = None  # of an enter: the other journey


@dataclass(frozen=True)
class CompiledAlternative:
    """An alternative with its target's key and its condition as an AST; `event` names what the condition is about."""

    to_key: int
    event: str | None
    condition: exp.Expression


@dataclass(frozen=True)
class CompiledStep:
    """A step as the engine runs it. Keys are unique over all versions: version_no * 1000 + step_no."""

    key: int
    number: int
    name: str
    kind: "StepKind"
    lowered: Lowered
    next_key: int | None
    otherwise_key: int | None
    alternatives: tuple[CompiledAlternative, ...] = ()
    arm_keys: tuple[int, ...] = ()
    way_keys: tuple[int, ...] = ()
    when: exp.Expression | None = None
    when_parts: tuple[tuple[str, exp.Expression], ...] = ()
    when_reads: tuple[tuple[str, exp.Expression], ...] = ()
    reads: tuple[exp.Expression, ColumnType] | None = None
    label: str = ""


def own_touch(alternative: CompiledAlternative, alias: str) -> exp.Expression:
    """The condition of an event alternative; a receipt counts only for the entry (table `alias`) whose touch it is about."""
    if alternative.event is None or not alternative.event.startswith("touch."):
        return alternative.condition
    entry = exp.cast(exp.column("entry_id", table=alias), "VARCHAR")
    told = exp.Anonymous(
        this="json_extract_string", expressions=[exp.column("properties", table="e"), exp.Literal.string("$.entry_id")]
    )
    return both(exp.EQ(this=told, expression=entry), alternative.condition)


def no_statements(_: Sequence[CompiledStep]) -> tuple[exp.Expression, ...]:
    """For kinds whose moves are the same statement for all their steps."""
    return ()


@dataclass(frozen=True)
class StepKind:
    """One kind of step.

    Attributes:
        name: the key by which YAML knows it.
        fields: the pydantic model of its body, the kind's own key included.
        lower: from checked fields to `Lowered`.
        moves: static SQL that adds this round's hops for all entries at steps of the kind; may be empty.
        judge: generated statements of the kind's steps at which entries stand, run before `moves`; one does for many where
            they say the same.
        label: what the map writes in its box, in Chinese.
        example: a step in YAML that loads.
        instant: whether it takes no time of its own, as docs/language.md says.
    """

    name: str
    title: str
    fields: type[BaseModel]
    lower: Callable[[Any], Lowered]
    label: Callable[[Any], str]
    example: str
    moves: str = ""
    judge: Callable[[Sequence[CompiledStep]], tuple[exp.Expression, ...]] = no_statements
    instant: bool = False
