"""Pass: conditions to SQL, in the words of the engine: the customer at hand is `profile`, the entry at hand too, the event is `e`.

`core.sql.about_customer` puts the table that drives a statement in the place of `profile` where only the customer or the entry is
asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from tonglu.core.sql import both, fill
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
LIST_PROPERTIES = {"key": ColumnType.TEXT}
OF_KEY = """
    EXISTS(SELECT 1 FROM tonglu.entry AS keyed WHERE keyed.entry_id = at_hand.entry_id AND keyed.key = slot('said'))
"""


@dataclass(frozen=True)
class Known:
    """The names that definitions may use, with their types.

    Attributes:
        profile: the customer's attributes.
        events: events of the contract with their properties.
        segments: the segments that are written.
        channels: the channels that are written.
        attributes: what journeys note about customers (`set`).
        journeys: the journeys that are written.
    """

    profile: Mapping[str, ColumnType]
    events: Mapping[str, Mapping[str, ColumnType]]
    segments: frozenset[str]
    channels: frozenset[str]
    attributes: Mapping[str, ColumnType] = field(default_factory=dict)
    journeys: frozenset[str] = frozenset()

    def properties(self, event: str) -> Mapping[str, ColumnType] | None:
        """The typed properties of an event; None for one that no contract names. Receipts of touches have their own."""
        if event.startswith("list."):
            return LIST_PROPERTIES
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


def property_text(name: str, event: str = "e") -> exp.Expression:
    """A property of an event as text; NULL where it is missing."""
    told = [exp.column("properties", table=event), exp.Literal.string(f"$.{name}")]
    return exp.Anonymous(this="json_extract_string", expressions=told)


def key_condition(keyed_by: str | None, event: str, known: Known) -> exp.Expression | None:
    """That an event `e` is about the key of the entry at hand; None where the journey or the event has no such property."""
    if keyed_by is None or keyed_by not in (known.properties(event) or {}):
        return None
    return fill(OF_KEY, said=property_text(keyed_by))


def event_condition(event: str, where: Condition | None, known: Known, keyed_by: str | None = None) -> exp.Expression:
    """The filter of an event `e` over its typed properties and, where the journey is keyed, its key."""
    properties = known.properties(event) or {}
    key = key_condition(keyed_by, event, known)

    def column(name: str) -> exp.Expression:
        text = property_text(name)
        kind = SQL_TYPES[properties.get(name, ColumnType.TEXT)]
        return text if kind == "VARCHAR" else exp.TryCast(this=text, to=exp.DataType.build(kind, dialect="duckdb"))

    judged = exp.true() if where is None else to_sql(where.tree, column, segment_test, properties)
    return judged if key is None else both(key, judged)
