"""Pass: conditions to SQL, in the words of the engine: the customer at hand is `profile`, the entry at hand too, the event is `e`.

`core.sql.about_customer` puts the table that drives a statement in the place of `profile` where only the customer or the entry is
asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from tonglu.language.expression import ColumnType
from tonglu.language.expression_sql import to_sql
from tonglu.language.values import Condition
from tonglu.steps.kind import Alternative

SQL_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DECIMAL: "DECIMAL(18, 4)",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.DATE: "DATE",
    ColumnType.INSTANT: "TIMESTAMP",
    ColumnType.UNKNOWN: "VARCHAR",
}
TOUCH_PROPERTIES = dict.fromkeys(("touch_key", "journey", "step", "channel"), ColumnType.TEXT)


@dataclass(frozen=True)
class Known:
    """The names that definitions may use, with their types."""

    profile: Mapping[str, ColumnType]
    events: Mapping[str, Mapping[str, ColumnType]]
    segments: frozenset[str]
    channels: frozenset[str]

    def properties(self, event: str) -> Mapping[str, ColumnType] | None:
        """The typed properties of an event; None for one that no contract names. Receipts of touches have their own."""
        return TOUCH_PROPERTIES if event.startswith("touch.") else self.events.get(event)


def profile_column(name: str) -> exp.Expression:
    """An attribute of the customer at hand."""
    return exp.column(name, table="profile", quoted=True)


def segment_test(name: str) -> exp.Expression:
    """Whether the customer at hand is a member as of the run; false where there is no profile."""
    members = exp.select("customer_id").from_(exp.table_(name, db="segment", quoted=True))
    inside = exp.In(this=exp.column("customer_id", table="profile"), query=exp.Subquery(this=members))
    return exp.Coalesce(this=inside, expressions=[exp.false()])


def customer_condition(condition: Condition, known: Known) -> exp.Expression:
    """A condition on the customer's attributes and segments."""
    return to_sql(condition.tree, profile_column, segment_test, known.profile)


def state_condition(one: Alternative, known: Known) -> exp.Expression:
    """The condition of an alternative that is judged as of the run."""
    if one.when is not None:
        return customer_condition(one.when, known)
    return segment_test(one.segment) if one.segment else exp.not_(segment_test(one.left or ""))


def event_condition(event: str, where: Condition | None, known: Known) -> exp.Expression:
    """The filter of an event `e` over its typed properties; receipts of touches count for the entry that was touched."""
    properties = known.properties(event) or {}

    def column(name: str) -> exp.Expression:
        text = exp.Anonymous(
            this="json_extract_string", expressions=[exp.column("properties", table="e"), exp.Literal.string(f"$.{name}")]
        )
        kind = SQL_TYPES[properties.get(name, ColumnType.TEXT)]
        return text if kind == "VARCHAR" else exp.TryCast(this=text, to=exp.DataType.build(kind, dialect="duckdb"))

    return exp.true() if where is None else to_sql(where.tree, column, segment_test, properties)
