"""Pass: conditions to SQL, in the words of the engine: the customer at hand is `profile`, the entry at hand too, the event is `e`.

`core.sql.about_customer` puts the table that drives a statement in the place of `profile` where only the customer or the entry is
asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from tonglu.core.durations import microseconds
from tonglu.core.sql import both, fill, parsed
from tonglu.language.expression import (
    And,
    ColumnType,
    EventCount,
    EventLast,
    History,
    InSegment,
    TouchCount,
    format_expression,
    names_in,
    walk,
)
from tonglu.language.expression_sql import to_sql, value_to_sql
from tonglu.language.values import Condition, Ordering
from tonglu.steps.kind import Alternative

SQL_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DECIMAL: "DECIMAL(18, 4)",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.DATE: "DATE",
    ColumnType.INSTANT: "TIMESTAMP",
    ColumnType.DURATION: "INTERVAL",
    ColumnType.UNKNOWN: "VARCHAR",
}
TOUCH_PROPERTIES = dict.fromkeys(("touch_key", "journey", "step", "channel"), ColumnType.TEXT)
LIST_PROPERTIES = {"key": ColumnType.TEXT}
NOTED = "set."
COUNTED = """
    SELECT count(*) FROM source.events AS counted
    WHERE counted.customer_id = profile.customer_id AND counted.name = slot('event') AND counted.occurred_at <= $as_of
      AND counted.occurred_at > slot('since') AND slot('condition')
"""
LATEST = """
    SELECT max(counted.occurred_at) FROM source.events AS counted
    WHERE counted.customer_id = profile.customer_id AND counted.name = slot('event') AND counted.occurred_at <= $as_of AND slot('condition')
"""
TOUCHED = """
    SELECT count(*) FROM tonglu.touch AS touched
    WHERE touched.customer_id = profile.customer_id AND touched.run_no < $run_no AND touched.not_before <= $as_of
      AND touched.not_before > slot('since') AND slot('condition')
      AND touched.touch_key NOT IN (SELECT touch_key FROM tonglu.delivery WHERE state IN ('cancelled', 'expired'))
"""
# The latest note by (clock, journey, entry), of earlier runs and of the entry at hand.
NOTE = """
    SELECT TRY_CAST(arg_max_null(noted.value, (noted.clock, noted.journey, noted.entry_id, noted.run_no, noted.ordinal)) AS VARCHAR)
    FROM tonglu.attribute AS noted
    WHERE noted.customer_id = profile.customer_id AND noted.name = slot('name') AND slot('visible')
"""
EARLIER = "noted.run_no < $run_no"
OWN_TOO = "(noted.run_no < $run_no OR noted.entry_id = at_hand.entry_id)"
FEN_OF = "coalesce(CAST(round(100 * TRY_CAST(slot('said') AS DECIMAL(18, 4))) AS BIGINT), 0)"
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
        messages: the messages that are written, those that cannot be used among them.
    """

    profile: Mapping[str, ColumnType]
    events: Mapping[str, Mapping[str, ColumnType]]
    segments: frozenset[str]
    channels: frozenset[str]
    attributes: Mapping[str, ColumnType] = field(default_factory=dict)
    journeys: frozenset[str] = frozenset()
    messages: frozenset[str] = frozenset()

    @property
    def columns(self) -> Mapping[str, ColumnType]:
        """What conditions on a customer read by name: the profile, and what journeys noted, as `set.<name>`."""
        return {**self.profile, **{f"{NOTED}{name}": kind for name, kind in self.attributes.items()}}

    @property
    def history(self) -> History:
        """What conditions on a customer may ask of the past."""
        return History(self.properties, self.events, self.channels)

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


def customer_column(known: Known, *, entry: bool) -> Callable[[str], exp.Expression]:
    """The SQL of a name in a condition on the customer; what the entry at hand noted in this run counts where there is one."""

    def column(name: str) -> exp.Expression:
        if not name.startswith(NOTED):
            return profile_column(name)
        noted = name.removeprefix(NOTED)
        note = fill(NOTE, name=noted, visible=parsed(OWN_TOO if entry else EARLIER))
        kind = exp.DataType.build(SQL_TYPES[known.attributes.get(noted, ColumnType.TEXT)], dialect="duckdb")
        for cast in note.find_all(exp.TryCast):
            cast.set("to", kind)
        return exp.paren(note)

    return column


def of_the_past(known: Known) -> Callable[[EventCount | EventLast | TouchCount], exp.Expression]:
    """The SQL of what a condition on the customer asks of the past."""

    def past(tree: EventCount | EventLast | TouchCount) -> exp.Expression:
        since: exp.Expression = exp.cast(exp.Literal.string("-infinity"), "TIMESTAMP")
        if not isinstance(tree, EventLast) and tree.window is not None:
            since = fill("$as_of - to_microseconds(slot('length'))", length=microseconds(tree.window))
        if isinstance(tree, TouchCount):
            channel = exp.column("channel", table="touched")
            wanted = exp.true() if tree.channel is None else exp.EQ(this=channel, expression=exp.convert(tree.channel))
            return fill(TOUCHED, since=since, condition=wanted)
        properties = known.properties(tree.event) or {}
        judged = (
            exp.true() if tree.where is None else to_sql(tree.where, _property(properties, "counted"), segment_test, properties)
        )
        if isinstance(tree, EventLast):
            return fill(LATEST, event=tree.event, condition=judged)
        return fill(COUNTED, event=tree.event, since=since, condition=judged)

    return past


def customer_condition(condition: Condition, known: Known, *, entry: bool = True) -> exp.Expression:
    """A condition on the customer's attributes, segments and past; `entry` says whether an entry of theirs is at hand."""
    return to_sql(condition.tree, customer_column(known, entry=entry), segment_test, known.columns, of_the_past(known))


def condition_parts(condition: Condition, known: Known) -> tuple[tuple[str, exp.Expression], ...]:
    """The parts that `and` joins at the top of a condition on the customer, as they are written and as SQL."""
    tree = condition.tree
    parts = tree.operands if isinstance(tree, And) else (tree,)
    column = customer_column(known, entry=True)
    return tuple(
        (format_expression(part), to_sql(part, column, segment_test, known.columns, of_the_past(known))) for part in parts
    )


def condition_reads(condition: Condition, known: Known) -> tuple[tuple[str, exp.Expression], ...]:
    """The values that a condition on the customer reads: attributes, memberships, and what it counts or looks for in the past."""
    column, past = customer_column(known, entry=True), of_the_past(known)
    found = {name: column(name) for name in sorted(names_in(condition.tree)) if name in known.columns}
    for node in walk(condition.tree):
        match node:
            case InSegment():
                found[f"in segment {node.segment}"] = segment_test(node.segment)
            case EventCount() | EventLast() | TouchCount():
                found[format_expression(node)] = exp.paren(past(node))
    return tuple(found.items())


def customer_value(ordering: Ordering, known: Known) -> exp.Expression:
    """The value of an order over customers."""
    return value_to_sql(ordering.tree, customer_column(known, entry=False), known.columns, of_the_past(known))


def state_condition(one: Alternative, known: Known) -> exp.Expression:
    """The condition of an alternative that is judged as of the run."""
    if one.when is not None:
        return customer_condition(one.when, known)
    return segment_test(one.segment) if one.segment else exp.not_(segment_test(one.left or ""))


def property_text(name: str, event: str = "e") -> exp.Expression:
    """A property of an event as text; NULL where it is missing."""
    told = [exp.column("properties", table=event), exp.Literal.string(f"$.{name}")]
    return exp.Anonymous(this="json_extract_string", expressions=told)


def fen_of(name: str) -> exp.Expression:
    """A property of an event `e`, an amount in yuan, as whole fen; 0 where it is missing or no amount."""
    return fill(FEN_OF, said=property_text(name))


def key_condition(keyed_by: str | None, event: str, known: Known) -> exp.Expression | None:
    """That an event `e` is about the key of the entry at hand; None where the journey or the event has no such property."""
    if keyed_by is None or keyed_by not in (known.properties(event) or {}):
        return None
    return fill(OF_KEY, said=property_text(keyed_by))


def event_condition(event: str, where: Condition | None, known: Known, keyed_by: str | None = None) -> exp.Expression:
    """The filter of an event `e` over its typed properties and, where the journey is keyed, its key."""
    properties = known.properties(event) or {}
    key = key_condition(keyed_by, event, known)

    judged = exp.true() if where is None else to_sql(where.tree, _property(properties, "e"), segment_test, properties)
    return judged if key is None else both(key, judged)


def _property(properties: Mapping[str, ColumnType], event: str) -> Callable[[str], exp.Expression]:
    """The SQL of an event's properties, by their types."""

    def column(name: str) -> exp.Expression:
        text = property_text(name, event)
        kind = SQL_TYPES[properties.get(name, ColumnType.TEXT)]
        return text if kind == "VARCHAR" else exp.TryCast(this=text, to=exp.DataType.build(kind, dialect="duckdb"))

    return column
