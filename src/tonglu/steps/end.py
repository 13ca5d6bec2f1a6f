"""`end`: the entry ends, with a named reason."""

from tonglu.language.values import Authored, Name
from tonglu.steps.kind import Lowered, StepKind


class EndFields(Authored):
    """`{end: completed}`."""

    end: Name


KIND = StepKind(
    name="end",
    title="结束 End",
    fields=EndFields,
    lower=lambda fields: Lowered(next=None, reason=fields.end, rests=True),
    label=lambda fields: f"结束 {fields.end}",
    example="done: {end: completed}",
)
