"""`branch`: ordered conditions judged as of the run; the first true one is taken, a last `else` is required (semantics 15)."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator
from sqlglot import exp

from tonglu.core.sql import about_customer, among, by_value
from tonglu.language.values import Authored, Condition, Name
from tonglu.steps.kind import Alternative, Branch, CompiledStep, Lowered, StepKind

CHOICE = """
    INSERT INTO hop
    SELECT p.entry_id, slot('target'), p.since, 'branched'
    FROM position AS p LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.round = $round AND slot('here') AND p.since <= p.horizon
"""


class CaseFields(Authored):
    """`{when: "age >= 60", go: gentle}`, `{segment: youth, go: short}` or, last, `{else: plain}`."""

    when: Condition | None = None
    segment: Name | None = None
    go: Name | None = None
    otherwise: Annotated[Name | None, Field(alias="else")] = None

    @model_validator(mode="after")
    def _condition_or_else(self) -> "CaseFields":
        if self.otherwise is not None:
            if self.when or self.segment or self.go:
                raise ValueError("`else` stands alone: {else: step}")
        elif (self.when is None) == (self.segment is None) or self.go is None:
            raise ValueError("write a condition and a target, {when: '...', go: step}, or {else: step}")
        return self


class BranchFields(Authored):
    """`{branch: [{when: "...", go: a}, {else: b}]}`."""

    branch: Annotated[list[CaseFields], Field(min_length=2, max_length=50)]

    @model_validator(mode="after")
    def _one_else_at_the_end(self) -> "BranchFields":
        if any(case.otherwise is not None for case in self.branch[:-1]) or self.branch[-1].otherwise is None:
            raise ValueError("a branch ends with exactly one {else: step}")
        return self


def written(case: CaseFields) -> str:
    """A case's condition as it was written, for the map."""
    return case.when.text if case.when else f"属于 {case.segment}"


def lower(fields: BranchFields) -> Lowered:
    """A branch in the engine's terms: its cases as alternatives, its else as `otherwise`."""
    cases = fields.branch[:-1]
    return Lowered(
        next=None,
        otherwise=fields.branch[-1].otherwise,
        alternatives=tuple(Alternative(case.go or "", segment=case.segment, when=case.when) for case in cases),
        branches=(
            *(Branch(written(case), case.go or "") for case in cases),
            Branch("否则", fields.branch[-1].otherwise or ""),
        ),
    )


def judge(steps: Sequence[CompiledStep]) -> tuple[exp.Expression, ...]:
    """CASE over the conditions in written order: of all steps at once, but for those that look into other tables."""
    looking = [step for step in steps if any(case.condition.find(exp.Query) for case in step.alternatives)]
    plain = [step for step in steps if step not in looking]
    return tuple(_choice(group) for group in ([plain] if plain else []) + [[step] for step in looking])


def _choice(steps: Sequence[CompiledStep]) -> exp.Expression:
    targets = {
        step.key: exp.Case(
            ifs=[exp.If(this=case.condition, true=exp.convert(case.to_key)) for case in step.alternatives],
            default=exp.convert(step.otherwise_key),
        )
        for step in steps
    }
    here = exp.column("step_key", table="p")
    return about_customer(CHOICE, "p", target=by_value(here, targets), here=among(here, targets))


KIND = StepKind(
    name="branch",
    title="分支 Branch",
    fields=BranchFields,
    lower=lower,
    judge=judge,
    label=lambda fields: "分支",
    example='fork: {branch: [{when: "age >= 60", go: gentle}, {else: brisk}]}',
    instant=True,
)
