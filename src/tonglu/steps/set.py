"""`set`: note something about the customer, for later conditions (`set.level = 'gold'`); null takes the note away (semantics 17).

Only journeys write these attributes. The entry itself sees its own note at once, everything else from the next run on.
"""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StrictStr

from tonglu.language.values import Authored, Name
from tonglu.steps.kind import FOLLOWING, Lowered, StepKind

Noted = StrictBool | StrictInt | Annotated[StrictStr, Field(max_length=200)] | None


class SetFields(Authored):
    """`{set: {level: gold, seen: true}}`: text, whole numbers, true and false, or null."""

    set: Annotated[dict[Name, Noted], Field(min_length=1, max_length=20)]
    next: Name | None = None


def lower(fields: SetFields) -> Lowered:
    """A set in the engine's terms."""
    return Lowered(next=fields.next or FOLLOWING, notes=tuple(fields.set.items()))


KIND = StepKind(
    name="set",
    title="记录 Set",
    fields=SetFields,
    lower=lower,
    label=lambda fields: "记录 " + "，".join(f"{name} = {shown(value)}" for name, value in fields.set.items()),
    example="note: {set: {level: gold, seen: true}}",
    instant=True,
    moves="""
        INSERT INTO tonglu.attribute
        SELECT $run_no, p.entry_id, p.customer_id, p.journey, v.name, v.value, p.since, $ordinal
        FROM position AS p JOIN tonglu.set_value AS v USING (step_key)
        WHERE p.round = $round AND p.kind = 'set' AND p.since <= p.horizon AND p.assignment = 'treated';
        INSERT INTO hop
        SELECT p.entry_id, s.next_key, p.since, 'set'
        FROM position AS p JOIN tonglu.step AS s USING (step_key)
        WHERE p.round = $round AND p.kind = 'set' AND p.since <= p.horizon
    """,
)


def shown(value: str | int | bool | None) -> str:
    """A noted value for the map."""
    return "无" if value is None else {True: "是", False: "否"}[value] if isinstance(value, bool) else str(value)
