"""Generated SQL is built from AST nodes: a static statement with slots, and the nodes that fill them.

A slot is written `slot('name')` where an expression stands, or `slot_table` names where a table stands. Values never become
text: a number or a string fills a slot as a literal node, a table as an identifier node.
"""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar, cast

from sqlglot import exp, parse_one

Slot = exp.Expression | str | int | bool | None
T = TypeVar("T")
AT_HAND = "at_hand"
"""In a generated condition the table that drives the statement it will stand in: at_hand.customer_id, at_hand.entry_id."""


@functools.cache
def _template(text: str) -> exp.Expression:
    return parsed(text)


def parsed(text: str) -> exp.Expression:
    """Static SQL as a tree."""
    return cast(exp.Expression, parse_one(text, dialect="duckdb"))


def both(one: exp.Expression, other: exp.Expression) -> exp.Expression:
    """A condition that is true where both are."""
    return cast(exp.Expression, exp.and_(one, other))


def fill(text: str, **nodes: Slot) -> exp.Expression:
    """The statement with every slot filled.

    Raises:
        KeyError: a slot has no node.
    """

    def put(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous) and node.name.lower() == "slot":
            given = nodes[node.expressions[0].name]
            return given.copy() if isinstance(given, exp.Expression) else exp.convert(given)
        if isinstance(node, exp.Table) and node.name.startswith("slot_"):
            given = nodes[node.name.removeprefix("slot_")]
            assert isinstance(given, exp.Table)
            table = given.copy()
            if node.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(node.alias)))
            return table
        return node

    return cast(exp.Expression, _template(text).copy().transform(put, copy=False))


def among(column: exp.Expression, values: Collection[int | str]) -> exp.Expression:
    """Whether a column is one of the values."""
    nodes = [exp.convert(value) for value in values]
    return exp.EQ(this=column, expression=nodes[0]) if len(nodes) == 1 else exp.In(this=column, expressions=nodes)


def by_value(column: exp.Expression, choices: Mapping[int, exp.Expression | int]) -> exp.Expression:
    """What belongs to a column's value: the expression itself where only one is possible, otherwise a CASE."""
    nodes = {value: cast(exp.Expression, exp.convert(choice)) for value, choice in choices.items()}
    same = {node.sql("duckdb") for node in nodes.values()}
    if len(same) == 1:
        return next(iter(nodes.values()))
    return exp.Case(this=column, ifs=[exp.If(this=exp.convert(value), true=node) for value, node in nodes.items()])


def alike(items: Iterable[T], what: Callable[[T], tuple[object, ...]]) -> list[list[T]]:
    """Items of which everything that a statement says is the same, so that one statement does for all; in their first order.

    Args:
        items: what statements are about.
        what: what tells two of them apart; expressions are compared by their SQL.
    """
    groups: dict[tuple[object, ...], list[T]] = {}
    for item in items:
        key = tuple(part.sql("duckdb") if isinstance(part, exp.Expr) else part for part in what(item))
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def about_customer(text: str, who: str, **nodes: Slot) -> exp.Expression:
    """A statement about customers, filled: its template joins the profile, and loses that join where no condition reads it.

    Args:
        text: a static statement with slots; it may `LEFT JOIN tonglu.profile AS profile`.
        who: the table whose customer_id is the customer at hand; conditions that ask for the customer alone use it, and those
            that ask for what is `AT_HAND`.
        nodes: what fills the slots.
    """
    statement = fill(text, **nodes)
    for column in list(statement.find_all(exp.Column)):
        if column.table == AT_HAND:
            column.set("table", exp.to_identifier(who))
    joins = [join for join in statement.find_all(exp.Join) if join.this.alias_or_name == "profile"]
    inside = {id(node) for join in joins for node in join.find_all(exp.Column)}
    attributes = 0
    for column in list(statement.find_all(exp.Column)):
        if column.table == "profile" and id(column) not in inside:
            if column.name == "customer_id":
                column.set("table", exp.to_identifier(who))
            else:
                attributes += 1
    if not attributes:
        for join in joins:
            join.pop()
    return statement


def table(name: str, schema: str) -> exp.Table:
    """A table by quoted identifiers."""
    return exp.table_(name, db=schema, quoted=True)
