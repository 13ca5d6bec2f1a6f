"""`touch`: ask for contact. The entry rests here and makes a proposal; the decision chain moves it on (`stages/decide`)."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from tonglu.language.values import Authored, Condition, Duration, Name
from tonglu.steps.experiment import TextArms
from tonglu.steps.kind import FOLLOWING, Lowered, StepKind

ONE_DAY = timedelta(days=1)


class TouchFields(Authored):
    """`{touch: payroll_welcome, via: [app_push, sms]}`."""

    touch: Name
    via: Annotated[list[Name], Field(min_length=1)]
    when: Condition | None = None
    otherwise: Name | None = None
    next: Name | None = None
    valid_for: Duration | None = None
    wait: bool = False
    experiment: TextArms | None = None


def lower(fields: TouchFields) -> Lowered:
    """A touch in the engine's terms; without `valid_for` a proposal competes for one day."""
    return Lowered(
        next=fields.next or FOLLOWING,
        otherwise=fields.otherwise,
        message=fields.touch,
        via=tuple(fields.via),
        when=fields.when,
        competes=fields.wait,
        arms=fields.experiment.lowered() if fields.experiment else None,
        rests=True,
        valid_for=fields.valid_for or ONE_DAY,
    )


KIND = StepKind(
    name="touch",
    title="触达 Touch",
    fields=TouchFields,
    lower=lower,
    label=lambda fields: f"触达 {fields.touch}",
    example="greet: {touch: payroll_welcome, via: [app_push, sms]}",
)
