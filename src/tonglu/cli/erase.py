"""Commands that erase: forget a customer, and retention."""

import sys
from typing import Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, By, ProjectDir, command, emit_json, next_step, now_in, operator, show, talk, wrong


@command
def forget(
    customer: Annotated[
        int | None, typer.Argument(metavar="[CUSTOMER]", help="The customer's id; without it, finish what was cut short.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept for audit, so it names nobody.")] = "",
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Erase a person everywhere and for good; counts, lifts and the audit chain stay. Needs TONGLU_ERASURE_KEY."""
    from tonglu.app import forget as erasing
    from tonglu.app.workplace import workplace

    if customer is not None and not yes:
        if not sys.stdin.isatty():
            raise wrong("nobody can be asked here, and it cannot be undone", "--yes", "Say --yes.")
        if not typer.confirm(f"Erase customer {customer} everywhere? It cannot be undone.", err=True):
            raise typer.Exit
    at = now_in(project)
    with workplace(project) as place:
        if customer is not None:
            erasing.begin(place, customer, by=by or operator(), reason=reason, at=at)
        done = erasing.forget_all(place, at)
    if as_json:
        rows, files = [dict(one.rows) for one in done], sum(one.files for one in done)
        emit_json({"forgotten": len(done), "rows": rows, "files": files, "left": [name for one in done for name in one.left]})
    else:
        changed = sum(sum(one.rows.values()) for one in done)
        typer.echo(
            f"{len(done)} forgotten: {changed:,} rows erased or renamed, {sum(one.files for one in done):,} files written anew"
        )
        for name in dict.fromkeys(name for one in done for name in one.left):
            typer.echo(f"still named in: {name}")
        talk("Backups, files that others took away, spreadsheets, and the bank's own source systems are not reached by this.")
    next_step("tonglu audit verify")


@command
def retain(
    dry: Annotated[bool, typer.Option("--dry", help="Only show what would go.")] = False,
    by: By = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Remove what is older than the policy's `retention` keeps it; sums that measurement and caps need stay."""
    from tonglu.app.retain import retain as remove
    from tonglu.app.workplace import workplace
    from tonglu.core.durations import format_duration
    from tonglu.render.sheet import Column, Sheet

    at = now_in(project)
    with workplace(project) as place:
        done = remove(place, at, by=by or operator(), dry=dry)
    if as_json:
        rows = [{"kind": one.kind, "kept": format_duration(one.kept), "before": one.before, "rows": one.rows} for one in done]
        emit_json({"dry": dry, "removed": rows})
    else:
        columns = (Column("kind"), Column("kept for"), Column("rows", "right"))
        shown = [(one.kind, format_duration(one.kept), f"{one.rows:,}") for one in done]
        title = "保留期 retention: rows that would go" if dry else "保留期 retention: rows removed"
        show(Sheet(title, columns, shown, empty="the policy says of nothing how long it is kept"))
    next_step("tonglu retain" if dry else "tonglu audit list")
