"""SQL with holes: static text whose tables, column lists and conditions are put in as syntax trees, never as text.

A pattern is ordinary SQL that names its holes like tables and columns: `SELECT payload FROM staged AS s WHERE due`. `fill` parses
it once and replaces the nodes, so that nothing which comes from a file ever meets the parser.

Why not `core.sql.fill`, whose slots are marked by a call: a hole here may be a whole list of columns, stand in an INSERT's column
list, or be filled with a subquery, and one set of holes serves all statements by which a table moves. The price is that a bare
name may be a hole or a column; so a quoted name never is a hole, and everything that is made from contracts is quoted.
"""

import functools
from collections.abc import Mapping, Sequence

import sqlglot
from sqlglot import exp


@functools.cache
def _parsed(pattern: str) -> exp.Expression:
    tree = sqlglot.parse_one(pattern, dialect="duckdb")
    if not isinstance(tree, exp.Expression):
        raise TypeError(f"not a statement: {pattern}")
    return tree


def fill(
    pattern: str,
    tables: Mapping[str, exp.Expr] | None = None,
    lists: Mapping[str, Sequence[exp.Expr]] | None = None,
    conditions: Mapping[str, exp.Expr] | None = None,
) -> exp.Expression:
    """The statement of a pattern.

    Args:
        pattern: one DuckDB statement.
        tables: what stands for a table's name; the pattern's alias is kept.
        lists: expressions that take the place of one column in a list (of a SELECT, PARTITION BY, INSERT, ...).
        conditions: an expression that takes the place of a column anywhere.

    Raises:
        ValueError: one name stands for two things.
    """
    if twice := (lists or {}).keys() & (conditions or {}).keys():
        raise ValueError(f"a list and a condition have one name: {', '.join(sorted(twice))}")
    tree = _parsed(pattern).copy()
    # Found before anything is filled in: what comes in with a subquery has no holes.
    holes = [column for column in tree.find_all(exp.Column) if not column.table and not column.this.args.get("quoted")]
    for table in list(tree.find_all(exp.Table)):
        _fill_table(table, tables or {})
    for column in holes:
        if lists and column.name in lists:
            column.replace([part.copy() for part in lists[column.name]])
        elif conditions and column.name in conditions:
            column.replace(exp.paren(conditions[column.name].copy()))
    for schema in tree.find_all(exp.Schema):
        parts = schema.expressions
        if lists and len(parts) == 1 and parts[0].name in lists:
            schema.set("expressions", [exp.to_identifier(part.alias_or_name, quoted=True) for part in lists[parts[0].name]])
    return tree


def _fill_table(table: exp.Table, tables: Mapping[str, exp.Expr]) -> None:
    if table.db or table.name not in tables:
        return
    filled = tables[table.name].copy()
    alias = table.args.get("alias")
    if alias is not None:
        filled.set("alias", alias.copy())
    joins = table.args.get("joins")
    if joins:
        filled.set("joins", joins)
    table.replace(filled)


def column(name: str, table: str | None = None) -> exp.Column:
    """A quoted column, of a table's alias when given."""
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=False) if table else None)


def columns(names: Sequence[str], table: str | None = None) -> list[exp.Expr]:
    """Quoted columns."""
    return [column(name, table) for name in names]


def all_of(parts: Sequence[exp.Expr]) -> exp.Expr:
    """All conditions hold; of none, true."""
    return exp.and_(*parts) if parts else exp.true()


def any_of(parts: Sequence[exp.Expr]) -> exp.Expr:
    """At least one condition holds; of none, false."""
    return exp.or_(*parts) if parts else exp.false()


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A function of DuckDB by its own name; sqlglot's rewriting of functions is bypassed on purpose."""
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def condition(text: str) -> exp.Expr:
    """A static condition that serves several patterns, as a tree to put into their holes."""
    return sqlglot.condition(text, dialect="duckdb")
