"""`wait`: rest for a duration; the clock becomes the wait's end."""

from tonglu.core.durations import format_duration_zh
from tonglu.language.values import Authored, Duration, Name
from tonglu.steps.kind import FOLLOWING, Lowered, StepKind


class WaitFields(Authored):
    """`{wait: 3 days}`."""

    wait: Duration
    next: Name | None = None


KIND = StepKind(
    name="wait",
    title="等待 Wait",
    fields=WaitFields,
    lower=lambda fields: Lowered(takes=fields.wait, next=fields.next or FOLLOWING),
    label=lambda fields: f"等待 {format_duration_zh(fields.wait)}",
    example="settle: {wait: 3 days}",
    moves="""
        INSERT INTO hop
        SELECT p.entry_id, s.next_key, p.since + to_microseconds(s.takes_us), 'waited'
        FROM position AS p JOIN tonglu.step AS s USING (step_key)
        WHERE p.round = $round AND p.kind = 'wait' AND p.since + to_microseconds(s.takes_us) <= p.horizon
    """,
)
