"""The policy's sections on competition: what a context weighs, and which journeys keep clear of each other."""

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from tonglu.core.durations import format_duration
from tonglu.language.values import Authored, Condition, Name, Span, Title, refuse, shown

Topic = Literal["deposit", "wealth", "fund", "insurance", "credit", "service"]
"""What a touch is about: the kind of the product that its message names."""
HEAVIEST, DECIMALS = 10, 4


def factor_of(value: object) -> Decimal:
    """A weight or a lever's factor, from 0 to 10, with four decimals at most; refuses with a sentence and a hint."""
    try:
        number = None if isinstance(value, bool) else Decimal(str(value).strip())
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or not 0 <= number <= HEAVIEST or round(number, DECIMALS) != number:
        raise refuse(
            f"{shown(value)} is not a factor", "Write a number from 0 to 10 with at most four decimals, such as 0.5.", "TL842"
        )
    return number.quantize(Decimal("0.0001"))


Factor = Annotated[
    Decimal,
    PlainValidator(factor_of),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": ["number", "string"], "description": "a factor from 0 to 10"}),
]


class ContextWeight(Authored):
    """What a customer's situation makes a touch worth: all weights whose condition holds multiply."""

    when: Condition
    weight: Factor
    title: Title | None = None


class Arbitration(Authored):
    """What arbitration reads beside priority and `per_run`."""

    context: Annotated[tuple[ContextWeight, ...], Field(max_length=12)] = ()


class Exclusion(Authored):
    """Of these journeys, or of all journeys on one topic, one alone touches a customer within a time.

    With `topic: any` one journey owns a customer and topic for that time, whatever the topic is.
    """

    name: Name
    journeys: tuple[Name, ...] = ()
    topic: Topic | Literal["any"] | None = None
    within: Span
    title: Title | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        """An exclusion without a name is called by what it says: topic_any_in_7_days."""
        if not isinstance(data, dict) or "name" in data:
            return data
        journeys = data.get("journeys")
        words = [*map(str, journeys)] if isinstance(journeys, list) else ["topic", str(data.get("topic"))]
        return {**data, "name": re.sub("[^a-z0-9]+", "_", "_".join([*words, "in", str(data.get("within"))]).lower())[:63]}

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.topic is None) == (not self.journeys):
            raise refuse("an exclusion is about 'journeys' or about a 'topic'", "Write one of them.", "TL841")
        if self.journeys and len(set(self.journeys)) < 2:
            raise refuse(
                "an exclusion needs two journeys or more", "Name another one: a journey does not exclude itself.", "TL841"
            )
        return self

    def __str__(self) -> str:
        who = ", ".join(self.journeys) if self.journeys else f"topic {self.topic}"
        return f"{who} within {format_duration(self.within)}"
