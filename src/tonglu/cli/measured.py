"""Commands that show what was measured and what was learned of it: lift, learned."""

from enum import StrEnum
from typing import Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, next_step, show, talk


class By(StrEnum):
    """By what lifts are told beside those of whole journeys."""

    SEGMENT = "segment"
    STRATUM = "stratum"
    ARM = "arm"
    CHANNEL = "channel"
    HORIZON = "horizon"
    TOUCHED = "touched"
    TOGETHER = "together"


METHODS = (
    "Intervals hold however often somebody looks. newcombe: few converted so far, so it is wide; post-stratified, cuped: what was known before "
    "is taken out; withheld: nothing can be said yet, and why."
)

Journey = Annotated[str | None, typer.Argument(metavar="[JOURNEY]", help="Only this journey.")]


@command
def lift(
    journey: Journey = None,
    by: Annotated[
        By | None,
        typer.Option(
            "--by",
            help="By segment, stratum, arm, channel or horizon (shorter times); of those who would be touched; of all marketing together.",
        ),
    ] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the measured lifts with their intervals, how each was made, or why it is withheld."""
    from tonglu.app.inspect import check_known, project_of, published
    from tonglu.app.report import truth_of
    from tonglu.render.measured_tables import lift_table, slices_of, slices_table

    written = project_of(project)
    with published(project, written) as file:
        check_known(file, journey, "JOURNEY")
        if as_json and by is None:
            emit_json({"lift": file.ask("lifts", journey=journey)})
        elif as_json and by is not None:
            emit_json({"by": by.value, "lift": [one.as_json() for one in slices_of(file, journey, by.value)]})
        else:
            show(lift_table(file, truth_of(project, written), journey) if by is None else slices_table(file, journey, by.value))
            talk(METHODS)
    next_step("tonglu lift --by segment" if by is None else "tonglu learned, for what the next run makes of it")


@command
def learned(journey: Journey = None, project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """Show what was learned of each arm and of what touches are worth, and why the next run changes."""
    from dataclasses import asdict

    from tonglu.app.inspect import check_known, project_of, published
    from tonglu.render.measured_tables import learned_of, learned_report

    written = project_of(project)
    with published(project, written) as file:
        check_known(file, journey, "JOURNEY")
        if as_json:
            changes, worths, harms = learned_of(file, journey)
            emit_json(
                {
                    "learned": file.ask("learned", journey=journey),
                    "changes": [asdict(one) for one in changes],
                    "worth": [asdict(one) for one in worths],
                    "harm": [asdict(one) for one in harms],
                }
            )
        else:
            show(learned_report(file, journey))
    next_step("tonglu lift, for what the touches changed; tonglu report, for how the shares moved")
