"""The command that says why a customer got what they got, under both of its names: explain, why."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, instant, next_step, show

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from tonglu.app.inspect import Story
    from tonglu.app.why import Judgement, Proposal
    from tonglu.language.project import Project

Customer = Annotated[int, typer.Argument(metavar="CUSTOMER", help="The customer's id.")]
JourneyOption = Annotated[str | None, typer.Option("--journey", "-j", help="Only this journey.")]
Until = Annotated[str | None, typer.Option("--at", metavar="INSTANT", help="As it stood at this instant.")]
All = Annotated[bool, typer.Option("--all", help="Every proposal with all its gates; without it the newest ten.")]
NEWEST = 10


@command
def explain(
    customer: Customer,
    journey: JourneyOption = None,
    until: Until = None,
    everything: All = False,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Show why a customer got what they got: trips, timeline, every candidate touch with its gates, and what would have changed it."""
    from tonglu.app.inspect import project_of, published, story_of
    from tonglu.app.why import proposals_of

    written = project_of(project)
    zone = written.zone_info
    limit = None if until is None else instant(until, "--at", zone)
    with published(project, written) as file:
        story = story_of(file, customer, journey, limit)
        proposals = proposals_of(file, customer, zone, journey, limit, written.calendar)
    if as_json:
        emit_json({**story.as_json(), "proposals": [one.as_json() for one in proposals]})
    else:
        _show_story(story, written)
        if not story.empty:
            _show_proposals(proposals if everything else proposals[:NEWEST], len(proposals), zone)
    following = story.entries[0]["journey"] if story.entries else "JOURNEY"
    next_step(f"tonglu preview {following} --as {customer}")


def _show_story(story: "Story", written: "Project") -> None:
    from tonglu.core.clock import show_instant
    from tonglu.render.sheet import Column, Sheet
    from tonglu.render.terminal import Happening
    from tonglu.render.terminal import explain as timeline

    def at(moment: datetime | None) -> str:
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


def _show_proposals(proposals: "Sequence[Proposal]", known: int, zone: "ZoneInfo") -> None:
    """Each candidate touch: how it came out, what each gate used, the one reason and the nearest change."""
    from rich.text import Text

    from tonglu.core.clock import show_instant

    show(Text("候选触达 candidate touches", style="bold"))
    if not proposals:
        typer.echo("no touch was ever proposed")
    for one in proposals:
        held = " (held out: nothing is sent)" if one.held_out else ""
        sent = f" on {one.channel}, {show_instant(one.not_before, zone)}" if one.outcome == "sent" and one.not_before else ""
        typer.echo(f"{show_instant(one.as_of, zone)}  {one.journey}.{one.step}  {one.outcome}{sent}{held}")
        for judgement in one.judgements:
            typer.echo(f"    {_mark(judgement)} {judgement.gate}{_told(judgement)}")
        if one.binding:
            typer.echo(f"    not sent: {one.binding}{f'; {one.nearest}' if one.nearest else ''}")
    if known > len(proposals):
        typer.echo(f"{known - len(proposals)} earlier ones: --all")


def _mark(judgement: "Judgement") -> str:
    return {"passed": "✓", "stopped": "✗", "skipped": "-", "not reached": "·"}[judgement.verdict.value]


def _told(judgement: "Judgement") -> str:
    """A gate's values in one line."""
    if judgement.verdict.value in ("skipped", "not reached"):
        return f" ({judgement.verdict.value})"
    told = ", ".join(f"{name} {_value(value)}" for name, value in judgement.values.items() if value not in ({}, None, ""))
    return f": {told}" if told else ""


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} = {_value(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_cap(one) if isinstance(one, dict) else str(one) for one in value) or "none"
    return {True: "true", False: "false", None: "missing"}[value] if value is None or isinstance(value, bool) else str(value)


def _cap(cap: dict[str, object]) -> str:
    if "limit" in cap:
        return f"{cap['limit']} from {cap['from']}: {cap['used']} of {cap['at_most']}"
    return f"{cap['cap']}: {cap['counted']} of {cap['at_most']}"
