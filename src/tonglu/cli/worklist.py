"""Commands for those who work lists: tonglu worklist list, take, done, pass, export, import."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import (
    HERE,
    AsJson,
    By,
    ProjectDir,
    command,
    emit_json,
    instant,
    next_step,
    now_in,
    operator,
    show,
    show_findings,
    talk,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from tonglu.app.worklist import Desk
    from tonglu.core.work import WorkItem
    from tonglu.mailroom.work_answers import Answer

app = typer.Typer(no_args_is_help=True, help="Work the lists of branches and employees.", rich_markup_mode=None)
Key = Annotated[str, typer.Argument(metavar="KEY", help="The item's key, or the beginning of it.")]
Now = Annotated[
    str | None,
    typer.Option("--now", help="ISO date-time to act at; the present if not given, in the invented bank where it stands."),
]
Branch = Annotated[int | None, typer.Option("--branch", help="Only this branch.")]
Employee = Annotated[int | None, typer.Option("--employee", help="Only this employee.")]
Channel = Annotated[str | None, typer.Option("--channel", help="Only this channel.")]
Due = Annotated[bool, typer.Option("--due", help="Only what can be worked now.")]
Reveal = Annotated[str | None, typer.Option("--reveal", metavar="REASON", help="Show names and addresses; the reason is kept.")]


@app.callback()
def worklist() -> None:
    """Touches that people confirm or make."""


@app.command("list")
@command
def list_items(
    branch: Branch = None,
    employee: Employee = None,
    channel: Channel = None,
    due: Due = False,
    reveal: Reveal = None,
    by: By = None,
    now: Now = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """List what waits for people, what is due first; names and addresses are masked."""
    from tonglu.app.worklist import desk
    from tonglu.mailroom.work_answers import Asked

    with desk(project) as open_desk:
        at = _at(now, open_desk.zone, project)
        items = open_desk.listed(Asked(branch, employee, channel, due), at, by=by or operator(), reveal=reveal)
        if as_json:
            emit_json({"items": [vars(item) for item in items]})
        else:
            _show(items, open_desk.zone)
    next_step(f"tonglu worklist take {items[0].key[:8]}" if items else "tonglu status")


@app.command()
@command
def take(
    key: Key, reveal: Reveal = None, by: By = None, now: Now = None, project: ProjectDir = HERE, as_json: AsJson = False
) -> None:
    """Take an item for half an hour and see what to say; nobody else can take it meanwhile."""
    from tonglu.app.worklist import desk
    from tonglu.core.clock import show_instant
    from tonglu.mailroom.work_answers import Answer

    with desk(project) as open_desk:
        at = _at(now, open_desk.zone, project)
        took = open_desk.take(key, at, by=by or operator(), reveal=reveal)
        _refuse_unless(open_desk, took.answer, key, at, Answer.DONE)
        item, zone = took.item, open_desk.zone
    assert item is not None
    if as_json:
        emit_json({"answer": took.answer.value, "token": took.token, "item": vars(item)})
    else:
        until = show_instant(item.taken_until, zone) if item.taken_until else ""
        typer.echo(f"{item.channel} {item.name} {item.address}, attempt {item.attempts + 1}, yours until {until}")
        typer.echo("\n".join(part for part in (item.title, item.body) if part))
    next_step(f"tonglu worklist done {item.key[:8]} OUTCOME")


@app.command()
@command
def done(
    key: Key,
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="How it came out, such as answered, no_answer, confirmed.")],
    note: Annotated[str, typer.Option("--note", help="A few words, kept with the attempt.")] = "",
    call_back_at: Annotated[str | None, typer.Option("--call-back-at", help="When the customer wants to be called.")] = None,
    by: By = None,
    now: Now = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Say how an attempt came out. What may be tried again stays on the list; the rest is settled, and journeys learn of it."""
    from tonglu.app.work_words import words_of
    from tonglu.app.worklist import desk
    from tonglu.mailroom.work_answers import Answer, Report

    with desk(project) as open_desk:
        back = None if call_back_at is None else instant(call_back_at, "--call-back-at", open_desk.zone)
        report = Report(key, outcome, _at(now, open_desk.zone, project), by or operator(), note, back)
        answer = open_desk.report(report)
        fine = (Answer.DONE, Answer.STAYS, Answer.REPEATED, Answer.LATE, Answer.CANCELLED)
        _refuse_unless(open_desk, answer, key, report.at, *fine, outcome=outcome)
        settled = open_desk.item(key, report.at)
        said = words_of(open_desk, answer, settled, report.at, outcome) if answer in (Answer.LATE, Answer.CANCELLED) else None
    if as_json:
        about = {"said": said.message} if said else {}
        emit_json({"answer": answer.value, "state": settled.state.value, **about})
    else:
        typer.echo(f"{answer.value}: {outcome}" + (f"; {said.message}" if said else ""))
    if said:
        talk(said.hint)
    next_step("tonglu worklist list --due")


@app.command("pass")
@command
def hand_on(
    key: Key,
    employee: Annotated[int | None, typer.Option("--employee", help="The colleague; nobody gives it back to the branch.")] = None,
    branch: Annotated[int | None, typer.Option("--branch", help="Another branch.")] = None,
    by: By = None,
    now: Now = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Hand an item to a colleague, or back to whoever of the branch is free."""
    from tonglu.app.worklist import desk
    from tonglu.mailroom.work_answers import Answer

    with desk(project) as open_desk:
        at = _at(now, open_desk.zone, project)
        answer = open_desk.hand_on(key, at, by=by or operator(), employee_id=employee, branch_id=branch)
        _refuse_unless(open_desk, answer, key, at, Answer.DONE)
    if as_json:
        emit_json({"answer": answer.value, "employee_id": employee})
    else:
        typer.echo(f"passed to {f'employee {employee}' if employee else 'the branch'}")
    next_step("tonglu worklist list")


@app.command("export")
@command
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The CSV file to write.", dir_okay=False)],
    branch: Branch = None,
    employee: Employee = None,
    channel: Channel = None,
    due: Due = False,
    reveal: Reveal = None,
    by: By = None,
    now: Now = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Write a list as CSV for Excel, with columns for outcomes; import reads it back."""
    from tonglu.app.worklist import desk
    from tonglu.mailroom.work_answers import Asked

    with desk(project) as open_desk:
        asked = Asked(branch, employee, channel, due)
        count = open_desk.export(asked, _at(now, open_desk.zone, project), file, by=by or operator(), reveal=reveal)
    if as_json:
        emit_json({"file": str(file), "items": count})
    else:
        typer.echo(f"{count:,} items in {file}")
    next_step(f"fill in outcome and at, then tonglu worklist import {file}")


@app.command("import")
@command
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with key and outcome.", dir_okay=False)],
    by: By = None,
    now: Now = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Read outcomes back: all lines or none. A file that was read before changes nothing."""
    from tonglu.app.work_outcomes import import_outcomes
    from tonglu.app.worklist import desk

    if not file.is_file():
        raise wrong(f"there is no file {file}", "FILE")
    with desk(project) as open_desk:
        done = import_outcomes(open_desk, file, by=by or operator(), at=_at(now, open_desk.zone, project))
    counts = {answer.value: count for answer, count in sorted(done.answers.items())}
    if as_json:
        emit_json({"file": str(file), "answers": counts, "findings": [one.as_json() for one in done.warnings]})
    else:
        typer.echo(", ".join(f"{count:,} {answer}" for answer, count in counts.items()) or "no outcomes")
    if done.warnings:
        show_findings(done.warnings, project)
    next_step("tonglu run --as-of ...: journeys learn of it")


def _at(now: str | None, zone: "ZoneInfo", project: Path) -> "datetime":
    return now_in(project) if now is None else instant(now, "--now", zone)


def _refuse_unless(open_desk: "Desk", answer: "Answer", key: str, at: "datetime", *fine: "Answer", outcome: str = "") -> None:
    """A refusal as an error that says what is in the way of whom, and what to do."""
    if answer not in fine:
        from tonglu.app.work_words import words_of

        said = words_of(open_desk, answer, open_desk.item(key, at), at, outcome)
        raise wrong(f"not done ({answer.value}): {said.message}", "KEY", said.hint)


def _show(items: "Sequence[WorkItem]", zone: "ZoneInfo") -> None:
    from tonglu.core.clock import show_instant
    from tonglu.render.sheet import Column, Sheet

    columns = (
        Column("key"),
        Column("channel"),
        Column("branch", "right", 2),
        Column("employee", "right"),
        Column("due"),
        Column("expires", need=1),
        Column("tried", "right", 3),
        Column("customer"),
        Column("address", need=2),
        Column("journey", need=1),
        Column("taken by", need=4),
    )
    rows = [
        (
            item.key[:8],
            item.channel,
            str(item.branch_id or ""),
            str(item.employee_id or ""),
            show_instant(item.due_at, zone),
            show_instant(item.expires_at, zone),
            str(item.attempts),
            item.name,
            item.address,
            item.journey,
            item.taken_by,
        )
        for item in items
    ]
    show(Sheet("工作清单 worklist", columns, rows, empty="nothing waits for people"))
