"""The command that plays the tests beside journeys."""

from typing import Annotated

import typer

from tonglu.cli.frame import FAILED, HERE, AsJson, ProjectDir, command, emit_json, next_step, talk


@command
def rehearse(
    journeys: Annotated[
        list[str] | None, typer.Argument(metavar="[JOURNEY]...", help="Only these journeys; all if none is named.")
    ] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Play the tests in journeys/tests: each customer's path and touches against what is expected, by the real engine."""
    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of
    from tonglu.app.rehearse import read_rehearsals
    from tonglu.app.rehearse import rehearse as play

    project_of(project)
    definitions = read_definitions(project)
    rehearsals = read_rehearsals(project, definitions, journeys or [])
    outcomes = []
    for outcome in play(project, definitions, rehearsals):
        outcomes.append(outcome)
        if not as_json:
            typer.echo(f"{'✓' if outcome.passed else '✗'} {outcome.journey}: {outcome.name}")
            for line in outcome.differences:
                typer.echo(f"    {line}")
            if not outcome.passed:
                typer.echo("    " + "\n    ".join(outcome.path))
    failed = [one for one in outcomes if not one.passed]
    if as_json:
        emit_json({"passed": len(outcomes) - len(failed), "failed": len(failed), "cases": [vars(one) for one in outcomes]})
    else:
        talk(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(FAILED)
    next_step("tonglu check" if outcomes else "write journeys/tests/<journey>.yaml, see docs/testing-journeys.md")
