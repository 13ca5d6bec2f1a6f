"""A condition as SQL: from the tree to sqlglot's nodes, never through text.

Parameters that the result may name: `$as_of` (TIMESTAMP, UTC) and `$as_of_date` (DATE, the bank's day at `$as_of`).
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce

from sqlglot import exp

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
    walk,
)
from tonglu.language.expression_types import ColumnType, type_of

Lookup = Callable[[str], exp.Expression]
Past = Callable[[EventCount | EventLast | TouchCount], exp.Expression]
DAY = timedelta(days=1)
CALENDAR_FUNCTIONS = ("is_workday", "workdays_since", "days_to_pay_day", "days_since_pay_day")


def to_sql(
    tree: Expression,
    column: Lookup,
    segment_test: Lookup,
    columns: Mapping[str, ColumnType] | None = None,
    past: Past | None = None,
) -> exp.Expression:
    """A condition as a boolean that is never NULL: what is not known to be true is false, and so is what overflows.

    Args:
        tree: a condition that `check_expression` found nothing wrong with.
        column: the SQL of an attribute or property.
        segment_test: the SQL that says whether the customer at hand is a member of a segment; never NULL.
        columns: the types of the names; days_since needs them, as it counts bank days from a date, 24-hour days from an instant.
        past: the SQL of what is counted or looked for in the past; None where a condition cannot ask for it.

    Raises:
        ValueError: days_since of something whose type is not given, or the past where it cannot be asked for.
    """
    condition = _Lowering(column, segment_test, columns or {}, past).tried(tree)
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def value_to_sql(
    tree: Expression, column: Lookup, columns: Mapping[str, ColumnType] | None = None, past: Past | None = None
) -> exp.Expression:
    """The value of an expression (an order), NULL where it is missing or overflows.

    Raises:
        ValueError: as `to_sql`, or the expression asks for a segment.
    """

    def no_segment(name: str) -> exp.Expression:
        raise ValueError(f"an order does not ask for a segment: {name}")

    return _Lowering(column, no_segment, columns or {}, past).tried(tree)


def _try(lowered: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this="TRY", expressions=[lowered])


def asks_tables(tree: Expression) -> bool:
    """Whether a condition looks into tables of its own: the past, the calendar, or what journeys noted."""
    return any(
        isinstance(node, EventCount | EventLast | TouchCount | InSegment)
        or (isinstance(node, Call) and node.name in CALENDAR_FUNCTIONS)
        or (isinstance(node, Name) and "." in node.name)
        for node in walk(tree)
    )


_COMPARISONS: Mapping[str, Callable[..., exp.Expression]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
_ARITHMETIC: Mapping[str, Callable[..., exp.Expression]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


class _Lowering:
    """One tree on its way to SQL; every operand that is not an atom keeps its parentheses."""

    def __init__(self, column: Lookup, segment_test: Lookup, columns: Mapping[str, ColumnType], past: Past | None) -> None:
        self.column, self.segment_test, self.columns, self.past = column, segment_test, columns, past
        self.try_each = False

    def tried(self, tree: Expression) -> exp.Expression:
        """The SQL of a tree in which what may overflow is missing then.

        DuckDB's TRY takes no subquery: where there is one, each part that may fail is tried by itself, and numbers that come
        from a subquery are DOUBLE, which cannot overflow.
        """
        self.try_each = asks_tables(tree)
        may_fail = any(isinstance(node, Arithmetic | Negative | Call) for node in walk(tree))
        lowered = self.lower(tree)
        return _try(lowered) if may_fail and not self.try_each else lowered

    def lower(self, tree: Expression) -> exp.Expression:
        """The SQL of a node."""
        match tree:
            case Literal():
                return _literal(tree)
            case Name():
                return self.column(tree.name)
            case Moment():
                return _parameter("as_of_date" if tree.what == "today" else "as_of")
            case Duration():
                raise ValueError("a length of time stands behind a date only")
            case EventCount() | EventLast() | TouchCount():
                return self._past(tree)
            case Call():
                return self._alone(tree, self._call(tree))
            case Arithmetic() | Negative():
                return self._alone(tree, self._arithmetic(tree))
            case _:
                return self._condition(tree)

    def _alone(self, tree: Expression, lowered: exp.Expression) -> exp.Expression:
        return _try(lowered) if self.try_each and not asks_tables(tree) else lowered

    def _condition(self, tree: Comparison | And | Or | Not | InSegment | In | Between | Like | IsNull) -> exp.Expression:
        match tree:
            case Comparison():
                return _COMPARISONS[tree.operator](this=self._operand(tree.left), expression=self._operand(tree.right))
            case And():
                return reduce(_both, map(self._operand, tree.operands))
            case Or():
                return reduce(_either, map(self._operand, tree.operands))
            case Not():
                return exp.Not(this=self._operand(tree.operand))
            case InSegment():
                return _negated(exp.paren(self.segment_test(tree.segment), copy=False), tree.negated)
            case _:
                return _negated(self._test(tree), tree.negated)

    def _past(self, tree: EventCount | EventLast | TouchCount) -> exp.Expression:
        if self.past is None:
            raise ValueError("an event's filter sees that event alone")
        return exp.paren(self.past(tree), copy=False)

    def _test(self, tree: In | Between | Like | IsNull) -> exp.Expression:
        operand = self._operand(tree.operand)
        match tree:
            case In():
                return exp.In(this=operand, expressions=[self._operand(option) for option in tree.options])
            case Between():
                return exp.Between(this=operand, low=self._operand(tree.low), high=self._operand(tree.high))
            case Like():
                return exp.Like(this=operand, expression=self._operand(tree.pattern))
            case IsNull():
                return exp.Is(this=operand, expression=exp.null())

    def _operand(self, tree: Expression) -> exp.Expression:
        lowered = self.lower(tree)
        atom = isinstance(tree, Literal | Call) or isinstance(lowered, exp.Column | exp.Paren)
        return lowered if atom else exp.paren(lowered, copy=False)

    def _arithmetic(self, tree: Arithmetic | Negative) -> exp.Expression:
        if isinstance(tree, Negative):
            operand = self._operand(tree.operand)
            return exp.Neg(this=exp.cast(operand, "DOUBLE") if asks_tables(tree) else operand)
        if isinstance(tree.right, Duration):
            return self._shifted(tree, tree.right)
        left, right = self._operand(tree.left), self._operand(tree.right)
        if asks_tables(tree):
            left, right = exp.cast(left, "DOUBLE"), exp.cast(right, "DOUBLE")
        if tree.operator == "/":
            # DuckDB's 1/0 is infinity, which would make a comparison true
            return exp.Div(this=exp.cast(left, "DOUBLE"), expression=exp.Nullif(this=right, expression=exp.Literal.number(0)))
        return _ARITHMETIC[tree.operator](this=left, expression=right)

    def _shifted(self, tree: Arithmetic, by: Duration) -> exp.Expression:
        """A date moved by whole days stays a date; an instant by microseconds."""
        left = self._operand(tree.left)
        node = exp.Add if tree.operator == "+" else exp.Sub
        if type_of(tree.left, self.columns) is ColumnType.DATE:
            return node(this=exp.cast(left, "DATE"), expression=exp.Literal.number(by.length // DAY))
        length = exp.Literal.number(by.length // timedelta(microseconds=1))
        return node(this=left, expression=exp.Anonymous(this="TO_MICROSECONDS", expressions=[length]))

    def _call(self, tree: Call) -> exp.Expression:
        if not tree.arguments:
            return _pay_day(self.column("pay_day"), to_next=tree.name == "days_to_pay_day")
        argument = self._operand(tree.arguments[0])
        if tree.name == "years_since":
            return _years_since(argument)
        if tree.name == "is_workday":
            return exp.paren(_of_day("is_workday", argument))
        if tree.name == "workdays_since":
            return exp.paren(
                exp.Sub(
                    this=exp.paren(_of_day("workday_no", _parameter("as_of_date"))),
                    expression=exp.paren(_of_day("workday_no", argument)),
                )
            )
        kind = type_of(tree.arguments[0], self.columns)
        if kind is ColumnType.DATE:
            return exp.Anonymous(this="DATE_DIFF", expressions=[exp.Literal.string("day"), argument, _parameter("as_of_date")])
        if kind is ColumnType.INSTANT:
            return exp.Anonymous(this="DATE_SUB", expressions=[exp.Literal.string("day"), argument, _parameter("as_of")])
        raise ValueError(f"{tree.name} needs the type of its argument")


def _both(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    return exp.And(this=left, expression=right)


def _either(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    return exp.Or(this=left, expression=right)


def _years_since(day: exp.Expression) -> exp.Expression:
    """Whole years: the difference of the years, less one before the anniversary; 29 February's falls on 1 March."""
    today = _parameter("as_of_date")

    def month_day(of: exp.Expression) -> exp.Expression:
        hundred = exp.Literal.number(100)
        return exp.paren(exp.Add(this=exp.Mul(this=_part("month", of), expression=hundred), expression=_part("day", of)))

    early = exp.LT(this=month_day(today), expression=month_day(day))
    years = exp.Sub(this=_part("year", today), expression=_part("year", day))
    return exp.paren(exp.Sub(this=years, expression=exp.cast(exp.paren(early), "INTEGER")))


def _of_day(what: str, day: exp.Expression) -> exp.Select:
    """What the calendar says of a day; NULL for one that it does not know."""
    calendar = exp.alias_(exp.table_("calendar_day", db="tonglu"), "worked", table=True)
    return (
        exp.select(exp.column(what, table="worked"))
        .from_(calendar)
        .where(exp.EQ(this=exp.column("day", table="worked"), expression=day))
    )


def _pay_day(nominal: exp.Expression, *, to_next: bool) -> exp.Expression:
    """Whole days from the run's day to the next pay-day, or since the last; NULL beyond the days that the calendar knows."""
    day, today = exp.column("day", table="paid"), _parameter("as_of_date")
    found = exp.Min(this=day.copy()) if to_next else exp.Max(this=day.copy())
    side = exp.GTE if to_next else exp.LTE
    last_known = exp.select(exp.Max(this=exp.column("last_day"))).from_(exp.table_("calendar", db="tonglu"))
    select = (
        exp.select(found)
        .from_(exp.alias_(exp.table_("pay_day", db="tonglu"), "paid", table=True))
        .where(
            exp.EQ(this=exp.column("nominal", table="paid"), expression=nominal),
            side(this=day.copy(), expression=today.copy()),
            exp.LTE(this=today.copy(), expression=exp.paren(last_known)),
        )
    )
    ends = (exp.paren(select), today) if to_next else (today, exp.paren(select))
    return exp.paren(exp.Sub(this=ends[0], expression=ends[1]))


def _part(name: str, of: exp.Expression) -> exp.Expression:
    return exp.Extract(this=exp.var(name), expression=of.copy())


def _negated(test: exp.Expression, negated: bool) -> exp.Expression:
    return exp.Not(this=exp.paren(test, copy=False)) if negated else test


def _parameter(name: str) -> exp.Expression:
    return exp.Placeholder(this=name)


def _literal(tree: Literal) -> exp.Expression:
    value = tree.value
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
    if isinstance(value, str):
        return exp.Literal.string(value)
    number = exp.Literal.number(format(abs(value), "f") if isinstance(value, Decimal) else abs(value))
    return exp.paren(exp.Neg(this=number)) if value < 0 else number
