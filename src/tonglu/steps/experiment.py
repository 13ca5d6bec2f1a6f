"""`experiment`: arms with recorded exposure and propensity; here the arms are paths, in a touch they are texts."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tonglu.language.values import Authored, Name, refuse
from tonglu.steps.kind import Arms, Branch, Lowered, StepKind

ONE_EACH = "Write one weight for each arm, or none: then all are equal."
Learn = Literal["thompson", "top_two", "fixed"]
VALUE = "value"
"""The aim that is not the name of a goal: what the first goal is worth."""
Weight = Annotated[float, Field(gt=0)]


class Learns(Authored):
    """How the shares of arms are learned: by which rule, for each of the journey's strata apart, and to which aims."""

    learn: Learn = "fixed"
    by: Literal["strata"] | None = None
    aims: dict[Name, Weight] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _learns_what_it_says(self) -> "Learns":
        if self.learn == "fixed" and (self.by is not None or self.aims):
            hint = "Write 'learn: thompson', or leave out 'by' and 'aims'."
            raise refuse("fixed arms learn nothing, so they have neither 'by' nor 'aims'", hint, "TL434")
        return self


def shares(weights: list[float] | None, count: int) -> tuple[float, ...]:
    """Weights as shares that add up to one; equal where none are written."""
    written = weights or [1.0] * count
    return tuple(weight / sum(written) for weight in written)


def lowered_arms(learns: Learns, names: tuple[str, ...], to: tuple[str, ...], weights: tuple[float, ...]) -> Arms:
    """Arms in the engine's terms."""
    return Arms(names, to, learns.learn, weights, learns.by is not None, tuple(learns.aims.items()))


class TextArms(Learns):
    """`experiment: {arms: [warm, plain], learn: thompson}` inside a touch: the arms are texts of its message."""

    arms: Annotated[list[Name], Field(min_length=2, max_length=20)]
    weights: list[Weight] | None = None

    @model_validator(mode="after")
    def _arms_are_distinct_and_weighed(self) -> "TextArms":
        if len(set(self.arms)) < len(self.arms):
            raise ValueError("the same arm is written twice")
        if self.weights is not None and len(self.weights) != len(self.arms):
            raise refuse(f"{len(self.arms)} arms need {len(self.arms)} weights, not {len(self.weights)}", ONE_EACH, "TL434")
        return self

    def lowered(self) -> Arms:
        """The arms without paths of their own."""
        return lowered_arms(self, tuple(self.arms), ("",) * len(self.arms), shares(self.weights, len(self.arms)))


class PathArms(Learns):
    """`{arms: {early: offer_now, late: offer_later}, learn: thompson}`: each arm leads to a step."""

    arms: Annotated[dict[Name, Name], Field(min_length=2, max_length=20)]
    weights: dict[Name, Weight] | None = None

    @model_validator(mode="after")
    def _every_arm_is_weighed(self) -> "PathArms":
        if self.weights is not None and set(self.weights) != set(self.arms):
            odd = sorted(set(self.weights) ^ set(self.arms))
            raise refuse(f"the weights and the arms differ in '{odd[0]}'", ONE_EACH, "TL434")
        return self


class ExperimentFields(Authored):
    """`{experiment: {arms: {early: a, late: b}, learn: thompson}}`."""

    experiment: PathArms


def lower(fields: ExperimentFields) -> Lowered:
    """An experiment in the engine's terms."""
    arms = fields.experiment.arms
    weights = None if fields.experiment.weights is None else [fields.experiment.weights[arm] for arm in arms]
    return Lowered(
        next=None,
        branches=tuple(Branch(arm, to) for arm, to in arms.items()),
        arms=lowered_arms(fields.experiment, tuple(arms), tuple(arms.values()), shares(weights, len(arms))),
    )


KIND = StepKind(
    name="experiment",
    title="试验 Experiment",
    fields=ExperimentFields,
    lower=lower,
    label=lambda fields: "试验 " + " / ".join(fields.experiment.arms),
    example="pace: {experiment: {arms: {early: offer, late: settle}, learn: thompson}}",
    instant=True,
    moves="""
        INSERT INTO tonglu.exposure
        SELECT $run_no, p.entry_id, p.customer_id, p.journey, p.step_key, p.step, a.arm, a.propensity, p.since
        FROM position AS p JOIN arm_share AS a USING (step_key)
        WHERE p.round = $round AND p.kind = 'experiment' AND p.since <= p.horizon
          AND draw('arm', p.journey, p.customer_id, p.step, p.entry_no) >= a.low
          AND draw('arm', p.journey, p.customer_id, p.step, p.entry_no) < a.high
          AND a.stratum = coalesce((SELECT b.stratum FROM tonglu.baseline AS b JOIN arm_stratum AS k USING (stratum)
                                    WHERE b.entry_id = p.entry_id AND k.step_key = p.step_key), '')
          AND NOT EXISTS (SELECT 1 FROM tonglu.exposure AS x WHERE x.entry_id = p.entry_id AND x.step_key = p.step_key);
        INSERT INTO hop
        SELECT p.entry_id, a.to_key, p.since, 'arm ' || a.arm
        FROM position AS p
        JOIN tonglu.exposure AS x ON x.entry_id = p.entry_id AND x.step_key = p.step_key
        JOIN tonglu.arm AS a ON a.step_key = x.step_key AND a.arm = x.arm
        WHERE p.round = $round AND p.kind = 'experiment' AND p.since <= p.horizon
    """,
)
