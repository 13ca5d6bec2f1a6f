"""What a condition means, node by node, for one customer and one run. A missing value is None all the way up; None is not true."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.differential.calendar import DAY, Calendar, Unknown
from tests.differential.facts import Event

from tonglu.language import expression_tree as tree
from tonglu.language.values import Condition

Value = Any
COMPARE: Mapping[str, Callable[[Value, Value], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Sight:
    """What a condition sees: a row of attributes or properties, and of a customer the segments, events and touches as well."""

    as_of: datetime
    calendar: Calendar
    row: Mapping[str, Value]
    member: Callable[[str], bool] = lambda _: False
    events: Callable[[], Iterator[Event]] = lambda: iter(())
    touches: Callable[[], Iterator[tuple[str, datetime]]] = lambda: iter(())

    @property
    def today(self) -> date:
        """The bank's day of the run."""
        return self.calendar.day(self.as_of)

    def of(self, event: Event) -> "Sight":
        """The same for a filter of an event: its properties are all there is."""
        return Sight(self.as_of, self.calendar, event.properties)

    def holds(self, condition: Condition | None) -> bool:
        """Whether a condition is true; one that is not written is."""
        return condition is None or self.value(condition.tree) is True

    def value(self, node: Any) -> Value:
        """The value of a node; None is missing."""
        match node:
            case tree.Literal():
                return exact(node.value)
            case tree.Name():
                return exact(self.row.get(node.name))
            case tree.InSegment():
                return self.member(node.segment) != node.negated
            case tree.IsNull():
                return (self.value(node.operand) is None) != node.negated
            case tree.Not():
                operand = self.value(node.operand)
                return None if operand is None else not operand
            case tree.And() | tree.Or():
                settles = isinstance(node, tree.Or)
                values = [self.value(operand) for operand in node.operands]
                return settles if settles in values else None if None in values else not settles
            case tree.In():
                return self.among(node)
            case tree.Between():
                low = tree.Comparison(">=", node.operand, node.low)
                high = tree.Comparison("<=", node.operand, node.high)
                inside = tree.And((low, high))
                return self.value(tree.Not(inside) if node.negated else inside)
            case tree.Moment():
                return self.today if node.what == "today" else self.as_of
            case tree.Duration():
                return node.length
            case tree.EventCount():
                return len(self.happened(node.event, node.where, node.window))
            case tree.EventLast():
                return max((event.at for event in self.happened(node.event, node.where, None)), default=None)
            case tree.TouchCount():
                return self.touched(node.channel, node.window)
        parts = [self.value(child) for child in tree.children(node)]
        if None in parts:
            return None
        match node:
            case tree.Negative():
                return -parts[0]
            case tree.Comparison():
                return COMPARE[node.operator](*parts)
            case tree.Arithmetic():
                return reckoned(node.operator, *parts)
            case tree.Like():
                return like(*parts) != node.negated
            case tree.Call():
                return self.called(node.name, parts)
        raise NotImplementedError(node)

    def among(self, node: tree.In) -> bool | None:
        """`x in (a, b)`: one equal settles it; else a missing one leaves it open."""
        operand, options = self.value(node.operand), [self.value(option) for option in node.options]
        if operand is None:
            return None
        if operand in options:
            return not node.negated
        return None if None in options else node.negated

    def called(self, name: str, parts: list[Value]) -> Value:
        """A function of values that are all there."""
        match name, parts:
            case "days_since", [datetime() as instant]:
                return int((self.as_of - instant) / DAY) if instant <= self.as_of else -int((instant - self.as_of) / DAY)
            case "days_since", [date() as day]:
                return (self.today - day).days
            case "years_since", [date() as day]:
                today = self.today
                return today.year - day.year - ((today.month, today.day) < (day.month, day.day))
            case "is_workday", [date() as day]:
                return self.unless_unknown(lambda: self.calendar.is_workday(day))
            case "workdays_since", [date() as day]:
                return self.unless_unknown(lambda: self.workdays(day))
            case "days_to_pay_day", []:
                return self.pay_day_distance(self.calendar.next_pay_day)
            case "days_since_pay_day", []:
                return self.pay_day_distance(self.calendar.last_pay_day)
        raise NotImplementedError(name)

    def workdays(self, day: date) -> int:
        """The workdays after a day up to today; of a later day the same backwards, as a negative number."""
        first, last = sorted((day, self.today))
        self.calendar.is_workday(first), self.calendar.is_workday(last)  # both must be known
        count = sum(self.calendar.is_workday(first + number * DAY) for number in range(1, (last - first).days + 1))
        return count if day <= self.today else -count

    def pay_day_distance(self, found: Callable[[date, int], date]) -> int | None:
        """Whole days between today and a pay-day of the customer that is found by the day and the nominal one."""
        nominal = self.row.get("pay_day")
        if not isinstance(nominal, int) or not 1 <= nominal <= 31:
            return None
        return self.unless_unknown(lambda: abs((found(self.today, nominal) - self.today).days))

    @staticmethod
    def unless_unknown(count: Callable[[], Value]) -> Value:
        """A value of the calendar, missing where it knows no days."""
        try:
            return count()
        except Unknown:
            return None

    def happened(self, name: str, where: Any, window: timedelta | None) -> list[Event]:
        """The customer's events of a name that a filter lets pass, within the time before the run."""
        named = [event for event in self.events() if event.name == name]
        named = [event for event in named if window is None or event.at > self.as_of - window]
        return [event for event in named if where is None or self.of(event).value(where) is True]

    def touched(self, channel: str | None, window: timedelta | None) -> int:
        """How many touches of the customer were planned within the time before the run."""
        times = [at for on, at in self.touches() if channel in (None, on) and at <= self.as_of]
        return sum(window is None or at > self.as_of - window for at in times)


def exact(value: Value) -> Value:
    """A number as an exact fraction; everything else as it is."""
    return Fraction(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


def reckoned(operator: str, left: Value, right: Value) -> Value:
    """Two values combined: numbers, a day or an instant with a duration."""
    if isinstance(right, timedelta):
        if isinstance(left, datetime) or not isinstance(left, date):
            return left + right if operator == "+" else left - right
        return left + right * (1 if operator == "+" else -1)
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return None if right == 0 else left / right


def like(text: str, pattern: str) -> bool:
    """A pattern of SQL: % is any text, _ any one character."""
    parts = {"%": ".*", "_": "."}
    return re.fullmatch("".join(parts.get(letter, re.escape(letter)) for letter in pattern), text, re.DOTALL) is not None
