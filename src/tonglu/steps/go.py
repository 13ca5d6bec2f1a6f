"""`go`: jump to a named step; takes no time."""

from tonglu.language.values import Authored, Name
from tonglu.steps.kind import Lowered, StepKind


class GoFields(Authored):
    """`{go: offer}`."""

    go: Name


KIND = StepKind(
    name="go",
    title="跳转 Go",
    fields=GoFields,
    lower=lambda fields: Lowered(next=fields.go),
    label=lambda fields: f"转到 {fields.go}",
    example="again: {go: done}",
    instant=True,
    moves="""
        INSERT INTO hop
        SELECT p.entry_id, s.next_key, p.since, 'went'
        FROM position AS p JOIN tonglu.step AS s USING (step_key)
        WHERE p.round = $round AND p.kind = 'go' AND p.since <= p.horizon
    """,
)
