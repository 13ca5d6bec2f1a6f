"""The command that says what the definitions on disk change."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, next_step, talk

if TYPE_CHECKING:
    from tonglu.app.plan import Plan


@command
def plan(
    as_of: Annotated[str, typer.Option("--as-of", help="The next run; ISO date-time, or a bare date for run_at of that day.")],
    to: Annotated[Path | None, typer.Option("--out", help="Save the plan for tonglu run --plan FILE.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only the changes; do not play the run with either.")] = False,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Show what the definitions on disk change against the last run, and what the next run would do differently for it."""
    import json

    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of
    from tonglu.app.plan import make_plan
    from tonglu.cli.runs import run_instant
    from tonglu.settings import read_settings

    written = project_of(project)
    made = make_plan(project, read_definitions(project), run_instant(as_of, written), read_settings(), play=not quick)
    if to is not None:
        to.write_text(json.dumps(made.as_json(), ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")
        talk(f"saved as {to}")
    if as_json:
        emit_json(made.as_json())
    else:
        _show(made)
    next_step(f"tonglu run --as-of {as_of}" + (f" --plan {to}" if to else ""))


def _show(made: "Plan") -> None:
    from tonglu.app.plan import compared

    if not made.changes:
        typer.echo(f"nothing has changed since run {made.last_run}")
    for change in made.changes:
        consequence = made.consequences.get(change.name) if change.kind == "journey" else None
        breaking = "breaking: " if consequence and consequence.open and (change.sign == "-" or consequence.dropped) else ""
        typer.echo(f"{change.sign} {change.kind} {change.name}" + (f"  {breaking}{consequence}" if consequence else ""))
        for detail in change.details:
            typer.echo(f"    {detail}")
    if made.before is None or made.after is None:
        return
    for title, before, after in (
        ("entries", made.before.entries, made.after.entries),
        ("touches", made.before.touches, made.after.touches),
    ):
        typer.echo(f"{title}: {sum(before.values()):,} -> {sum(after.values()):,}")
        for (journey, of), one, other in compared(before, after):
            typer.echo(f"    {journey} {of}: {one:,} -> {other:,}")
    typer.echo(f"cost: {made.before.cost / 100:,.2f} -> {made.after.cost / 100:,.2f} yuan")
