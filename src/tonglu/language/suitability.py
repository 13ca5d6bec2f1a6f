"""Suitability, the section `suitability:` of the policy: which products may be offered to whom.

Each rule is of one kind, `tests`, and says which regulation it stands for, how well that is known, and on which days it is in force.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tonglu.core.errors import Finding, Severity, did_you_mean
from tonglu.language.expression import ColumnType
from tonglu.language.message import INVESTED, STRICT, ProductKind, RiskLevel
from tonglu.language.values import Authored, EventName, Name, Span, refuse
from tonglu.language.yamlfile import Loc, YamlFile

Years = Annotated[int, Field(ge=0, le=120)]
OFFERED: tuple[ProductKind, ...] = ("deposit", *STRICT)
READ_AS: Mapping[str, tuple[ColumnType, ...]] = {
    "rating": (ColumnType.TEXT,),
    "rated_on": (ColumnType.DATE,),
    "age": (ColumnType.INTEGER,),
    "vulnerable": (ColumnType.BOOLEAN,),
    "arrears": (ColumnType.BOOLEAN,),
    "collections": (ColumnType.BOOLEAN,),
    "student": (ColumnType.BOOLEAN,),
}
"""What the rules know of a customer, and the types that the profile's columns for it may have."""


class Reads(Authored):
    """Which column of the profile says it; what is not named is not known of anybody."""

    rating: Name | None = None
    rated_on: Name | None = None
    age: Name | None = None
    vulnerable: Name | None = None
    arrears: Name | None = None
    collections: Name | None = None
    student: Name | None = None

    def column(self, known_as: str) -> str | None:
        """The profile's column for one of `READ_AS`."""
        named: str | None = getattr(self, known_as)
        return named


class SuitabilityRule(Authored):
    """What every rule has.

    Attributes:
        rule: its name, which decisions show.
        products: the kinds of product that it judges; empty stands for those that are usual for its kind.
        regulation: what it stands for.
        evidence: how well that is known: V read in full, S seen, mem from memory only, D our own design.
        starts: `from`, the first bank day on which it is in force.
        until: the last one.
        enabled: whether it is in force at all.
    """

    usual: ClassVar[tuple[ProductKind, ...]] = OFFERED
    needs: ClassVar[tuple[str, ...]] = ()

    rule: Name
    products: tuple[ProductKind, ...] = ()
    regulation: Annotated[str, Field(min_length=1, max_length=300)]
    evidence: Annotated[str, Field(pattern="^(V|S[0-9]{0,3}|mem|D)$")]
    starts: date | None = Field(default=None, alias="from")
    until: date | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _some_day(self) -> Self:
        if self.starts is not None and self.until is not None and self.until < self.starts:
            raise refuse(f"the rule '{self.rule}' ends before it begins", "Both days belong to it.", "TL824")
        return self

    @property
    def covers(self) -> tuple[ProductKind, ...]:
        """The kinds of product that it judges."""
        return self.products or self.usual

    def in_force(self, day: date) -> bool:
        """Whether it holds on a bank day; its first and its last day belong to it."""
        begun = self.starts is None or self.starts <= day
        return self.enabled and begun and (self.until is None or day <= self.until)


class RatingRule(SuitabilityRule):
    """The product's risk must not lie above what the customer's rating allows."""

    usual: ClassVar[tuple[ProductKind, ...]] = INVESTED
    needs: ClassVar[tuple[str, ...]] = ("rating",)
    tests: Literal["rating"]


class AssessmentRule(SuitabilityRule):
    """The customer's assessment must be newer than so many days."""

    usual: ClassVar[tuple[ProductKind, ...]] = INVESTED
    needs: ClassVar[tuple[str, ...]] = ("rated_on",)
    tests: Literal["assessment"]
    valid_days: Annotated[int, Field(ge=1, le=3660)]


class AgeRule(SuitabilityRule):
    """The customer must be of an age."""

    usual: ClassVar[tuple[ProductKind, ...]] = STRICT
    needs: ClassVar[tuple[str, ...]] = ("age",)
    tests: Literal["age"]
    at_least: Years = 0
    at_most: Years = 120


class ProductAgesRule(SuitabilityRule):
    """The customer must be of the ages that the product itself names."""

    needs: ClassVar[tuple[str, ...]] = ("age",)
    tests: Literal["product_ages"]


class AgeRiskRule(SuitabilityRule):
    """From an age on, what is riskier than `at_most` is offered by a person only."""

    usual: ClassVar[tuple[ProductKind, ...]] = INVESTED
    needs: ClassVar[tuple[str, ...]] = ("age",)
    tests: Literal["age_risk"]
    from_age: Years
    at_most: RiskLevel


class SecondConfirmationRule(SuitabilityRule):
    """From an age on, a person has to confirm with the customer a second time: only a channel with a person may be used."""

    usual: ClassVar[tuple[ProductKind, ...]] = INVESTED
    needs: ClassVar[tuple[str, ...]] = ("age",)
    tests: Literal["second_confirmation"]
    from_age: Years


class VulnerableRule(SuitabilityRule):
    """Not for customers who are marked as vulnerable."""

    needs: ClassVar[tuple[str, ...]] = ("vulnerable",)
    tests: Literal["vulnerable"]


class ArrearsRule(SuitabilityRule):
    """Not for customers who are behind with a payment."""

    usual: ClassVar[tuple[ProductKind, ...]] = ("credit",)
    needs: ClassVar[tuple[str, ...]] = ("arrears",)
    tests: Literal["arrears"]


class CollectionsRule(SuitabilityRule):
    """Not for customers from whom a debt is being collected."""

    usual: ClassVar[tuple[ProductKind, ...]] = ("credit",)
    needs: ClassVar[tuple[str, ...]] = ("collections",)
    tests: Literal["collections"]


class StudentRule(SuitabilityRule):
    """Not for students."""

    usual: ClassVar[tuple[ProductKind, ...]] = ("credit",)
    needs: ClassVar[tuple[str, ...]] = ("student",)
    tests: Literal["student"]


class CoolingOffRule(SuitabilityRule):
    """Not within a time after certain events, nor to members of certain segments."""

    tests: Literal["cooling_off"]
    events: tuple[EventName, ...] = ()
    within: Span | None = None
    segments: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _after_something(self) -> Self:
        if not self.events and not self.segments:
            raise refuse(f"the rule '{self.rule}' follows on nothing", "Name events or segments.", "TL824")
        if bool(self.events) != (self.within is not None):
            raise refuse(f"the rule '{self.rule}' needs both events and a time", "Write events: [...], within: 30 days.", "TL824")
        return self


Rule = Annotated[
    RatingRule
    | AssessmentRule
    | AgeRule
    | ProductAgesRule
    | AgeRiskRule
    | SecondConfirmationRule
    | VulnerableRule
    | ArrearsRule
    | CollectionsRule
    | StudentRule
    | CoolingOffRule,
    Field(discriminator="tests"),
]


def _table() -> dict[str, RiskLevel]:
    return {"C1": "R1", "C2": "R2", "C3": "R3", "C4": "R4", "C5": "R5"}


class Suitability(Authored):
    """The section: the highest risk by customer's rating, where a customer is read from, and the rules in the order of their weight.

    `with_a_person` are the channels in which somebody of the bank speaks with the customer.
    """

    reads: Reads = Reads()
    ratings: Mapping[str, RiskLevel] = Field(default_factory=_table)
    with_a_person: tuple[Name, ...] = ()
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _no_repeats(self) -> Self:
        names = [one.rule for one in self.rules]
        twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
        if twice is not None:
            raise refuse(f"two rules are called '{twice}'", "Give each its own name.", "TL801")
        return self

    def judges(self, kind: ProductKind) -> bool:
        """Whether a product of this kind is judged by the rule without which it is never offered (always, for kinds that need none)."""
        return kind not in STRICT or bool(self._judging(kind))

    def judged_until(self, kind: ProductKind) -> date | None:
        """The last bank day on which a product of this kind is judged; after it, it is offered to nobody. None where there is no such day."""
        ends = [one.until for one in self._judging(kind)]
        return None if kind not in STRICT or None in ends else max((end for end in ends if end is not None), default=None)

    def _judging(self, kind: ProductKind) -> list[Rule]:
        """The rules without which a product of this kind is never offered."""
        return [one for one in self.rules if one.enabled and one.tests == needed_for(kind) and kind in one.covers]


def needed_for(kind: ProductKind) -> str:
    """The kind of rule without which a product of a strict kind is offered to nobody."""
    return "arrears" if kind == "credit" else "rating"


@dataclass(frozen=True)
class KnownNames:
    """What the rules may name: the profile's columns with their types, channels, events and segments."""

    profile: Mapping[str, ColumnType]
    channels: Collection[str]
    events: Collection[str]
    segments: Collection[str]


def check_suitability(written: Suitability, file: YamlFile, known: KnownNames, findings: list[Finding]) -> None:
    """Find what the rules read and the project does not have."""
    base: Loc = ("suitability",)
    for known_as, types in READ_AS.items():
        column = written.reads.column(known_as)
        loc = (*base, "reads", known_as)
        kind = known.profile.get(column) if column is not None else ColumnType.UNKNOWN
        if kind is None:
            hint = did_you_mean(column or "", known.profile) or "The columns are those of segments/profile.sql."
            findings.append(file.finding("TL822", f"the profile has no column '{column}'", loc, hint))
        elif kind is not ColumnType.UNKNOWN and kind not in types:
            fits = [name for name, other in known.profile.items() if other in types]
            hint = f"Of that type are {', '.join(fits[:6])}." if fits else ""
            message = f"'{column}' is {kind.value}, and '{known_as}' is {types[0].value}"
            findings.append(file.finding("TL823", message, loc, hint))
    named = [(*base, "with_a_person", number) for number in range(len(written.with_a_person))]
    for loc, channel in zip(named, written.with_a_person, strict=True):
        if channel not in known.channels:
            hint = did_you_mean(channel, known.channels)
            place = file.place(loc)
            findings.append(Finding("TL208", f"channel '{channel}' does not exist", place, hint, Severity.WARNING))
    for number, rule in enumerate(written.rules):
        _check_rule(rule, written, file, (*base, "rules", number), known, findings)


def _check_rule(rule: Rule, written: Suitability, file: YamlFile, loc: Loc, known: KnownNames, findings: list[Finding]) -> None:
    for known_as in rule.needs:
        if written.reads.column(known_as) is None:
            message = f"the rule '{rule.rule}' needs '{known_as}', and 'reads' does not say which column that is"
            findings.append(file.finding("TL822", message, (*loc, "rule"), f"Add reads: {{{known_as}: ...}}."))
    if isinstance(rule, CoolingOffRule):
        for at, event in enumerate(rule.events):
            if not event.startswith("touch.") and event not in known.events:
                hint = did_you_mean(event, known.events)
                findings.append(file.finding("TL202", f"event '{event}' is in no contract", (*loc, "events", at), hint))
        for at, name in enumerate(rule.segments):
            if name not in known.segments:
                hint = did_you_mean(name, known.segments)
                findings.append(file.finding("TL201", f"segment '{name}' does not exist", (*loc, "segments", at), hint))
