"""The audit log: list it, verify its chain, write its head to a file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tonglu.cli.frame import FAILED, HERE, AsJson, ProjectDir, command, emit_json, next_step, show, talk, wrong

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
    """Walk the chain and hold it against the heads that runs and files keep; name the first broken row and exit with 1."""
    from tonglu.app import acts
    from tonglu.app.inspect import project_of

    rows, heads, broken = acts.verify(project, project_of(project), head or [])
    if as_json:
        emit_json({"rows": rows, "heads": heads, "broken": vars(broken) if broken else None})
    elif broken is None:
        typer.echo(f"the chain holds: {rows:,} rows, held against {heads:,} heads kept elsewhere")
    else:
        typer.echo(f"broken at row {broken.seq} ({broken.what}): {broken.message}")
    if broken is not None:
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
