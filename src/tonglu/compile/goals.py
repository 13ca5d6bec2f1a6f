"""Pass: goals that cannot be measured: over before the first touch, or of a kind that controls never reach."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from heapq import heappop, heappush

from tonglu.core.durations import format_duration
from tonglu.core.errors import Finding, Severity
from tonglu.language.journey import Journey
from tonglu.language.policy import Policy
from tonglu.language.yamlfile import Loc

RECEIPT = "touch."
AT_ONCE = timedelta(0)


def check_goals(
    journey: Journey,
    ways: Mapping[str, Mapping[str, timedelta]],
    touches: Collection[str],
    policy: Policy | None,
    findings: list[Finding],
) -> None:
    """Add a warning for every goal whose lift says nothing.

    Args:
        journey: the journey.
        ways: where each step leads, with the least time that it takes to get there.
        touches: the steps that ask for contact.
        policy: the contact policy, whose global control group holds out too; None when it cannot be read.
        findings: where everything found is added.
    """
    header = journey.header
    first = earliest([journey.steps[0].name], ways, touches)
    shared = policy.global_control.share if policy is not None and header.purpose == "marketing" else 0.0
    for number, goal in enumerate(header.all_goals):
        loc: Loc = ("goal",) if header.goal else ("goals", number)
        if first is not None and first >= goal.within:
            message = f"the goal '{goal.called}' is over after {format_duration(goal.within)}, before the first touch"
            hint = f"The first touch comes after {format_duration(first)} at the earliest: write a longer 'within'."
            findings.append(Finding("TL432", message, journey.file.place((*loc, "within")), hint, Severity.WARNING))
        if goal.event.startswith(RECEIPT) and (header.holdout > 0 or shared > 0):
            message = f"controls are never touched, so they cannot reach the goal '{goal.called}'"
            hint = "Choose what a customer does without being asked too, such as an event of the bank."
            findings.append(Finding("TL433", message, journey.file.place((*loc, "event")), hint, Severity.WARNING))


def earliest(starts: Collection[str], ways: Mapping[str, Mapping[str, timedelta]], wanted: Collection[str]) -> timedelta | None:
    """The least time after which a path from the starts comes to one of the wanted steps; None when none does."""
    front = [(AT_ONCE, name) for name in starts]
    seen: set[str] = set()
    while front:
        took, name = heappop(front)
        if name in wanted:
            return took
        if name not in seen:
            seen.add(name)
            for target, takes in ways.get(name, {}).items():
                heappush(front, (took + takes, target))
    return None
