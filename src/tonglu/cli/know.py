"""Commands that read what was published: status, report, explain, learned, query."""

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
    from collections.abc import Callable
    from datetime import datetime

    from tonglu.app.inspect import Story
    from tonglu.language.project import Project
    from tonglu.render.sheet import Sheet
    from tonglu.warehouse.analysts import Answer

Customer = Annotated[int, typer.Argument(metavar="CUSTOMER", help="The customer's id.")]
JourneyOption = Annotated[str | None, typer.Option("--journey", "-j", help="Only this journey.")]


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
    for one in thrown:
        talk(f"! {one.action.value}: {one.scope.value} {one.name}".rstrip() + f", by {one.by}: {one.reason}")
    if alert:
        _missed(written, last, present() if now is None else instant(now, "--now", written.zone_info))
    next_step("tonglu report, or tonglu explain CUSTOMER")


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
    from tonglu.app.report import report_path, title_of, truth_of
    from tonglu.render.report import write_report

    written = project_of(project)
    truth = truth_of(project, written)
    with published(project, written) as file:
        target = write_report(file, to or report_path(project, written), truth, title_of(written), written.zone_info)
    if as_json:
        emit_json({"report": str(target.resolve()), "with_truth": truth is not None})
    else:
        typer.echo(target.resolve().as_uri() if open_path else target)
    next_step("open it in a browser")


@command
def explain(customer: Customer, journey: JourneyOption = None, project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """Show why a customer got what they got: trips, timeline, and every decision with its gate and reason."""
    from tonglu.app.inspect import project_of, published, story_of

    written = project_of(project)
    with published(project, written) as file:
        story = story_of(file, customer, journey)
    if as_json:
        emit_json(dict(story.as_json()))
    else:
        _show_story(story, written)
    following = story.entries[0]["journey"] if story.entries else "JOURNEY"
    next_step(f"tonglu preview {following} --as {customer}")


def _show_story(story: "Story", written: "Project") -> None:
    from tonglu.core.clock import show_instant
    from tonglu.render.sheet import Column, Sheet
    from tonglu.render.terminal import Happening
    from tonglu.render.terminal import explain as timeline

    def at(moment: "datetime | None") -> str:
        return "" if moment is None else show_instant(moment, written.zone_info)

    if story.empty:
        typer.echo(f"nothing is recorded about customer {story.customer_id}: no trip, no segment, never left out")
        return
    trips = [
        (
            row["journey"],
            f"{row['version_no']}",
            row["assignment"],
            at(row["assigned_at"]),
            row["step"] or row["end_reason"] or "",
            row["state"],
        )
        for row in story.entries
    ]
    trip_columns = (
        Column("旅程 journey"),
        Column("version", "right", 2),
        Column("assignment"),
        Column("since", need=1),
        Column("step or end"),
        Column("state"),
    )
    show(Sheet(f"客户 customer {story.customer_id}: trips", trip_columns, trips, empty="never entered a journey"), "")
    if story.segments:
        show(
            Sheet(
                "客群 in segments",
                (Column("segment"), Column("since")),
                [(row["segment"], at(row["entered_at"])) for row in story.segments],
            ),
            "",
        )
    if story.left_out:
        rows = [(row["journey"], at(row["since"]), row["reason"]) for row in story.left_out]
        show(Sheet("暂未进入 qualified, and left out for now", (Column("journey"), Column("since"), Column("reason")), rows), "")
    show(timeline(story.customer_id, [Happening(**row) for row in story.timeline], written.zone_info), "")
    show(_decisions(story, at))


def _decisions(story: "Story", at: "Callable[[datetime | None], str]") -> "Sheet":
    from tonglu.render.sheet import Column, Sheet
    from tonglu.render.words import reason_words

    rows = []
    for row in story.decisions:
        words = reason_words(row["outcome"], row["gate"], row["reason"])
        why = f"{words.zh} {words.en}" if row["reason"] else ""
        sent = " ".join(part for part in (row["channel"], row["arm"]) if part)
        rows.append(
            (
                at(row["as_of"]),
                row["step"],
                row["outcome"],
                row["gate"] or "",
                why,
                row["detail"] or "",
                sent,
                at(row["not_before"]),
            )
        )
    columns = (
        Column("时间 at"),
        Column("step"),
        Column("结果 outcome"),
        Column("gate", need=2),
        Column("原因 reason"),
        Column("detail", need=1),
        Column("channel, arm", need=3),
        Column("not before", need=4),
    )
    return Sheet("决策 decisions", columns, rows, empty="no touch was ever proposed")


@command
def learned(project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """Show what was learned of each arm, and the share that the next run gives it."""
    from tonglu.app.inspect import project_of, published
    from tonglu.render.terminal import arms_table

    written = project_of(project)
    with published(project, written) as file:
        if as_json:
            emit_json({"learned": file.ask("learned")})
        else:
            show(arms_table(file))
    next_step("tonglu report, for how the shares moved")


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
