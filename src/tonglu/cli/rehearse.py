"""The command that plays the tests beside journeys, and records such tests."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import FAILED, HERE, AsJson, ProjectDir, command, emit_json, next_step, talk, wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonglu.app.record import Recorded


@command
def rehearse(
    journeys: Annotated[
        list[str] | None, typer.Argument(metavar="[JOURNEY]...", help="Only these journeys; all if none is named.")
    ] = None,
    record: Annotated[
        bool,
        typer.Option(
            "--record", help="Complete cases without 'expect' by what comes; with --customer, add a case from a real trip."
        ),
    ] = False,
    customer: Annotated[
        int | None, typer.Option("--customer", metavar="ID", help="With --record: whose latest trip; the id is not written.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="With --customer: what to call the case.")] = None,
    dry: Annotated[bool, typer.Option("--dry", help="With --record: only show what would be written.")] = False,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Play the tests in journeys/tests: each customer's path and touches against what is expected, by the real engine."""
    if record:
        _record(journeys or [], customer, name, project, dry=dry, as_json=as_json)
        return
    if customer is not None or name is not None or dry:
        raise wrong("'--customer', '--name' and '--dry' go with '--record'", "test")
    _play(journeys or [], project, as_json=as_json)


def _play(journeys: "Sequence[str]", project: Path, *, as_json: bool) -> None:
    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of
    from tonglu.app.rehearse import read_rehearsals
    from tonglu.app.rehearse import rehearse as play

    project_of(project)
    definitions = read_definitions(project)
    rehearsals = read_rehearsals(project, definitions, journeys)
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


def _record(
    journeys: "Sequence[str]", customer: int | None, name: str | None, project: Path, *, dry: bool, as_json: bool
) -> None:
    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of
    from tonglu.app.picture import journey_named
    from tonglu.app.record import record_expectations, record_trip, write
    from tonglu.app.rehearse import read_rehearsals
    from tonglu.settings import read_settings

    project_of(project)
    definitions = read_definitions(project)
    if customer is None:
        if name is not None:
            raise wrong("'--name' goes with '--customer'", "--name")
        rehearsals = read_rehearsals(project, definitions, journeys, complete=False)
        recorded = list(record_expectations(project, definitions, rehearsals))
    elif len(journeys) != 1:
        raise wrong("a trip is recorded of one journey", "JOURNEY", "tonglu test --record JOURNEY --customer ID")
    else:
        journey = journey_named(definitions, journeys[0])
        recorded = [record_trip(project, definitions, read_settings(), journey, customer, name)]
    unlike = any(one.differences for one in recorded)
    written = bool(recorded) and not dry and not unlike
    for one in recorded if written else ():
        write(project, one)
    if as_json:
        emit_json({"written": written, "cases": [_as_json(one) for one in recorded]})
    else:
        _show(recorded, written=written)
    if unlike:
        raise typer.Exit(FAILED)
    next_step(f"tonglu test {' '.join(journeys)}".strip() if written or not recorded else "the same without --dry")


def _as_json(one: "Recorded") -> dict[str, object]:
    parts = {"path": one.path, "name": one.name, "text": one.text}
    return {**parts, "differences": list(one.differences), "notes": list(one.notes)}


def _show(recorded: "Sequence[Recorded]", *, written: bool) -> None:
    for one in recorded:
        typer.echo(one.text, nl=False)
        for note in one.notes:
            talk(f"note: {note}")
        if one.differences:
            talk(
                "Not written: played alone, the trip does not come out as it did. It may hang on other journeys or on the time of runs."
            )
            for line in one.differences:
                talk(f"    {line}")
        elif written:
            talk(f"written into {one.path}; it passes")
    if not recorded:
        talk("every case says what it expects")
