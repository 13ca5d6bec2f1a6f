"""The kinds of values that authored files hold: durations, shares, money, limits, titles, names, hours, conditions.

Each is a type for a pydantic field. A value that cannot be read refuses with a sentence and a hint, which `loader` puts at the
value's place. All of them dump to one canonical text, so that a file's hash does not depend on how a value was spelt.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from tonglu.core.durations import format_duration, parse_duration
from tonglu.core.errors import did_you_mean
from tonglu.language.expression import Expression, ExpressionError, format_expression, parse_expression, parse_ordering
from tonglu.language.expression_repairs import repaired

Purpose = Literal["marketing", "service", "care", "regulatory"]
"""What a touch is for."""


class Authored(BaseModel):
    """Base of everything that is read from a file: unknown keys are findings, and what was read does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def refuse(
    message: str, hint: str = "", code: str = "TL123", offset: int = -1, instead: str | None = None
) -> PydanticCustomError:
    """The error by which a field's validator refuses a value; raise it.

    Args:
        message: what is wrong, as a sentence without the place.
        hint: what to write instead.
        code: the finding's code.
        offset: the character of the text value that is wrong, or -1 for the value as a whole.
        instead: the whole value as it was certainly meant; None where that cannot be told.
    """
    context = {"message": message, "hint": hint, "code": code, "offset": offset, "instead": instead}
    return PydanticCustomError("tonglu", "{message}", context)


def shown(value: object) -> str:
    """A value from a file, short enough for a message."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = "nothing" if value is None else str(value)
    return f"'{text[:40]}…'" if len(text) > 40 else text if value is None else f"'{text}'"


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, str):
        hint = f"Write '{value} days', or another unit." if isinstance(value, int) and not isinstance(value, bool) else ""
        raise refuse(f"{shown(value)} is not a duration", hint or "Write a count and a unit, such as '3 days' or '4 hours'.")
    try:
        return parse_duration(value)
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        raise refuse(message, f"{hint[:1].upper()}{hint[1:]}." if hint else "") from None


Duration = Annotated[
    timedelta,
    PlainValidator(_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+ *[a-z]+$", "examples": ["3 days", "4 hours", "30 minutes"]}),
]
"""A length of time: '3 days', '4 hours', '30 minutes', '90 s'. A day is 24 hours."""


def _span(value: object) -> timedelta:
    length = _duration(value)
    if not length:
        raise refuse("a time of zero length holds nothing", "Write it like '30 days'.")
    return length


Span = Annotated[
    timedelta,
    PlainValidator(_span),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+ *[a-z]+$", "examples": ["3 days", "4 hours", "30 minutes"]}),
]
"""A length of time in which something may happen: never zero."""


def _share(value: object) -> float:
    if isinstance(value, str) and (match := re.fullmatch(r"\s*([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*[%％]\s*", value)):
        number = float(Decimal(match[1]) / 100)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    else:
        raise refuse(f"{shown(value)} is not a share", "Write a percentage such as '10%', or a number from 0 to 1.")
    if not 0 <= number <= 1:
        hint = f"Did you mean '{value}%'?" if isinstance(value, int) and 0 < value <= 100 else ""
        raise refuse(f"a share lies between 0% and 100%, not at {value}", hint)
    return number


Share = Annotated[
    float,
    PlainValidator(_share),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": "^[0-9.]+ *%$"}, {"type": "number", "minimum": 0, "maximum": 1}]}),
]
"""A part of a whole, from 0 to 1: '10%' or 0.1."""


def _money(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refuse(f"{shown(value)} is not an amount of money", "Write it in yuan, such as 120 or 99.50.")
    try:
        fen = Decimal(str(value).replace(",", "").removesuffix("yuan").removesuffix("元").strip()) * 100
    except InvalidOperation:
        raise refuse(f"{shown(value)} is not an amount of money", "Write it in yuan, such as 120 or 99.50.") from None
    if not fen.is_finite() or abs(fen) >= 10**17:
        raise refuse(f"{shown(value)} is too large an amount")
    if fen != int(fen):
        raise refuse(f"{shown(value)} is finer than a fen", "Write at most two decimals.")
    return int(fen)


Money = Annotated[int, PlainValidator(_money), WithJsonSchema({"type": ["number", "string"], "description": "yuan"})]
"""An amount of money: written in yuan, held as whole fen."""


Said = Annotated[str, Field(min_length=1, max_length=200)]
"""Some words, not none."""


class TitleText(Authored):
    """What people see instead of a name, in both languages."""

    zh: Said
    en: Said


def _title(value: object) -> object:
    if isinstance(value, str):
        raise refuse("a title is written in Chinese and in English", "Write {zh: 标题, en: Title}.")
    return value


Title = Annotated[TitleText, BeforeValidator(_title)]
"""{zh: ..., en: ...}"""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,62}(\.[a-z][a-z0-9_]{0,62})?")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise refuse(f"'{value}' is not a name", "A name starts with a small letter and has small letters, digits and '_' only.")
    return value


def _event(value: str) -> str:
    if not _EVENT.fullmatch(value):
        raise refuse(f"'{value}' is not the name of an event", "Write it like 'app_login', or 'touch.clicked' for a receipt.")
    return value


Name = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"})]
"""A lower snake case identifier of at most 63 characters."""
EventName = Annotated[str, AfterValidator(_event), WithJsonSchema({"type": "string", "pattern": f"^{_EVENT.pattern}$"})]
"""The name of an event; receipts of touches are 'touch.<receipt>'."""


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        raise refuse(
            f"{shown(value)} is not a date or an instant", "Write '2026-12-01' or '2026-12-01 09:00', on the bank's clock."
        )
    return moment


Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    PlainSerializer(datetime.isoformat, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"}),
]
"""A moment on the bank's wall clock (naive, not UTC: `core.clock.to_utc` makes the instant); a bare date is its midnight."""


def _clock_time(value: object) -> time:
    if isinstance(value, time):
        return value
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", value) if isinstance(value, str) else None
    if match is None:
        raise refuse(f"{shown(value)} is not a time of day", "Write it like '08:00'.")
    return time(int(match[1]), int(match[2]))


ClockTime = Annotated[
    time,
    PlainValidator(_clock_time),
    PlainSerializer(lambda moment: f"{moment:%H:%M}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}$"}),
]
"""A time of day on the bank's wall clock, '08:00'."""


def as_list(value: object) -> object:
    """For a `BeforeValidator` of a tuple: a single item stands for a list of one."""
    return value if isinstance(value, list | tuple) else [value]


class Written:
    """A value that has a text form: `read` makes it from what the file holds, `str` gives the canonical text."""

    @classmethod
    def read(cls, value: object) -> Self:
        """The value from what the file holds; refuses with a sentence and a hint."""
        raise refuse(f"{shown(value)} cannot be read")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        as_text = core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema(), when_used="json")
        return core_schema.no_info_plain_validator_function(cls._read_once, serialization=as_text)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "description": (cls.__doc__ or "").split("\n")[0]}

    @classmethod
    def _read_once(cls, value: object) -> Self:
        return value if isinstance(value, cls) else cls.read(value)


@dataclass(frozen=True)
class Limit(Written):
    """How many may enter: '50000 per day', '1000 per run', '200000 total'."""

    count: int
    per: Literal["run", "day", "total"]

    def __str__(self) -> str:
        return f"{self.count} total" if self.per == "total" else f"{self.count} per {self.per}"

    @classmethod
    def read(cls, value: object) -> Self:
        """A limit from its text."""
        form = r"\s*([0-9][0-9,_]{0,14})\s+(per\s+run|per\s+day|total|in\s+total)\s*"
        match = re.fullmatch(form, value) if isinstance(value, str) else None
        if match is None:
            hint = (
                f"Write '{value} per day', or 'per run', or 'total'."
                if isinstance(value, int)
                else "Write it like '50000 per day'."
            )
            raise refuse(f"{shown(value)} is not a limit", hint)
        unit, count = match[2].split()[-1], int(re.sub("[,_]", "", match[1]))
        if not count:
            raise refuse(
                "with a limit of 0 nobody could ever enter", "Pause the journey (tonglu pause), or write how many may enter."
            )
        return cls(count, "day" if unit == "day" else "run" if unit == "run" else "total")


@dataclass(frozen=True)
class Again(Written):
    """Whether a customer may enter again: 'never', 'always', 'after 90 days', 'unless goal reached'."""

    mode: Literal["never", "always", "after", "unless_goal_reached"]
    after: timedelta | None = None

    def __str__(self) -> str:
        return f"after {format_duration(self.after)}" if self.after is not None else self.mode.replace("_", " ")

    @classmethod
    def read(cls, value: object) -> Self:
        """The rule from its text."""
        words = " ".join(value.split()) if isinstance(value, str) else ""
        if words in ("never", "always"):
            return cls("never" if words == "never" else "always")
        if words == "unless goal reached":
            return cls("unless_goal_reached")
        if words.startswith("after "):
            return cls("after", _duration(words.removeprefix("after ")))
        known = ["never", "always", "after 90 days", "unless goal reached"]
        hint = did_you_mean(words, known) or f"Write one of: {', '.join(known)}."
        raise refuse(f"{shown(value)} does not say when a customer may enter again", hint)


@dataclass(frozen=True)
class Hours(Written):
    """Daily hours on the bank's wall clock, '08:00-21:00': the end does not belong to them, '24:00' is the end of the day.

    `end` is `time.max` for '24:00', so that `start <= clock < end` holds for every whole microsecond but the day's last.
    """

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{'24:00' if self.end == time.max else format(self.end, '%H:%M')}"

    @classmethod
    def read(cls, value: object) -> Self:
        """The hours from their text."""
        form = r"\s*([01]?[0-9]|2[0-3]):([0-5][0-9])\s*[-–~]\s*([01]?[0-9]|2[0-4]):([0-5][0-9])\s*"
        match = re.fullmatch(form, value) if isinstance(value, str) else None
        if match is None or (match[3] == "24" and match[4] != "00"):
            raise refuse(f"{shown(value)} are not hours of a day", "Write them like '08:00-21:00'.")
        start = time(int(match[1]), int(match[2]))
        end = time.max if match[3] == "24" else time(int(match[3]), int(match[4]))
        if start >= end:
            raise refuse(
                f"the hours {shown(value)} end before they begin", "Hours over midnight are two: [20:00-24:00, 00:00-06:00]."
            )
        return cls(start, end)


def _unread(error: ExpressionError, instead: str | None) -> PydanticCustomError:
    return refuse(error.message, error.hint, error.code, error.offset, instead)


@dataclass(frozen=True)
class Condition(Written):
    """A condition: "product = 'salary_plan' and amount >= 500 yuan". Two are equal when they mean the same tree."""

    tree: Expression
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        return format_expression(self.tree)

    @classmethod
    def read(cls, value: object) -> Self:
        """The condition from its text; its names and types are checked later, against what is known."""
        if not isinstance(value, str):
            raise refuse(f"a condition is text, not {shown(value)}", "Write it in double quotes: \"product = 'salary_plan'\".")
        try:
            return cls(parse_expression(value), value)
        except ExpressionError as error:
            raise _unread(error, repaired(value, parse_expression)) from None


@dataclass(frozen=True)
class Ordering(Written):
    """Who goes first when not all can: an expression, then 'asc' (default) or 'desc'."""

    tree: Expression
    descending: bool = False
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        return format_expression(self.tree) + (" desc" if self.descending else "")

    @classmethod
    def read(cls, value: object) -> Self:
        """The ordering from its text."""
        if not isinstance(value, str):
            raise refuse(f"an order is text, not {shown(value)}", "Write it like 'monthly_income desc'.")
        try:
            tree, descending = parse_ordering(value)
        except ExpressionError as error:
            raise _unread(error, repaired(value, parse_ordering)) from None
        return cls(tree, descending, value)
