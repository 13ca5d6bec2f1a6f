"""Pass: what reads well, names only what exists, and makes no sense: exits that everybody meets, goals that cannot be seen."""

from collections.abc import Mapping, Sequence

from tonglu.core.errors import Finding, Severity, did_you_mean
from tonglu.core.graph import reached_from
from tonglu.language.journey import Journey
from tonglu.language.policy import Policy
from tonglu.language.repairs import name_fix
from tonglu.language.yamlfile import Loc

HINT_ENDS = "Lead it to an end, or give the cycle a way out."


def check_sense(journey: Journey, policy: Policy | None, findings: list[Finding]) -> None:
    """Add what makes no sense in a journey's header."""
    _exits(journey, findings)
    _power(journey, findings)
    if policy is not None:
        _policy(journey, policy, findings)


def check_ends(journey: Journey, ways: Mapping[str, Sequence[str]], ends: Sequence[str], findings: list[Finding]) -> None:
    """Add a warning for the steps from which no path leads to an end.

    Args:
        journey: the journey.
        ways: where each step leads.
        ends: the steps that end a trip, and those that lead out of the last one.
        findings: where everything found is added.
    """
    back: dict[str, list[str]] = {name: [] for name in ways}
    for name, onward in ways.items():
        for target in onward:
            back[target].append(name)
    ending = reached_from(ends, back)
    for step in journey.steps:
        if step.name not in ending:
            message = f"no path leads from step '{step.name}' to an end"
            findings.append(Finding("TL425", message, journey.file.place(step.loc), HINT_ENDS, Severity.WARNING))


def _exits(journey: Journey, findings: list[Finding]) -> None:
    header, file = journey.header, journey.file
    written = file.at(("exit",))
    for number, one in enumerate(header.exit):
        loc: Loc = ("exit", number) if isinstance(written, list) else ("exit",)
        enter = header.enter
        same = (enter.segment and one.segment == enter.segment) or (enter.left and one.left == enter.left)
        if same or one.when in enter.condition:
            message = f"everybody leaves at once: who enters by '{one.segment or one.left or one.when}' meets this exit"
            findings.append(Finding("TL426", message, file.place(loc), "Exit by what ends the reason for the journey."))
        for goal in (goal for goal in header.all_goals if header.role_of(goal) != "guardrail"):
            if one.event == goal.event and header.on_goal == "continue" and one.where in (None, goal.where):
                message = f"the goal '{goal.called}' ends the trip by this exit, so 'on_goal: continue' means nothing"
                findings.append(Finding("TL427", message, file.place(loc), "Remove the exit, or 'on_goal'.", Severity.WARNING))


def _power(journey: Journey, findings: list[Finding]) -> None:
    header = journey.header
    for number, goal in enumerate(header.all_goals):
        expect = goal.expect
        if expect is None or not 0 < header.holdout < 1:
            continue
        from tonglu.stats.power import controls_needed

        needed = controls_needed(expect.rate, expect.lift, header.holdout)
        have = round(expect.customers * header.holdout)
        if have < needed:
            loc: Loc = ("goal", "expect") if header.goal else ("goals", number, "expect")
            message = f"a lift of {expect.lift:.2%} needs {needed:,} controls, and {header.holdout:.0%} of {expect.customers:,} are {have:,}"
            hint = f"Enrol {round(needed / header.holdout):,} customers, or hold out more."
            findings.append(Finding("TL428", message, journey.file.place(loc), hint, Severity.WARNING))


def _policy(journey: Journey, policy: Policy, findings: list[Finding]) -> None:
    header = journey.header
    purposes = policy.purposes
    if purposes and header.purpose not in purposes:
        message = f"purpose '{header.purpose}' is not in policy.yaml, so its consents are asked for under that name alone"
        hint = did_you_mean(header.purpose, purposes) or f"policy.yaml has {', '.join(purposes)}."
        fix = name_fix(journey.file, ("purpose",), header.purpose, purposes)
        findings.append(Finding("TL429", message, journey.file.place(("purpose",)), hint, Severity.WARNING, fix))
    capped = any(cap.purpose in (header.purpose, "any") for cap in policy.caps)
    if header.purpose == "marketing" and not capped:
        message = "no cap of policy.yaml covers this marketing journey"
        hint = "Add one: caps: [{purpose: marketing, at_most: 3, within: 7 days}]."
        findings.append(Finding("TL430", message, journey.file.place(("purpose",)), hint, Severity.WARNING))
