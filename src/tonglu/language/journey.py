"""A journey as it is written: the header as a model, the steps with their kinds, all places kept.

Step kinds are given by the caller: a kind is a name and a model of its fields, the kind's own key among them. A step's kind is
the one key of its body that names a kind.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator

from tonglu.core.errors import Finding, Place, did_you_mean
from tonglu.language.calendar_rule import CalendarRule
from tonglu.language.loader import load_model
from tonglu.language.repairs import name_fix
from tonglu.language.values import (
    Again,
    Authored,
    Condition,
    EventName,
    Limit,
    Moment,
    Money,
    Name,
    Ordering,
    Purpose,
    Said,
    Share,
    Span,
    Title,
    as_list,
    refuse,
    shown,
)
from tonglu.language.yamlfile import Loc, YamlFile, read_yaml

SOURCES = ("segment", "left", "event", "calendar", "list", "journey")


class Enter(Authored):
    """Who enters, and when; exactly one of: joining a segment or leaving it, an event, the calendar, a list, another journey."""

    segment: Name | None = None
    left: Name | None = None
    event: EventName | None = None
    calendar: CalendarRule | None = None
    listed: Annotated[Name | None, Field(alias="list")] = None
    journey: Annotated[tuple[Name, ...], BeforeValidator(as_list)] = ()
    where: Condition | None = None
    when: Condition | None = None
    keyed_by: Name | None = None
    fresh: Span | None = None
    again: Again = Again("never")
    limit: Annotated[tuple[Limit, ...], BeforeValidator(as_list)] = ()
    enrolment: Literal["future", "current", "both"] = "future"
    order: Ordering | None = None

    @property
    def source(self) -> str:
        """The word of `SOURCES` by which customers come."""
        given = (self.segment, self.left, self.event, self.calendar, self.listed, self.journey)
        return next(word for word, one in zip(SOURCES, given, strict=True) if one)

    @property
    def occurs(self) -> str | None:
        """The event that brings customers, a list's among them; None for the other sources."""
        return f"list.{self.listed}" if self.listed else self.event

    @property
    def condition(self) -> tuple[Condition, ...]:
        """What must hold of the customer, whatever brings them."""
        of_segment = self.where if self.segment or self.left else None
        return tuple(one for one in (of_segment, self.when) if one is not None)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [
            word
            for word, one in zip(
                SOURCES, (self.segment, self.left, self.event, self.calendar, self.listed, self.journey), strict=True
            )
            if one
        ]
        if len(given) != 1:
            both = " and ".join(f"'{word}'" for word in given)
            message = f"'enter' has both {both}" if given else "'enter' does not say who enters"
            raise refuse(message, f"Write one of {', '.join(SOURCES)}: enter: {{segment: payroll_new}}.", "TL406")
        by_state, by_event = self.segment or self.left, self.event or self.listed
        if by_state and self.fresh is not None:
            raise refuse("'fresh' belongs to what happens at an instant", "Remove it.", "TL406")
        if not by_state and self.enrolment != "future":
            raise refuse("'enrolment' belongs to a segment", "Remove it: they enter as it happens.", "TL406")
        if self.where is not None and not (by_state or by_event):
            raise refuse("'where' filters an event", "A condition on the customer is written 'when'.", "TL406")
        if self.keyed_by is not None and not (by_event or self.journey):
            raise refuse("'keyed_by' is a property of the event that brings somebody in", "Remove it.", "TL406")
        if len({limit.per for limit in self.limit}) < len(self.limit):
            raise refuse("two limits of the same kind", "Keep one per run, one per day and one total.", "TL406")
        return self


class Expect(Authored):
    """What is expected of a goal before launch: the rate without touches, the lift that would matter, how many customers will enter."""

    rate: Share
    lift: Share
    customers: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not self.lift or self.rate + self.lift > 1:
            raise refuse("the rate with the lift lies between 0% and 100%, and the lift is more than nothing", "", "TL407")
        return self


class Goal(Authored):
    """What is counted for treated and control: an event within a time after assignment, and what it is worth.

    `value` is a sum (whole fen), `value_of` the event's own property in yuan. A guardrail is what there shall not be more of.
    `horizons` are shorter times that are looked at too; `adjust` is the attribute, as of assignment, that foretells the outcome (CUPED).
    """

    name: Name | None = None
    event: EventName
    where: Condition | None = None
    value: Money = 0
    value_of: Name | None = None
    within: Span
    role: Literal["primary", "secondary", "guardrail"] | None = None
    horizons: Annotated[tuple[Span, ...], Field(max_length=10)] = ()
    at_most: Share | None = None
    adjust: Name | None = None
    expect: Expect | None = None

    @model_validator(mode="after")
    def _measured_one_way(self) -> Self:
        if self.value and self.value_of is not None:
            raise refuse("a goal has one value: 'value' or 'value_of'", "Remove one of them.", "TL407")
        if any(horizon >= self.within for horizon in self.horizons) or len(set(self.horizons)) < len(self.horizons):
            raise refuse("horizons are shorter than 'within', each written once", "The whole time is measured anyhow.", "TL407")
        return self

    @field_validator("value")
    @classmethod
    def _worth_something(cls, value: int) -> int:
        if value < 0:
            raise refuse(
                "a goal is not worth less than nothing", "What there shall not be more of is a goal with 'role: guardrail'."
            )
        return value

    @property
    def called(self) -> str:
        """The goal's name; without one it is called like its event."""
        return self.name or self.event.replace(".", "_")


class Exit(Authored):
    """What ends an entry at once, wherever it rests: a segment joined or left, an event, or a condition on the customer."""

    segment: Name | None = None
    event: EventName | None = None
    where: Condition | None = None
    left: Name | None = None
    when: Condition | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [key for key in ("segment", "event", "left", "when") if getattr(self, key) is not None]
        if len(given) != 1:
            hint = "Write one item for each: [{segment: a}, {event: b}]."
            raise refuse("an exit is exactly one of 'segment', 'event', 'left' and 'when'", hint, "TL408")
        if self.where is not None and self.event is None:
            raise refuse("'where' belongs to an event", "A condition on the customer is written 'when'.", "TL408")
        return self


class Live(Authored):
    """When the journey runs: from (included) until (not included), on the bank's clock; then open entries finish or stop."""

    starts: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None
    then: Literal["finish", "stop"] = "finish"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts is not None and self.until is not None and self.starts >= self.until:
            raise refuse("'until' is not after 'from'", "", "TL410")
        return self


MIGRATE_OUT = "exit"


class JourneyFile(Authored):
    """The header of a journey; `steps` are read by `read_steps`. `migrate` leads open entries of older versions from a step of theirs
    to a step of this one, or out (`exit`)."""

    journey: Name
    title: Title
    purpose: Purpose
    owner: Said
    enter: Enter
    holdout: Share = 0.0
    randomise: Literal["customer", "employer"] = "customer"
    goal: Goal | None = None
    goals: tuple[Goal, ...] = ()
    strata: Name | None = None
    on_goal: Literal["exit", "continue"] = "exit"
    exit: Annotated[tuple[Exit, ...], BeforeValidator(as_list)] = ()
    live: Live = Live()
    priority: Name | None = None
    prior: Share | None = None
    migrate: Mapping[Name, Name] = Field(default_factory=dict)
    steps: list[Any]

    @property
    def all_goals(self) -> tuple[Goal, ...]:
        """The goals, in written order, whether there is one or a list of them."""
        return (self.goal,) if self.goal is not None else self.goals

    def role_of(self, goal: Goal) -> Literal["primary", "secondary", "guardrail"]:
        """A goal's role; the first is the primary one unless it is written otherwise, the others are secondary."""
        return goal.role or ("primary" if goal is self.all_goals[0] else "secondary")

    @model_validator(mode="before")
    @classmethod
    def _randomise_by(cls, data: Any) -> Any:
        by = data.get("randomise") if isinstance(data, dict) else None
        return {**data, "randomise": by["by"]} if isinstance(by, dict) and list(by) == ["by"] else data

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.goal is not None and self.goals:
            raise refuse("the journey has both 'goal' and 'goals'", "Move the goal into the list.", "TL407")
        names = [goal.called for goal in self.all_goals]
        if len(set(names)) < len(names):
            raise refuse("two goals have the same name", "Give each a 'name'.", "TL407")
        roles = [self.role_of(goal) for goal in self.all_goals]
        if roles.count("primary") > 1 or (roles and roles[0] == "guardrail"):
            hint = "The first goal decides; the others are 'secondary' or 'guardrail'."
            raise refuse("a journey is judged by one primary goal, its first", hint, "TL407")
        if self.purpose == "regulatory" and self.holdout > 0:
            raise refuse("a regulatory journey has no control group", "Remove 'holdout'.", "TL409")
        return self


class StepKindLike(Protocol):
    """What a step kind has to tell the reader."""

    @property
    def name(self) -> str:
        """The key that makes a step one of this kind."""

    @property
    def fields(self) -> type[BaseModel]:
        """The model of the step's body, the kind's key included; unknown keys forbidden."""


@dataclass(frozen=True)
class AuthoredStep:
    """One step as written. `loc` leads to its body in the file, `place` to its name."""

    name: str
    kind: str
    fields: BaseModel
    place: Place
    loc: Loc


@dataclass(frozen=True)
class Journey:
    """One journey as written. `normalised` is its canonical JSON; `hash` the first 16 hex digits of its SHA-256."""

    header: JourneyFile
    steps: tuple[AuthoredStep, ...]
    file: YamlFile
    normalised: str
    hash: str

    @property
    def name(self) -> str:
        """The journey's name."""
        return self.header.journey


def read_journey(path: Path, shown_as: str, kinds: Mapping[str, StepKindLike], findings: list[Finding]) -> Journey | None:
    """Read one journey file; None, with findings, when it cannot be used.

    Args:
        path: the file on disk.
        shown_as: its path as people know it.
        kinds: step kinds by name.
        findings: where everything found is added.
    """
    return journey_of(read_yaml(path, shown_as), kinds, findings)


def journey_of(file: YamlFile, kinds: Mapping[str, StepKindLike], findings: list[Finding]) -> Journey | None:
    """The same from a file that was already read."""
    before = len(findings)
    header = load_model(file, JourneyFile, findings)
    if not file.readable or not isinstance(file.data, dict):
        return None
    steps = read_steps(file, kinds, findings)
    stem = PurePath(file.shown).stem
    if header is not None and header.journey != stem:
        message = f"the journey is called '{header.journey}' but its file '{stem}'"
        findings.append(
            file.finding("TL210", message, ("journey",), f"Rename the file to {header.journey}.yaml, or the journey.")
        )
    if header is None or len(findings) > before:
        return None
    normalised = _normalised(header, steps)
    return Journey(header, steps, file, normalised, sha256(normalised.encode()).hexdigest()[:16])


def read_steps(file: YamlFile, kinds: Mapping[str, StepKindLike], findings: list[Finding]) -> tuple[AuthoredStep, ...]:
    """The steps of a journey in written order, those without findings; their targets are checked when they are compiled."""
    written = file.at(("steps",))
    if not isinstance(written, list):
        return ()
    if not written:
        findings.append(file.finding("TL405", "the journey has no steps", ("steps",), "Add at least one."))
    steps: dict[str, AuthoredStep] = {}
    first: dict[str, Place] = {}
    for number, item in enumerate(written):
        name = _step_name(file, number, item, findings)
        if name is None:
            continue
        loc: Loc = ("steps", number, name)
        if name in first:
            hint = f"The first one is on line {first[name].line}."
            findings.append(file.finding("TL401", f"two steps are called '{name}'", loc, hint, key=True))
            continue
        first[name] = file.place(loc, key=True)
        kind = _step_kind(file, loc, kinds, findings)
        fields = load_model(file, kinds[kind].fields, findings, loc) if kind is not None else None
        if kind is not None and fields is not None:
            steps[name] = AuthoredStep(name, kind, fields, first[name], loc)
    return tuple(steps.values())


def _step_name(file: YamlFile, number: int, item: object, findings: list[Finding]) -> str | None:
    loc: Loc = ("steps", number)
    example = "A step is a name and a body: '- settle: {wait: 3 days}'."
    if not isinstance(item, dict) or len(item) != 1:
        problem = "has more than one name" if isinstance(item, dict) and item else "has no name"
        findings.append(file.finding("TL404", f"step {number + 1} {problem}", loc, example))
        return None
    name, body = next(iter(item.items()))
    try:
        _StepName(name=name)
    except ValueError:
        hint = "A name starts with a small letter and has small letters, digits and '_' only."
        findings.append(file.finding("TL404", f"'{name}' is not a name for a step", (*loc, name), hint, key=True))
        return None
    if not isinstance(body, dict):
        findings.append(
            file.finding("TL404", f"the body of step '{name}' is {shown(body)}, not a mapping", (*loc, name), example)
        )
        return None
    return str(name)


class _StepName(Authored):
    name: Name


def kind_of(body: Mapping[str, object], kinds: Mapping[str, StepKindLike]) -> str | None:
    """The kind of a step: the one key of its body that names a kind and is not a field of another kind that is there, as
    `experiment` and `wait` are fields of a touch. None when there is no such key, or more than one.
    """
    named = [key for key in body if key in kinds]
    mine = [key for key in named if not any(key in _keys(kinds[other]) for other in named if other != key)]
    return mine[0] if len(mine) == 1 else None


def _step_kind(file: YamlFile, loc: Loc, kinds: Mapping[str, StepKindLike], findings: list[Finding]) -> str | None:
    body, name = file.at(loc), loc[-1]
    kind = kind_of(body, kinds)
    if kind is not None:
        return kind
    named = [key for key in body if key in kinds]
    if named:
        message = f"step '{name}' is of two kinds: {' and '.join(repr(key) for key in named)}"
        findings.append(file.finding("TL403", message, (*loc, named[1]), "Make two steps of it.", key=True))
        return None
    guesses = (did_you_mean(key, kinds) for key in body)
    hint = next((guess for guess in guesses if guess), f"One key names the kind: {', '.join(sorted(kinds))}.")
    fixes = [fix for key in body if (fix := name_fix(file, (*loc, key), key, set(kinds) - set(body), key=True))]
    fix = fixes[0] if len(fixes) == 1 else None
    findings.append(file.finding("TL402", f"step '{name}' is of no known kind", loc, hint, key=True, fix=fix))
    return None


def _keys(kind: StepKindLike) -> set[str]:
    return {field.alias or name for name, field in kind.fields.model_fields.items()}


def _normalised(header: JourneyFile, steps: tuple[AuthoredStep, ...]) -> str:
    """Canonical JSON: sorted keys, defaults left out, so that neither formatting nor a spelt-out default makes a version."""
    top = header.model_dump(mode="json", exclude_defaults=True, exclude={"steps"})
    bodies = [[step.name, step.kind, step.fields.model_dump(mode="json", exclude_defaults=True)] for step in steps]
    return json.dumps({**top, "steps": bodies}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
