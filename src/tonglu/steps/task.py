"""`task`: ask a person for work, such as a call by the relationship manager. A touch whose channels are people (semantics 17)."""

from tonglu.language.values import Name
from tonglu.steps.kind import StepKind
from tonglu.steps.touch import Contact


class TaskFields(Contact):
    """`{task: call_about_maturity, via: [relationship_manager]}`: what the person is told is a message like any other."""

    task: Name


KIND = StepKind(
    name="task",
    title="任务 Task",
    fields=TaskFields,
    lower=lambda fields: fields.lowered(fields.task),
    label=lambda fields: f"任务 {fields.task}",
    example="call: {task: call_about_maturity, via: [relationship_manager], valid_for: 3 days}",
)
