"""Pass: cycles that an entry could go round without that time passes, so that moving would never end (semantics 18)."""

from collections.abc import Mapping, Sequence

from tonglu.core.errors import Finding
from tonglu.core.graph import way_round
from tonglu.language.journey import Journey

HINT = "Put a wait into it that always takes time, such as {wait: 1 day}: an instant, a date or hours may be reached already, a state may hold."


def check_cycles(journey: Journey, no_time: Mapping[str, Sequence[str]], findings: list[Finding]) -> None:
    """Add an error for every cycle that may take no time.

    Args:
        journey: the journey.
        no_time: where each step may lead without that time passes.
        findings: where everything found is added.
    """
    told: set[str] = set()
    for step in journey.steps:
        path = way_round(step.name, no_time)
        if path and told.isdisjoint(path):
            told.update(path)
            message = f"step '{step.name}' is on a cycle without a wait of positive length: {' -> '.join(path)}"
            findings.append(Finding("TL412", message, journey.file.place(step.loc), HINT))
