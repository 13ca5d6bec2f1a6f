"""Rows that a data contract set aside: see them, let them in again, accept them in spite of their rule."""

from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, By, ProjectDir, Reason, command, emit_json, next_step, operator, present, show

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(help="Rows that a data contract set aside.", no_args_is_help=True)
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids as `quarantine list` shows them.")]


@app.callback()
def quarantine() -> None:
    """Rows that a data contract set aside."""


@app.command("list")
@command
def list_rows(
    table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="Only this table.")] = None,
    state: Annotated[str, typer.Option("--state", help="open, released, overridden, restaged, superseded or all.")] = "open",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most rows per table.")] = 100,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """List quarantined rows, the latest run first; values of personal tables are masked."""
    from tonglu.app.quarantine import rows_aside

    rows = rows_aside(project, table, state, limit)
    if as_json:
        emit_json({"rows": [vars(row) for row in rows]})
    else:
        from tonglu.render.sheet import Column, Sheet

        columns = (
            Column("id"),
            Column("run", "right", 3),
            Column("rule"),
            Column("file", need=2),
            Column("row", "right", 2),
            Column("values", need=1),
            Column("state", need=4),
        )
        shown = [
            (row.quarantine_id, str(row.run_no), row.rule, row.file, str(row.row_no), _values(row.row), row.state) for row in rows
        ]
        show(Sheet(f"隔离 quarantined rows, {state}", columns, shown, empty="no rows"))
    next_step("tonglu quarantine release ID --reason ..., or deliver a corrected file" if rows else "tonglu status")


def _values(row: object) -> str:
    assert isinstance(row, dict)
    return ", ".join(f"{name}={value}" for name, value in row.items())


@app.command()
@command
def release(ids: Ids, reason: Reason, by: By = None, project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """Let rows go through the checks again in the next run, such as after a rule was corrected."""
    _settle(ids, reason, by, project, as_json, override=False)


@app.command()
@command
def override(ids: Ids, reason: Reason, by: By = None, project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """Accept rows in spite of the rule that they broke."""
    _settle(ids, reason, by, project, as_json, override=True)


def _settle(ids: list[str], reason: str, by: str | None, project: "Path", as_json: bool, *, override: bool) -> None:
    from tonglu.app.quarantine import settle

    count = settle(project, ids, reason, by or operator(), present(), override=override)
    word = "overridden" if override else "released"
    if as_json:
        emit_json({word: count})
    else:
        typer.echo(f"{count:,} rows {word}; the next run takes them")
    next_step("tonglu run --as-of ...")
