"""The command that makes a past run's decisions again."""

from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import FAILED, HERE, WRONG, AsJson, ProjectDir, command, emit_json, next_step, show, talk

if TYPE_CHECKING:
    from tonglu.app.replay import Replayed


@command
def replay(
    run: Annotated[str, typer.Argument(help="The run's number, or its instant as for tonglu run --as-of.", metavar="RUN")],
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Make the decisions of a past run again, on a copy, and hold them against those that were made, byte for byte."""
    from tonglu.app.inspect import project_of
    from tonglu.app.replay import replay as play
    from tonglu.cli.runs import run_instant
    from tonglu.settings import read_settings

    written = project_of(project)
    found = play(project, written, int(run) if run.isdigit() else run_instant(run, written, "RUN"), read_settings())
    if as_json:
        relations = [
            {
                "relation": one.name,
                "rows": one.rows,
                "sha256": one.digest,
                "again": one.again,
                "lost": one.lost,
                "found": one.found,
            }
            for one in found.relations
        ]
        told = {"run_no": found.run_no, "as_of": found.as_of, "same": found.same, "missing": list(found.missing)}
        emit_json({**told, "notes": list(found.notes), "relations": relations})
    else:
        _show(found)
    if found.missing:
        raise typer.Exit(WRONG)
    if not found.same:
        raise typer.Exit(FAILED)
    next_step("tonglu why CUSTOMER, for one of these decisions")


def _show(found: "Replayed") -> None:
    from tonglu.render.sheet import Column, Sheet

    for note in found.notes:
        talk(f"note: {note}")
    if found.missing:
        typer.echo(f"run {found.run_no} cannot be replayed. What is missing:")
        for what in found.missing:
            typer.echo(f"  - {what}")
        return
    columns = (Column("relation"), Column("rows", "right"), Column("made again"), Column("sha256"))
    rows = [(one.name, f"{one.rows:,}", "the same" if one.same else "DIFFERS", one.digest[:16]) for one in found.relations]
    show(Sheet(f"重放 run {found.run_no}, as of {found.as_of} UTC", columns, rows))
    for one in found.relations:
        for title, lines in (("only the warehouse has", one.lost), ("only the replay has", one.found)):
            for line in lines:
                typer.echo(f"{one.name}, {title}: {line}")
    same = "byte for byte what it was" if found.same else "NOT what it was"
    typer.echo(
        f"The decision table is {'byte for byte what it was' if found.relations[0].same else 'NOT what it was'}; the whole run is {same}."
    )
