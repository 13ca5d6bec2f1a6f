"""A condition as SQL: from the tree to sqlglot's nodes, never through text.

Parameters that the result may name: `$as_of` (TIMESTAMP, UTC) and `$as_of_date` (DATE, the bank's day at `$as_of`).
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import reduce

from sqlglot import exp

from tonglu.language.expression_tree import (
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    Expression,
    In,
    InSegment,
    IsNull,
    Like,
    Literal,
    Name,
    Negative,
    Not,
    Or,
    walk,
)
from tonglu.language.expression_types import ColumnType, type_of

Lookup = Callable[[str], exp.Expression]


def to_sql(
    tree: Expression, column: Lookup, segment_test: Lookup, columns: Mapping[str, ColumnType] | None = None
) -> exp.Expression:
    """A condition as a boolean that is never NULL: what is not known to be true is false, and so is what overflows.

    Args:
        tree: a condition that `check_expression` found nothing wrong with.
        column: the SQL of an attribute or property.
        segment_test: the SQL that says whether the customer at hand is a member of a segment; never NULL.
        columns: the types of the names; days_since needs them, as it counts bank days from a date, 24-hour days from an instant.

    Raises:
        ValueError: days_since of something whose type is not given.
    """
    condition = _Lowering(column, segment_test, columns or {}).lower(tree)
    if any(isinstance(node, Arithmetic | Negative | Call) for node in walk(tree)):
        condition = exp.Anonymous(this="TRY", expressions=[condition])
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def value_to_sql(tree: Expression, column: Lookup, columns: Mapping[str, ColumnType] | None = None) -> exp.Expression:
    """The value of an expression (an order), NULL where it is missing or overflows.

    Raises:
        ValueError: as `to_sql`, or the expression asks for a segment.
    """

    def no_segment(name: str) -> exp.Expression:
        raise ValueError(f"an order does not ask for a segment: {name}")

    return exp.Anonymous(this="TRY", expressions=[_Lowering(column, no_segment, columns or {}).lower(tree)])


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

    def __init__(self, column: Lookup, segment_test: Lookup, columns: Mapping[str, ColumnType]) -> None:
        self.column, self.segment_test, self.columns = column, segment_test, columns

    def lower(self, tree: Expression) -> exp.Expression:
        """The SQL of a node."""
        match tree:
            case Literal():
                return _literal(tree)
            case Name():
                return self.column(tree.name)
            case Call():
                return self._call(tree)
            case Negative():
                return exp.Neg(this=self._operand(tree.operand))
            case Arithmetic():
                return self._arithmetic(tree)
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

    def _arithmetic(self, tree: Arithmetic) -> exp.Expression:
        left, right = self._operand(tree.left), self._operand(tree.right)
        if tree.operator == "/":
            # DuckDB's 1/0 is infinity, which would make a comparison true
            return exp.Div(this=exp.cast(left, "DOUBLE"), expression=exp.Nullif(this=right, expression=exp.Literal.number(0)))
        return _ARITHMETIC[tree.operator](this=left, expression=right)

    def _call(self, tree: Call) -> exp.Expression:
        argument = self._operand(tree.arguments[0])
        if tree.name == "years_since":
            return _years_since(argument)
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
