"""Pass: what journeys have with each other: whom they pass on, and what they note about customers."""

from collections.abc import Iterator, Sequence

from tonglu.core.errors import Finding, Severity
from tonglu.language.expression import ColumnType
from tonglu.language.journey import AuthoredStep, Journey
from tonglu.steps import Lowered, step_kinds

KINDS = {bool: ColumnType.BOOLEAN, int: ColumnType.INTEGER, str: ColumnType.TEXT}


def noted_attributes(journeys: Sequence[Journey], findings: list[Finding]) -> dict[str, ColumnType]:
    """What the journeys note about customers (`set`), with its type; one name has one type in all of them."""
    found: dict[str, tuple[ColumnType, str]] = {}
    for journey, step, lowered in _steps(journeys):
        for name, value in lowered.notes:
            if value is None:
                continue
            kind = KINDS[type(value)]
            first, where = found.setdefault(name, (kind, f"{journey.name}.{step.name}"))
            if first is not kind:
                message = f"'{name}' is {kind.value} here and {first.value} in {where}"
                place = journey.file.place((*step.loc, "set", name))
                findings.append(Finding("TL421", message, place, "Use one type in all journeys, or another name."))
    return {name: kind for name, (kind, _) in found.items()}


def check_together(journeys: Sequence[Journey], findings: list[Finding]) -> None:
    """Both sides of a passing on must name each other."""
    by_name = {journey.name: journey for journey in journeys}
    passed = {(journey.name, lowered.target) for journey, _, lowered in _steps(journeys) if lowered.target is not None}
    for journey, step, lowered in _steps(journeys):
        target = by_name.get(lowered.target or "")
        if target is not None and journey.name not in target.header.enter.journey:
            message = f"journey '{target.name}' does not let '{journey.name}' pass customers on to it"
            hint = f"Write enter: {{journey: {journey.name}}} in {target.file.shown}."
            findings.append(Finding("TL422", message, journey.file.place((*step.loc, "enter")), hint))
    for journey in journeys:
        for name in journey.header.enter.journey:
            if name in by_name and (name, journey.name) not in passed:
                message = f"no step of '{name}' passes customers on to '{journey.name}'"
                hint = f"Add a step {{enter: {journey.name}}} to {name}."
                place = journey.file.place(("enter", "journey"))
                findings.append(Finding("TL423", message, place, hint, Severity.WARNING))


def _steps(journeys: Sequence[Journey]) -> Iterator[tuple[Journey, AuthoredStep, Lowered]]:
    kinds = step_kinds()
    for journey in journeys:
        for step in journey.steps:
            yield journey, step, kinds[step.kind].lower(step.fields)
