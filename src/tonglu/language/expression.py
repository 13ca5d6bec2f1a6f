"""The condition language of `where`, `when` and `order`: one door to its tree, its parser and its types.

    product = 'salary_plan' and amount >= 500 yuan
    years_since(birth_date) between 55 and 75 and province in ('浙江', '江苏') and not in segment closed_account

A condition on a missing value is false. SQL is made from the same tree by `expression_sql`.
"""

from tonglu.language.expression_parser import parse_expression, parse_ordering
from tonglu.language.expression_tree import (
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    Expression,
    ExpressionError,
    In,
    InSegment,
    IsNull,
    Like,
    Literal,
    Name,
    Negative,
    Not,
    Or,
    children,
    format_expression,
    names_in,
    segments_in,
    walk,
)
from tonglu.language.expression_types import (
    FUNCTIONS,
    ColumnType,
    Fault,
    check_expression,
    check_ordering,
    column_type,
    type_of,
)

__all__ = [
    "FUNCTIONS",
    "And",
    "Arithmetic",
    "Between",
    "Call",
    "ColumnType",
    "Comparison",
    "Expression",
    "ExpressionError",
    "Fault",
    "In",
    "InSegment",
    "IsNull",
    "Like",
    "Literal",
    "Name",
    "Negative",
    "Not",
    "Or",
    "check_expression",
    "check_ordering",
    "children",
    "column_type",
    "format_expression",
    "names_in",
    "parse_expression",
    "parse_ordering",
    "segments_in",
    "type_of",
    "walk",
]
