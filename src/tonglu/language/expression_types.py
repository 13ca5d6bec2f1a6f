"""What the parts of a condition are: text, number, yes or no, date, instant; and what may be compared with what."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from tonglu.core.errors import did_you_mean, nearest
from tonglu.language.expression_tree import (
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    Duration,
    EventCount,
    EventLast,
    Expression,
    In,
    InSegment,
    IsNull,
    Like,
    Literal,
    Moment,
    Name,
    Negative,
    Not,
    Or,
    TouchCount,
    format_expression,
    format_value,
)


class ColumnType(StrEnum):
    """The types of attributes and event properties. `unknown` goes with everything."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    DURATION = "duration"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Fault:
    """One thing wrong in an expression: a finding without its file. `offset` counts characters of the text from 0; where the first
    `word` after it is a slip of the hand, `instead` is what it should be."""

    code: str
    message: str
    offset: int
    hint: str = ""
    word: str = ""
    instead: str = ""


_NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL)
_DAYS = (ColumnType.DATE, ColumnType.INSTANT)
_WORDS = MappingProxyType(
    {
        ColumnType.TEXT: "text",
        ColumnType.INTEGER: "a number",
        ColumnType.DECIMAL: "a number",
        ColumnType.BOOLEAN: "yes or no",
        ColumnType.DATE: "a date",
        ColumnType.INSTANT: "an instant",
        ColumnType.DURATION: "a length of time",
        ColumnType.UNKNOWN: "unknown",
    }
)
FUNCTIONS: Mapping[str, tuple[tuple[ColumnType, ...], ColumnType]] = MappingProxyType(
    {
        "days_since": (_DAYS, ColumnType.INTEGER),
        "years_since": ((ColumnType.DATE,), ColumnType.INTEGER),
        "workdays_since": ((ColumnType.DATE,), ColumnType.INTEGER),
        "is_workday": ((ColumnType.DATE,), ColumnType.BOOLEAN),
        "days_to_pay_day": ((), ColumnType.INTEGER),
        "days_since_pay_day": ((), ColumnType.INTEGER),
    }
)
"""Function -> (types its one argument may have, none if it takes none; type of its value)."""
HISTORY_FUNCTIONS = ("count", "last", "touches")
PAY_DAY = "pay_day"
OF_CUSTOMERS = ("days_to_pay_day", "days_since_pay_day")


@dataclass(frozen=True)
class History:
    """What conditions on customers may ask of the past: events by name with their properties, and touches by channel.

    Attributes:
        properties: the typed properties of an event; None for one that no contract names.
        events: the events that are known, for hints.
        channels: the channels that are written.
    """

    properties: Callable[[str], Mapping[str, ColumnType] | None]
    events: Collection[str] = ()
    channels: Collection[str] = ()


NO_HISTORY: History | None = None
"""For the filter of an event: it sees the event and nothing before it."""


_BY_PREFIX = (
    ("TIMESTAMP", ColumnType.INSTANT),
    ("DATETIME", ColumnType.INSTANT),
    ("DATE", ColumnType.DATE),
    ("BOOL", ColumnType.BOOLEAN),
    ("VARCHAR", ColumnType.TEXT),
    ("TEXT", ColumnType.TEXT),
    ("CHAR", ColumnType.TEXT),
    ("STRING", ColumnType.TEXT),
    ("DECIMAL", ColumnType.DECIMAL),
    ("NUMERIC", ColumnType.DECIMAL),
    ("DOUBLE", ColumnType.DECIMAL),
    ("FLOAT", ColumnType.DECIMAL),
    ("REAL", ColumnType.DECIMAL),
)


def column_type(sql: str) -> ColumnType:
    """The type of a column from its SQL type ('BIGINT', 'DECIMAL(9,2)', 'TIMESTAMP')."""
    name = sql.strip().upper()
    if name.endswith(("]", ")")) and not name.startswith(("DECIMAL", "NUMERIC", "VARCHAR", "CHAR")):
        return ColumnType.UNKNOWN
    for prefix, kind in _BY_PREFIX:
        if name.startswith(prefix):
            return kind
    whole = ("TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
    return ColumnType.INTEGER if name in whole else ColumnType.UNKNOWN


def check_expression(
    tree: Expression,
    columns: Mapping[str, ColumnType],
    segments: Collection[str] | None = None,
    history: History | None = None,
) -> list[Fault]:
    """Everything that is wrong with a condition, in the order of its text; an empty list when nothing is.

    Args:
        tree: the condition.
        columns: the attributes and properties it may read, with their types.
        segments: the segments that exist; None when that is checked elsewhere.
        history: what it may ask of the past; None for the filter of an event.
    """
    checker = _Checker(columns, segments, history)
    kind = checker.kind(tree)
    if kind not in (ColumnType.BOOLEAN, ColumnType.UNKNOWN):
        text = format_expression(tree)
        checker.fault("TL303", f"a condition is true or false, but '{text[:40]}' is {_WORDS[kind]}", tree.offset, "Compare it.")
    return sorted(checker.faults, key=lambda fault: fault.offset)


def check_ordering(tree: Expression, columns: Mapping[str, ColumnType], history: History | None = None) -> list[Fault]:
    """The same for an order, which may be of any type."""
    checker = _Checker(columns, None, history)
    checker.kind(tree)
    return sorted(checker.faults, key=lambda fault: fault.offset)


def type_of(tree: Expression, columns: Mapping[str, ColumnType]) -> ColumnType:
    """The type of an expression; `unknown` where it has faults."""
    return _Checker(columns, None, None).kind(tree)


class _Checker:
    """Finds the type of each node from below, and collects what does not fit."""

    def __init__(self, columns: Mapping[str, ColumnType], segments: Collection[str] | None, history: History | None) -> None:
        self.columns, self.segments, self.history = columns, segments, history
        self.faults: list[Fault] = []

    def fault(self, code: str, message: str, offset: int, hint: str = "") -> None:
        self.faults.append(Fault(code, message, offset, hint))

    def unknown(self, code: str, message: str, offset: int, word: str, known: Collection[str], hint: str | None = None) -> None:
        hint = did_you_mean(word, known) if hint is None else hint
        self.faults.append(Fault(code, message, offset, hint, word, nearest(word, known) or ""))

    def kind(self, tree: Expression) -> ColumnType:
        """The type of a node; checks all that is below it."""
        match tree:
            case Literal():
                return _literal_kind(tree)
            case Name():
                return self._name(tree)
            case Moment():
                return ColumnType.DATE if tree.what == "today" else ColumnType.INSTANT
            case Duration():
                return ColumnType.DURATION
            case EventCount() | EventLast():
                return self._happened(tree)
            case TouchCount():
                return self._touched(tree)
            case Call():
                return self._call(tree)
            case Negative():
                return self._number(tree.operand)
            case Arithmetic():
                return self._arithmetic(tree)
            case _:
                self._condition(tree)
                return ColumnType.BOOLEAN

    def _arithmetic(self, tree: Arithmetic) -> ColumnType:
        if isinstance(tree.right, Duration):
            return self._shifted(tree, tree.right)
        sides = (self._number(tree.left), self._number(tree.right))
        whole = tree.operator != "/" and sides == (ColumnType.INTEGER, ColumnType.INTEGER)
        return ColumnType.INTEGER if whole else ColumnType.DECIMAL

    def _condition(self, tree: And | Or | Not | IsNull | InSegment | Comparison | In | Between | Like) -> None:
        match tree:
            case And() | Or():
                for operand in tree.operands:
                    self._boolean(operand)
            case Not():
                self._boolean(tree.operand)
            case IsNull():
                self.kind(tree.operand)
            case InSegment():
                self._segment(tree)
            case _:
                self._compared(tree)

    def _compared(self, tree: Comparison | In | Between | Like) -> None:
        match tree:
            case Comparison():
                self._pair(tree.left, tree.right, tree.offset, ordered=tree.operator not in ("=", "!="))
            case In():
                for option in tree.options:
                    self._pair(tree.operand, option, option.offset, ordered=False, again=option is not tree.options[0])
            case Between():
                self._pair(tree.operand, tree.low, tree.low.offset, ordered=True)
                self._pair(tree.operand, tree.high, tree.high.offset, ordered=True, again=True)
            case Like():
                for side in (tree.operand, tree.pattern):
                    kind = self.kind(side)
                    if kind not in (ColumnType.TEXT, ColumnType.UNKNOWN):
                        self.fault("TL302", f"'like' compares text, not {_WORDS[kind]}", side.offset)

    def _pair(self, left: Expression, right: Expression, offset: int, ordered: bool, again: bool = False) -> None:
        seen = len(self.faults)
        one, two = self.kind(left), self.kind(right)
        if again:  # the left side's own faults were noted with its first partner
            noted = self.faults[:seen]
            self.faults[seen:] = [fault for fault in self.faults[seen:] if fault not in noted]
        for side in (left, right):
            if isinstance(side, Literal) and side.value is None:
                self.fault("TL304", "nothing equals null", side.offset, "Write 'is null' or 'is not null'.")
                return
        if ColumnType.UNKNOWN in (one, two):
            return
        if one == two or (one in _NUMBERS and two in _NUMBERS):
            if ordered and one is ColumnType.BOOLEAN:
                self.fault("TL302", "true and false have no order", offset, "Write '= true' or the name alone.")
            return
        subject = format_expression(left)[:40]
        message = f"'{subject}' is {_WORDS[one]} and cannot be compared with {_WORDS[two]}"
        self.fault("TL302", message, right.offset, _pair_hint(left, one, right, two))

    def _shifted(self, tree: Arithmetic, by: Duration) -> ColumnType:
        """A date or an instant, earlier or later by a length of time."""
        kind = self.kind(tree.left)
        if kind not in (*_DAYS, ColumnType.UNKNOWN) or tree.operator not in ("+", "-"):
            text = format_expression(tree.left)[:40]
            self.fault("TL307", f"a length of time is added to a date, but '{text}' is {_WORDS[kind]}", tree.offset)
            return ColumnType.UNKNOWN
        if kind is ColumnType.DATE and by.length % timedelta(days=1):
            self.fault("TL307", "a date moves by whole days", by.offset, "Write days or weeks, or begin from 'now'.")
        return kind

    def _happened(self, tree: EventCount | EventLast) -> ColumnType:
        result = ColumnType.INTEGER if isinstance(tree, EventCount) else ColumnType.INSTANT
        if self.history is None:
            self._no_history(tree.offset)
            return result
        properties = self.history.properties(tree.event)
        if properties is None:
            message = f"event '{tree.event}' is in no contract"
            self.unknown("TL202", message, tree.offset, tree.event, self.history.events)
        elif tree.where is not None:
            self.faults += check_expression(tree.where, properties)
        return result

    def _touched(self, tree: TouchCount) -> ColumnType:
        if self.history is None:
            self._no_history(tree.offset)
        elif tree.channel is not None and tree.channel not in self.history.channels:
            message = f"channel '{tree.channel}' does not exist"
            self.unknown("TL208", message, tree.offset, tree.channel, self.history.channels)
        return ColumnType.INTEGER

    def _no_history(self, offset: int) -> None:
        hint = "Write it into a condition on the customer: 'when' of a touch, a branch or an enter."
        self.fault("TL308", "the filter of an event sees that event alone", offset, hint)

    def _number(self, tree: Expression) -> ColumnType:
        kind = self.kind(tree)
        if kind in _NUMBERS or kind is ColumnType.UNKNOWN:
            return kind
        hint = f"Write days_since({format_expression(tree)})." if kind in _DAYS else ""
        self.fault(
            "TL307", f"arithmetic takes numbers, but '{format_expression(tree)[:40]}' is {_WORDS[kind]}", tree.offset, hint
        )
        return ColumnType.UNKNOWN

    def _boolean(self, tree: Expression) -> None:
        kind = self.kind(tree)
        if kind not in (ColumnType.BOOLEAN, ColumnType.UNKNOWN):
            text = format_expression(tree)[:40]
            hint = (
                "Write the name again: province = 'a' or province = 'b'; or use 'in'."
                if isinstance(tree, Literal)
                else "Compare it."
            )
            self.fault("TL303", f"'and', 'or' and 'not' join conditions, but '{text}' is {_WORDS[kind]}", tree.offset, hint)

    def _name(self, tree: Name) -> ColumnType:
        kind = self.columns.get(tree.name)
        if kind is None:
            quotes = "" if tree.name.isascii() else f"Text is written in single quotes: '{tree.name}'."
            hint = quotes or did_you_mean(tree.name, self.columns) or _known(self.columns)
            self.unknown("TL203", f"unknown name '{tree.name}'", tree.offset, tree.name, self.columns, hint)
            return ColumnType.UNKNOWN
        return kind

    def _segment(self, tree: InSegment) -> None:
        if self.segments is not None and tree.segment not in self.segments:
            self.unknown("TL201", f"segment '{tree.segment}' does not exist", tree.offset, tree.segment, self.segments)

    def _call(self, tree: Call) -> ColumnType:
        kinds = [self.kind(argument) for argument in tree.arguments]
        known = FUNCTIONS.get(tree.name)
        if known is None:
            names = (*FUNCTIONS, *HISTORY_FUNCTIONS)
            hint = did_you_mean(tree.name, names) or f"Known are {', '.join(names)}."
            self.unknown("TL204", f"unknown function '{tree.name}'", tree.offset, tree.name, names, hint)
            return ColumnType.UNKNOWN
        accepted, result = known
        if len(kinds) != (1 if accepted else 0):
            self.fault(
                "TL305", f"{tree.name} takes {'one argument' if accepted else 'no arguments'}, not {len(kinds)}", tree.offset
            )
        elif accepted and kinds[0] not in (*accepted, ColumnType.UNKNOWN):
            wanted = " or ".join(_WORDS[kind] for kind in accepted)
            self.fault("TL305", f"{tree.name} takes {wanted}, not {_WORDS[kinds[0]]}", tree.arguments[0].offset)
        if tree.name in OF_CUSTOMERS and PAY_DAY not in self.columns:
            hint = "It gives the day of the month on which a customer is paid, 1 to 31."
            self.fault("TL203", f"{tree.name} needs '{PAY_DAY}' in segments/profile.sql", tree.offset, hint)
        return result


def _literal_kind(tree: Literal) -> ColumnType:
    by_class: tuple[tuple[type, ColumnType], ...] = (
        (bool, ColumnType.BOOLEAN),
        (int, ColumnType.INTEGER),
        (Decimal, ColumnType.DECIMAL),
        (date, ColumnType.DATE),
        (str, ColumnType.TEXT),
    )
    return next((kind for known, kind in by_class if isinstance(tree.value, known)), ColumnType.UNKNOWN)


def _known(columns: Mapping[str, ColumnType]) -> str:
    return (
        f"Known are {', '.join(sorted(columns)[:8])}{', ...' if len(columns) > 8 else ''}."
        if columns
        else "No names are known here."
    )


def _pair_hint(left: Expression, one: ColumnType, right: Expression, two: ColumnType) -> str:
    quoted = right if two is ColumnType.TEXT else left if one is ColumnType.TEXT else None
    other = one if quoted is right else two
    if isinstance(quoted, Literal) and isinstance(quoted.value, str):
        if other is ColumnType.DATE:
            return f"Write date {format_value(quoted.value)}."
        if other in _NUMBERS and quoted.value.replace(".", "", 1).isdigit():
            return f"Write {quoted.value} without quotes."
    if {one, two} == set(_DAYS):
        return "An instant is compared by days_since(...)."
    if isinstance(right, Name) and one is ColumnType.TEXT:
        return f"If '{right.name}' is meant as text, put it in single quotes."
    return ""
