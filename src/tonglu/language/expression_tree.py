"""The tree of a condition. Nodes are equal when they mean the same; `offset` (from 0, in the text) only says where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal as OneOf

from tonglu.core.durations import format_duration

Value = str | int | Decimal | bool | date | None


class ExpressionError(ValueError):
    """A text that is no expression, with the offset of the first character that does not fit."""

    def __init__(self, message: str, offset: int, hint: str = "", code: str = "TL301") -> None:
        self.message, self.offset, self.hint, self.code = message, offset, hint, code
        super().__init__(message)


@dataclass(frozen=True)
class Literal:
    """A written value: text, whole number, decimal, true or false, date, or null. Amounts in yuan are held as whole fen."""

    value: Value
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Name:
    """An attribute of the customer or a property of the event."""

    name: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call:
    """A function of listed ones, such as days_since(opened_on)."""

    name: str
    arguments: tuple["Expression", ...]
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Moment:
    """The run: `today` is the bank's day at its instant, `now` the instant."""

    what: OneOf["today", "now"]
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Duration:
    """A length of time, to be added to a date or an instant: `today - 30 days`."""

    length: timedelta
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class EventCount:
    """How many events of this name the customer had, of those that the filter lets pass, within the time before the run (or ever)."""

    event: str
    where: "Expression | None" = None
    window: timedelta | None = None
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class EventLast:
    """When the customer last had an event of this name that the filter lets pass; missing if never."""

    event: str
    where: "Expression | None" = None
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class TouchCount:
    """How many touches of earlier runs the customer had on a channel (or any), within the time before the run (or ever)."""

    channel: str | None = None
    window: timedelta | None = None
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Negative:
    """Minus one operand."""

    operand: "Expression"
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Arithmetic:
    """Two numbers combined. Division gives a decimal, and a missing value when dividing by zero."""

    operator: OneOf["+", "-", "*", "/"]
    left: "Expression"
    right: "Expression"
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Comparison:
    """Two values of one type compared; `<>` is kept as `!=`."""

    operator: OneOf["=", "!=", "<", "<=", ">", ">="]
    left: "Expression"
    right: "Expression"
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class In:
    """One of several values (`not in` when negated)."""

    operand: "Expression"
    options: tuple["Expression", ...]
    negated: bool = False
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Between:
    """From low to high, both included."""

    operand: "Expression"
    low: "Expression"
    high: "Expression"
    negated: bool = False
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Like:
    """A text pattern with % and _, as in SQL; capitals matter."""

    operand: "Expression"
    pattern: "Expression"
    negated: bool = False
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class IsNull:
    """Whether a value is missing (or is there, when negated)."""

    operand: "Expression"
    negated: bool = False
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class InSegment:
    """Whether the customer is a member of a segment."""

    segment: str
    negated: bool = False
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Not:
    """The opposite; the opposite of unknown is unknown."""

    operand: "Expression"
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class And:
    """All of two or more; none of them is itself an `And`."""

    operands: tuple["Expression", ...]
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Or:
    """Any of two or more; none of them is itself an `Or`."""

    operands: tuple["Expression", ...]
    offset: int = field(default=0, compare=False)


Expression = (
    Literal
    | Name
    | Moment
    | Duration
    | EventCount
    | EventLast
    | TouchCount
    | Call
    | Negative
    | Arithmetic
    | Comparison
    | In
    | Between
    | Like
    | IsNull
    | InSegment
    | Not
    | And
    | Or
)


def children(tree: Expression) -> tuple[Expression, ...]:
    """The operands of a node, from left to right."""
    match tree:
        case Call():
            return tree.arguments
        case And() | Or():
            return tree.operands
        case Arithmetic() | Comparison():
            return (tree.left, tree.right)
        case In():
            return (tree.operand, *tree.options)
        case Between():
            return (tree.operand, tree.low, tree.high)
        case Like():
            return (tree.operand, tree.pattern)
        case Not() | Negative() | IsNull():
            return (tree.operand,)
        case EventCount() | EventLast():
            return () if tree.where is None else (tree.where,)
        case _:
            return ()


def walk(tree: Expression) -> Iterator[Expression]:
    """Every node, parents before children, from left to right."""
    yield tree
    for child in children(tree):
        yield from walk(child)


def names_in(tree: Expression) -> frozenset[str]:
    """The attributes or properties that a tree reads; not those of events that it counts."""
    if isinstance(tree, Name):
        return frozenset([tree.name])
    if isinstance(tree, EventCount | EventLast):
        return frozenset()
    return frozenset().union(*map(names_in, children(tree)))


def events_in(tree: Expression) -> frozenset[str]:
    """The events that a tree counts or looks for."""
    return frozenset(node.event for node in walk(tree) if isinstance(node, EventCount | EventLast))


def channels_in(tree: Expression) -> frozenset[str]:
    """The channels whose touches a tree counts."""
    return frozenset(node.channel for node in walk(tree) if isinstance(node, TouchCount) and node.channel is not None)


def segments_in(tree: Expression) -> frozenset[str]:
    """The segments whose membership a tree asks for."""
    return frozenset(node.segment for node in walk(tree) if isinstance(node, InSegment))


_OR, _AND, _NOT, _TEST, _SUM, _PRODUCT, _SIGN, _ATOM = range(8)


def format_expression(tree: Expression) -> str:
    """The one canonical text of a tree; parsing it gives the same tree."""
    return _format(tree)[0]


def _inside(tree: Expression, least: int) -> str:
    text, level = _format(tree)
    return text if level >= least else f"({text})"


def _format(tree: Expression) -> tuple[str, int]:
    match tree:
        case Literal():
            return format_value(tree.value), _ATOM
        case Name():
            return tree.name, _ATOM
        case Moment():
            return tree.what, _ATOM
        case Duration():
            return format_duration(tree.length), _ATOM
        case EventCount() | EventLast() | TouchCount():
            return _format_history(tree), _ATOM
        case Call():
            return f"{tree.name}({', '.join(map(format_expression, tree.arguments))})", _ATOM
        case Negative():
            return f"- {_inside(tree.operand, _SIGN)}", _SIGN
        case Arithmetic():
            level = _SUM if tree.operator in "+-" else _PRODUCT
            return f"{_inside(tree.left, level)} {tree.operator} {_inside(tree.right, level + 1)}", level
        case Not():
            inner = _inside(tree.operand, _NOT)
            # 'not in segment x' is a test of its own, so the opposite of 'in segment x' keeps its parentheses
            plain = isinstance(tree.operand, InSegment) and not tree.operand.negated
            return f"not ({inner})" if plain else f"not {inner}", _NOT
        case And():
            return " and ".join(_inside(operand, _NOT) for operand in tree.operands), _AND
        case Or():
            return " or ".join(_inside(operand, _AND) for operand in tree.operands), _OR
        case _:
            return _format_test(tree), _TEST


def _format_history(tree: EventCount | EventLast | TouchCount) -> str:
    if isinstance(tree, TouchCount):
        window = () if tree.window is None else (format_duration(tree.window),)
        return f"touches({', '.join([*([tree.channel] if tree.channel else []), *window])})"
    what = tree.event if tree.where is None else f"{tree.event} where {format_expression(tree.where)}"
    if isinstance(tree, EventLast):
        return f"last({what})"
    return f"count({what})" if tree.window is None else f"count({what}, {format_duration(tree.window)})"


def _format_test(tree: Comparison | In | Between | Like | IsNull | InSegment) -> str:
    if isinstance(tree, Comparison):
        return f"{_inside(tree.left, _SUM)} {tree.operator} {_inside(tree.right, _SUM)}"
    negation = "not " if tree.negated else ""
    if isinstance(tree, InSegment):
        return f"{negation}in segment {tree.segment}"
    operand = _inside(tree.operand, _SUM)
    match tree:
        case In():
            return f"{operand} {negation}in ({', '.join(map(format_expression, tree.options))})"
        case Between():
            return f"{operand} {negation}between {_inside(tree.low, _SUM)} and {_inside(tree.high, _SUM)}"
        case Like():
            return f"{operand} {negation}like {_inside(tree.pattern, _SUM)}"
        case IsNull():
            return f"{operand} is {negation}null"


def format_value(value: Value) -> str:
    """A value as it is written in a condition."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
