"""Pass: whether what the touches offer is judged before it is offered."""

from collections.abc import Mapping

from tonglu.core.errors import Finding, Severity
from tonglu.language.journey import Journey
from tonglu.language.message import STRICT, MessageFile
from tonglu.language.policy import Policy
from tonglu.language.suitability import needed_for
from tonglu.steps import step_kinds

SUITABLE = "suitable"


def check_products(journey: Journey, messages: Mapping[str, MessageFile], policy: Policy | None, findings: list[Finding]) -> None:
    """Find touches of products of a strict kind that no rule of suitability would judge."""
    if policy is None:
        return
    kinds = step_kinds()
    skips = policy.purposes[journey.header.purpose].skips if journey.header.purpose in policy.purposes else ()
    for step in journey.steps:
        message = messages.get(kinds[step.kind].lower(step.fields).message or "")
        product = message.product if message is not None else None
        if product is None or product.kind not in STRICT:
            continue
        place = journey.file.place((*step.loc, step.kind))
        if not policy.suitability.judges(product.kind):
            hint = f"Add a rule to suitability in policy.yaml with tests: {needed_for(product.kind)}."
            findings.append(Finding("TL624", f"no suitability rule judges a product of kind '{product.kind}'", place, hint))
        elif SUITABLE in skips:
            hint = "Give the journey another purpose, or do not let it skip 'suitable'."
            said = f"touches of purpose '{journey.header.purpose}' skip the gate that judges a product of kind '{product.kind}'"
            findings.append(Finding("TL624", said, place, hint))
        elif (last := policy.suitability.judged_until(product.kind)) is not None:
            needed = needed_for(product.kind)
            said = f"after {last} no suitability rule judges a product of kind '{product.kind}', and it is offered to nobody"
            hint = f"Add a rule with tests: {needed} that is in force from the next day on, in policy.yaml."
            findings.append(Finding("TL625", said, place, hint, Severity.WARNING))
