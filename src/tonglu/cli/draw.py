"""The command that draws a journey."""

from pathlib import Path
from typing import Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, next_step


@command
def draw(
    journey: Annotated[str, typer.Argument(metavar="JOURNEY", help="The journey's name.")],
    to: Annotated[
        Path | None, typer.Option("--out", help="Where to write it; <journey>.svg if not given; '-' for stdout.")
    ] = None,
    counts: Annotated[bool, typer.Option("--counts", help="With how many came and rest, from the last run.")] = False,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Draw a journey as it is written, as one SVG file; with --counts, how many customers came to each step."""
    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of, published
    from tonglu.app.picture import draw as drawn
    from tonglu.app.picture import journey_named, save
    from tonglu.render.published import FUNNEL, Passage, read

    written = project_of(project)
    definitions = read_definitions(project)
    found = journey_named(definitions, journey)
    funnel: list[Passage] = []
    if counts:
        with published(project, written) as file:
            funnel = [one for one in read(file, FUNNEL, Passage) if one.journey == journey]
    text = drawn(definitions, found, funnel)
    if as_json:
        emit_json({"journey": journey, "svg": text})
        return
    if str(to) == "-":
        typer.echo(text)
        return
    target = to or Path(f"{journey}.svg")
    save(text, target)
    typer.echo(target)
    next_step("open it in a browser")
