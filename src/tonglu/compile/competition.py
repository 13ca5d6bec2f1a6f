"""Pass: what the policy says of segments, journeys and customers, against what is written."""

from collections.abc import Mapping

from tonglu.compile.conditions import Known
from tonglu.core.errors import Finding, Severity, did_you_mean
from tonglu.language.contract import Contract
from tonglu.language.loader import check_condition
from tonglu.language.policy import ANY, Policy
from tonglu.language.yamlfile import Loc, YamlFile

COMPLAINTS = {"customer_id", "opened_at", "closed_at"}


def check_competition(
    policy: Policy, file: YamlFile, known: Known, contracts: Mapping[str, Contract], findings: list[Finding]
) -> None:
    """Add what the policy names and nothing else knows: segments of groups, journeys, attributes in conditions, complaints."""
    for channel, hours in policy.open_hours.items():
        for number, group in enumerate(hours.groups):
            if group.segment not in known.segments:
                loc: Loc = ("open_hours", channel, "groups", number, "segment")
                hint = did_you_mean(group.segment, known.segments)
                findings.append(file.finding("TL201", f"segment '{group.segment}' does not exist", loc, hint))
    named: list[tuple[Loc, str]] = [
        (("exclusions", number, "journeys", place), name)
        for number, one in enumerate(policy.exclusions)
        for place, name in enumerate(one.journeys)
    ]
    named += [(("caps", number, "journey"), cap.journey) for number, cap in enumerate(policy.caps) if cap.journey != ANY]
    named += [(("dwell", number, "journey"), one.journey) for number, one in enumerate(policy.dwell) if one.journey != ANY]
    for loc, name in named:
        if name not in known.journeys:
            hint = did_you_mean(name, known.journeys)
            findings.append(Finding("TL213", f"journey '{name}' does not exist", file.place(loc), hint, Severity.WARNING))
    for number, weight in enumerate(policy.arbitration.context):
        loc = ("arbitration", "context", number, "when")
        check_condition(file, loc, weight.when, known.columns, findings, segments=known.segments, history=known.history)
    complaints = contracts.get("complaints")
    if policy.consent.complaint_hold is not None and (complaints is None or not complaints.columns.keys() >= COMPLAINTS):
        message = "no contract brings complaints with customer_id, opened_at and closed_at"
        findings.append(file.finding("TL844", message, ("consent", "complaint_hold"), "Add data/contracts/complaints.yaml."))
