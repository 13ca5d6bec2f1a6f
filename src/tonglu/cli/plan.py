"""The command that says what the definitions on disk change."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, next_step, talk, wrong

if TYPE_CHECKING:
    from tonglu.app.plan import Plan


@command
def plan(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="The next run, if not run_at after the last one; ISO date-time, or a bare date."),
    ] = None,
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
    from tonglu.cli.runs import next_instant, run_instant
    from tonglu.core.clock import local
    from tonglu.settings import read_settings

    written = project_of(project)
    moment = run_instant(as_of, written) if as_of else next_instant(project, written)
    made = make_plan(project, read_definitions(project), moment, read_settings(), play=not quick)
    if to is not None:
        to.write_text(json.dumps(made.as_json(), ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")
        talk(f"saved as {to}")
    if as_json:
        emit_json(made.as_json())
    else:
        _show(made)
    when = as_of or f"{local(moment, written.zone_info):%Y-%m-%dT%H:%M}"
    next_step(f"tonglu run --as-of {when}" + (f" --plan {to}" if to else ""))


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


@command
def backtest(
    first: Annotated[str, typer.Option("--from", help="The first day, a run at run_at of it; or its ISO date-time.")],
    last: Annotated[str, typer.Option("--to", help="The last day, included.")],
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Play past days with the definitions of today and all gates on, and show who would have entered and been touched. Changes nothing."""
    from tonglu.app.backtest import backtest as play
    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of
    from tonglu.cli.frame import show
    from tonglu.cli.runs import run_instant
    from tonglu.render.sheet import Column, Sheet
    from tonglu.settings import read_settings

    written = project_of(project)
    starts, ends = run_instant(first, written), run_instant(last, written)
    if ends < starts:
        raise wrong("'--to' is before '--from'", "--to")
    found = play(project, read_definitions(project), starts, ends, read_settings())
    told = {"entries": found.entries, "touches": found.touches, "refused": found.refused}
    if as_json:
        rows = {
            name: [{"of": list(key), "count": count} for key, count in sorted(counts.items())] for name, counts in told.items()
        }
        emit_json({"runs": found.runs, **rows, "outcomes_known": False})
    else:
        heads = {
            "entries": ("journey", "month"),
            "touches": ("journey", "month", "channel"),
            "refused": ("journey", "month", "outcome", "gate", "reason"),
        }
        for name, counts in told.items():
            columns = [*map(Column, heads[name]), Column("count", "right")]
            show(Sheet(name, columns, [(*key, f"{count:,}") for key, count in sorted(counts.items())], empty="none"))
        talk(f"{found.runs} runs were played on a copy. What the touches would have changed is not known: they were never made.")
    next_step("tonglu plan, for what the definitions change in the next run")
