"""`touch`: ask for contact. The entry rests here and makes a proposal; the decision chain moves it on (`stages/decide`)."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from tonglu.language.values import Authored, Condition, Name, Span, refuse
from tonglu.steps.experiment import TextArms
from tonglu.steps.kind import FOLLOWING, Lowered, StepKind

ONE_DAY = timedelta(days=1)


class Contact(Authored):
    """What all steps that ask for a contact have in common. `only_if` is another word for `when`."""

    via: Annotated[list[Name], Field(min_length=1)]
    when: Condition | None = None
    only_if: Condition | None = None
    otherwise: Name | None = None
    next: Name | None = None
    valid_for: Span | None = None
    wait: bool = False
    experiment: TextArms | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> "Contact":
        if self.when is not None and self.only_if is not None:
            raise refuse("'when' and 'only_if' are two words for one thing", "Join them by 'and' under one.", "TL418")
        return self

    def lowered(self, message: str) -> Lowered:
        """The contact in the engine's terms; without `valid_for` a proposal competes for one day."""
        return Lowered(
            next=self.next or FOLLOWING,
            otherwise=self.otherwise,
            message=message,
            via=tuple(self.via),
            when=self.when or self.only_if,
            competes=self.wait,
            arms=self.experiment.lowered() if self.experiment else None,
            rests=True,
            valid_for=self.valid_for or ONE_DAY,
        )


class TouchFields(Contact):
    """`{touch: payroll_welcome, via: [app_push, sms]}`."""

    touch: Name


KIND = StepKind(
    name="touch",
    title="触达 Touch",
    fields=TouchFields,
    lower=lambda fields: fields.lowered(fields.touch),
    label=lambda fields: f"触达 {fields.touch}",
    example="greet: {touch: payroll_welcome, via: [app_push, sms]}",
)
