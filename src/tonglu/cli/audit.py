"""The audit log: list it, verify its chain, write its head to a file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tonglu.cli.frame import FAILED, HERE, AsJson, ProjectDir, command, emit_json, next_step, show, talk, wrong

MOST = 50
app = typer.Typer(help="The audit log, chained by hash.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """The audit log, chained by hash."""


@app.command("list")
@command
def list_acts(
    after: Annotated[int, typer.Option("--after", help="Only rows after this number.")] = 0,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """List what was done and by whom, oldest first; customers stand under pseudonyms."""
    from tonglu.app.acts import acts
    from tonglu.app.inspect import project_of
    from tonglu.core.clock import show_instant
    from tonglu.render.sheet import Column, Sheet

    written = project_of(project)
    rows = acts(project, written, after)
    if as_json:
        emit_json({"acts": [vars(one) for one in rows]})
        return
    columns = (Column("row", "right"), Column("at"), Column("act"), Column("to"), Column("by"), Column("detail"), Column("why"))
    shown = [
        (
            str(one.seq),
            show_instant(one.at, written.zone_info),
            one.what,
            one.subject,
            one.by,
            json.dumps(one.detail, ensure_ascii=False),
            one.words or "",
        )
        for one in rows
    ]
    show(Sheet("审计日志 audit log", columns, shown, empty="nothing was done yet"))
    next_step("tonglu audit verify")


@app.command()
@command
def verify(
    head: Annotated[
        list[Path] | None, typer.Option("--head", help="A head that was exported; may be given more than once.")
    ] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Walk the chain, hold it against heads kept elsewhere, and what is kept against it; name what was changed by hand, and exit with 1."""
    from tonglu.app import acts
    from tonglu.app.inspect import project_of

    found = acts.verify(project, project_of(project), head or [])
    broken = found.broken
    if as_json:
        changed = [vars(one) for one in found.changed]
        emit_json({"rows": found.rows, "heads": found.heads, "broken": vars(broken) if broken else None, "changed": changed})
    elif found.holds:
        typer.echo(f"the chain holds: {found.rows:,} rows, held against {found.heads:,} heads kept elsewhere")
        typer.echo("what the mailroom and the warehouse keep is as it says")
    else:
        if broken is not None:
            typer.echo(f"broken at row {broken.seq} ({broken.what}): {broken.message}")
        for one in found.changed[:MOST]:
            typer.echo(f"{one.what}: {one.table}, {one.key}: {one.message}")
        if len(found.changed) > MOST:
            typer.echo(f"and {len(found.changed) - MOST:,} more; --json has all")
    if not found.holds:
        raise typer.Exit(FAILED)
    next_step("tonglu audit export --head --out FILE, to a place that this machine's people cannot change")


@app.command()
@command
def export(
    head: Annotated[bool, typer.Option("--head", help="Only the head: number and hash of the last row.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file; stdout if not given.")] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Write the log, one JSON object per line, or its head alone for `verify --head`."""
    from tonglu.app import acts
    from tonglu.app.inspect import project_of

    written = project_of(project)
    if head:
        last = acts.export_head(project, written)
        if last is None:
            raise wrong("the audit log is empty", "--head")
        text = json.dumps({"seq": last.seq, "hash": last.hash}) + "\n"
    else:
        text = "".join(json.dumps(vars(one), ensure_ascii=False, default=str) + "\n" for one in acts.acts(project, written))
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        talk(f"saved as {out}")
    next_step("tonglu audit verify --head FILE")
