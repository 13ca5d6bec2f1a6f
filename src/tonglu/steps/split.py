"""`split`: part of the customers goes each way, sticky by hash (semantics 16). Nothing is learned from it; see `experiment`."""

from typing import Annotated

from pydantic import Field

from tonglu.language.values import Authored, Name
from tonglu.steps.experiment import shares
from tonglu.steps.kind import Branch, Lowered, StepKind


class SplitFields(Authored):
    """`{split: {gentle: 30, brisk: 70}}`: the steps it leads to, with their weights."""

    split: Annotated[dict[Name, Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=20)]


def lower(fields: SplitFields) -> Lowered:
    """A split in the engine's terms: its ways with shares that add up to one."""
    parts = shares(list(fields.split.values()), len(fields.split))
    return Lowered(
        next=None,
        branches=tuple(Branch(f"{share:.0%}", to) for to, share in zip(fields.split, parts, strict=True)),
        ways=tuple(zip(fields.split, parts, strict=True)),
    )


KIND = StepKind(
    name="split",
    title="分流 Split",
    fields=SplitFields,
    lower=lower,
    label=lambda fields: "分流",
    example="share: {split: {gentle: 30, brisk: 70}}",
    instant=True,
    moves="""
        INSERT INTO hop
        SELECT p.entry_id, w.to_key, p.since, 'split'
        FROM position AS p JOIN tonglu.split_way AS w USING (step_key)
        WHERE p.round = $round AND p.kind = 'split' AND p.since <= p.horizon
          AND draw('split', p.journey, p.customer_id, p.step, p.entry_no) >= w.low
          AND draw('split', p.journey, p.customer_id, p.step, p.entry_no) < w.high
    """,
)
