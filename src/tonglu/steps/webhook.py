"""`webhook`: tell another system. A touch whose receiver is a system: it passes the same gates and is delivered as touches are (semantics 17)."""

from tonglu.language.values import Name
from tonglu.steps.kind import StepKind
from tonglu.steps.touch import Contact


class WebhookFields(Contact):
    """`{webhook: raise_limit, via: [core_banking]}`: what the system is told is a message like any other."""

    webhook: Name


KIND = StepKind(
    name="webhook",
    title="系统通知 Webhook",
    fields=WebhookFields,
    lower=lambda fields: fields.lowered(fields.webhook),
    label=lambda fields: f"通知系统 {fields.webhook}",
    example="tell: {webhook: raise_limit, via: [core_banking]}",
)
