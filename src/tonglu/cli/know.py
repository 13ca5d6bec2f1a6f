"""Commands that read what was published: status, report, query."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import (
    FAILED,
    HERE,
    AsJson,
    ProjectDir,
    command,
    emit_json,
    instant,
    next_step,
    present,
    show,
    show_findings,
    talk,
    wrong,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tonglu.language.project import Project
    from tonglu.warehouse.analysts import Answer


@command
def status(
    alert: Annotated[
        bool, typer.Option("--alert", help="Tell the operators if the daily run is missing, and exit with 1.")
    ] = False,
    now: Annotated[
        str | None, typer.Option("--now", help="ISO date-time to judge a missing run by; the present if not given.")
    ] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Show where things stand: the last run, the journeys, switches that are thrown, what needs attention."""
    from tonglu.app.inspect import last_run, overview_of, project_of, published
    from tonglu.app.operate import in_force
    from tonglu.core.errors import InputError

    written = project_of(project)
    thrown = in_force(project, written)
    last = None
    try:
        with published(project, written) as file:
            known = last_run(file)
            last = known[1] if known else None
            if as_json:
                switches = [
                    {"scope": one.scope, "name": one.name, "action": one.action, "by": one.by, "reason": one.reason}
                    for one in thrown
                ]
                emit_json({**overview_of(file), "switches": switches})
            else:
                from tonglu.render.terminal import status as standing

                show(standing(file, written.zone_info))
    except InputError:
        if not alert:
            raise
    _say_unapproved(project)
    for one in thrown:
        talk(f"! {one.action.value}: {one.scope.value} {one.name}".rstrip() + f", by {one.by}: {one.reason}")
    if alert:
        _missed(written, last, present() if now is None else instant(now, "--now", written.zone_info))
    next_step("tonglu report, or tonglu explain CUSTOMER")


def _say_unapproved(project: Path) -> None:
    from tonglu.app.approve import unapproved
    from tonglu.app.definitions import read_definitions
    from tonglu.core.errors import InputError

    try:
        aside = unapproved(project, read_definitions(project))
    except InputError:
        return  # definitions that do not read well are shown by tonglu check
    for text in aside:
        talk(f"! {text}")


def _missed(written: "Project", last: "datetime | None", now: "datetime") -> None:
    from tonglu.app.alerts import alert_missed, missed_run
    from tonglu.core.clock import show_instant
    from tonglu.settings import read_settings

    due = missed_run(written, last, now)
    if due is None:
        return
    told, why = alert_missed(written, read_settings().secrets, due, last)
    talk(f"the run of {show_instant(due, written.zone_info)} did not come; alert: {told.value}" + (f" ({why})" if why else ""))
    raise typer.Exit(FAILED)


@command
def report(
    to: Annotated[Path | None, typer.Option("--out", help="Where to write it; data/reports/report.html if not given.")] = None,
    open_path: Annotated[bool, typer.Option("--open-path", help="Print a file:// address for a browser.")] = False,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Write the report: one HTML file with journey maps, funnels, lift with intervals, arms, decisions, checks."""
    from tonglu.app.inspect import project_of, published
    from tonglu.app.report import fair_limits, report_path, title_of, truth_of
    from tonglu.render.report import write_report

    written = project_of(project)
    truth = truth_of(project, written)
    with published(project, written) as file:
        target = write_report(
            file, to or report_path(project, written), truth, title_of(written), written.zone_info, fair_limits(project)
        )
    if as_json:
        emit_json({"report": str(target.resolve()), "with_truth": truth is not None})
    else:
        typer.echo(target.resolve().as_uri() if open_path else target)
    next_step("open it in a browser")


@command
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the published views; '-' reads it from stdin.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Rows as CSV with a header.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=5_000_000, help="Most rows to give.")] = 1000,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=3600, help="Longest time to take.")] = 60,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Ask the published file: one SELECT, in a process that can read nothing else. SHOW TABLES names the views."""
    from tonglu.app import inspect
    from tonglu.core.errors import InputError

    written = inspect.project_of(project)
    if as_csv and as_json:
        raise wrong("--csv and --json exclude each other", "query")
    text = typer.get_text_stream("stdin").read() if sql == "-" else sql
    try:
        answer = inspect.query(project, written, text, limit, seconds)
    except InputError as error:
        if as_json or any(one.place.path != "query" for one in error.findings):
            raise
        show_findings(error.findings, project, {"query": text})
        raise typer.Exit(2) from None
    if as_json:
        emit_json({"columns": list(answer.columns), "rows": [list(row) for row in answer.rows], "more": answer.more})
    elif as_csv:
        _write_csv(answer)
    else:
        _show_answer(answer)
    if answer.more:
        talk(f"The first {limit:,} rows; there are more (--limit).")
    next_step("tonglu query 'SHOW TABLES' names the views, 'DESCRIBE decisions' their columns")


def _write_csv(answer: "Answer") -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(answer.rows)


def _show_answer(answer: "Answer") -> None:
    """As a table where it fits the terminal, else as one block per row."""
    from rich.text import Text

    from tonglu.cli.frame import out
    from tonglu.render.sheet import Column, Sheet

    console = out()
    cells = [[_cell(value) for value in row] for row in answer.rows]
    numeric = [all(isinstance(row[place], int | float | None) for row in answer.rows) for place in range(len(answer.columns))]
    widths = [max([console.measure(Text(name)).maximum, *(console.measure(Text(row[n])).maximum for row in cells[:200])])
              for n, name in enumerate(answer.columns)]  # fmt: skip
    if sum(widths) + 2 * len(widths) <= console.width or not cells:
        columns = [
            Column(name, "right" if right and cells else "left") for name, right in zip(answer.columns, numeric, strict=True)
        ]
        console.print(Sheet(f"{len(cells):,} rows", columns, cells, empty="no rows"))
        return
    longest = max(len(name) for name in answer.columns)
    for number, row in enumerate(cells, 1):
        console.print(Text(f"row {number}", style="bold"))
        for name, value in zip(answer.columns, row, strict=True):
            console.print(Text(f"  {name:<{longest}}  {value}"), soft_wrap=True)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:,.6g}" if isinstance(value, float) else str(value)
