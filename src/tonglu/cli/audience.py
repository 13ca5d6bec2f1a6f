"""Commands that say how many customers something is about: segment, count."""

from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, next_step, show, talk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from tonglu.app.count import Counted
    from tonglu.app.members import Members, Row
    from tonglu.language.journey import JourneyFile
    from tonglu.stages.audience import Audience, FirstTouch

AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="With what has landed until then, on a copy; as of the last run if not given.", metavar="INSTANT"
    ),
]


@command
def segment(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A segment's name, or profile.")],
    sample: Annotated[int, typer.Option("--sample", min=0, max=1000, help="Show so many members, always the same ones.")] = 0,
    count: Annotated[bool, typer.Option("--count", help="Only the number of members.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Only the statement that builds it, as runs execute it.")] = False,
    as_of: AsOf = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Show a segment as it is written now: how many members, who joined and left in the last run, a sample, its SQL. Changes nothing."""
    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of
    from tonglu.app.members import compiled, members_of, reads, segment_named
    from tonglu.cli.runs import run_instant
    from tonglu.settings import read_settings

    written = project_of(project)
    definitions = read_definitions(project)
    found = segment_named(definitions, name)
    head = {"segment": found.name, "title": vars(found.title), "owner": found.owner, "hash": found.hash, "reads": reads(found)}
    if sql:
        if as_json:
            emit_json({**head, "sql": compiled(found)})
        else:
            typer.echo(compiled(found))
        next_step(f"tonglu segment {name} --sample 5")
        return
    moment = None if as_of is None else run_instant(as_of, written)
    members = members_of(project, definitions, found, read_settings(), sample=0 if count else sample, as_of=moment)
    if as_json:
        emit_json({**head, **_as_json(members), "sql": compiled(found)})
    elif count:
        typer.echo(members.members)
    else:
        _show_members(members, written.zone_info)
    entered = [one.name for one in definitions.journeys if name in (one.header.enter.segment, one.header.enter.left)]
    onward = f"tonglu count {entered[0]}, which is entered by it" if entered else "tonglu check"
    next_step(onward if sample else f"tonglu segment {name} --sample 5")


def _as_json(members: "Members") -> dict[str, object]:
    return {
        "as_of": members.as_of,
        "members": members.members,
        "differs_from_last_run": members.differs,
        "would_join": members.would_join,
        "would_leave": members.would_leave,
        "runs": [vars(one) for one in members.sizes],
        "sample": list(members.sample),
        "joined": list(members.joined),
        "left": list(members.left),
    }


def _show_members(members: "Members", zone: "ZoneInfo") -> None:
    from tonglu.core.clock import show_instant
    from tonglu.render.sheet import Column, Sheet

    one = members.segment
    typer.echo(f"{one.name}  {one.title.zh} / {one.title.en}, of {one.owner}: {members.members:,} members")
    if members.differs and members.sizes:
        talk(
            f"It was edited since the last run, or what it builds on: {members.would_join:,} would join, {members.would_leave:,} leave."
        )
    elif members.differs:
        talk("No run has built it yet.")
    rows = [
        (f"{size.run_no}", show_instant(size.as_of, zone), f"{size.members:,}", _more(size.joined), _less(size.left))
        for size in members.sizes
    ]
    if rows:
        columns = (
            Column("run", "right"),
            Column("as of"),
            Column("members", "right"),
            Column("joined", "right"),
            Column("left", "right"),
        )
        show(Sheet("客群规模 in the last runs", columns, rows))
    for title, customers in (("joined", members.joined), ("left", members.left)):
        if customers:
            typer.echo(f"{title} in the last run, for example: {', '.join(map(str, customers))}")
    if members.sample:
        _show_sample(members.sample)


def _show_sample(rows: "Sequence[Row]") -> None:
    """One block per member, since profiles are wide."""
    from rich.text import Text

    show(Text(f"抽样 a sample of {len(rows)}, days as their month", style="bold"))
    for row in rows:
        told = ", ".join(f"{name} {_value(value)}" for name, value in row.items() if name != "customer_id" and value is not None)
        typer.echo(f"{row['customer_id']}: {told}" if told else f"{row['customer_id']}: not in the profile")


def _value(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


@command
def count(
    journey: Annotated[str, typer.Argument(metavar="JOURNEY", help="The journey's name; no run need know it.")],
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="How far back occasions to enter are looked for.")] = 30,
    as_of: AsOf = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Count a journey's audience as it is written: who could enter, who falls away at which gate, whom first touches reach. Changes nothing."""
    from tonglu.app.count import count as counted
    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of
    from tonglu.app.picture import journey_named
    from tonglu.cli.runs import run_instant
    from tonglu.settings import read_settings

    written = project_of(project)
    definitions = read_definitions(project)
    found = journey_named(definitions, journey)
    moment = None if as_of is None else run_instant(as_of, written)
    result = counted(project, definitions, found, read_settings(), days=days, as_of=moment)
    if as_json:
        emit_json(
            {
                "journey": journey,
                "as_of": result.as_of,
                "last_run": result.last_run,
                "days": days,
                **_audience_json(result.audience),
            }
        )
    else:
        _show_audience(found.header, result, days, written.zone_info)
    next_step(f"tonglu test {journey}, or tonglu backtest --from ... --to ..., which judges caps and other journeys as well")


def _audience_json(audience: "Audience") -> dict[str, object]:
    return {
        "candidates": audience.candidates,
        "lost": [vars(one) for one in audience.lost],
        "qualified": dict(audience.qualified),
        "inside": audience.inside,
        "not_again": audience.not_again,
        "could_enter_now": audience.now,
        "candidates_per_day": audience.per_day,
        "touches": [
            {
                "step": one.step,
                "message": one.message,
                "passed": one.passed,
                "passed_per_day": audience.daily(one.passed),
                "lost": [vars(lost) for lost in one.lost],
                "channels": [{**vars(channel), "chosen_per_day": audience.daily(channel.chosen)} for channel in one.channels],
            }
            for one in audience.touches
        ],
    }


def _show_audience(header: "JourneyFile", result: "Counted", days: int, zone: "ZoneInfo") -> None:
    from tonglu.core.clock import show_instant
    from tonglu.render.sheet import Column, Sheet

    audience = result.audience
    when = show_instant(result.as_of, zone)
    state = f"as of run {result.last_run}, {when}" if result.last_run else f"with what has landed until {when}, on a copy"
    typer.echo(f"{header.journey}  {header.title.zh} / {header.title.en}, {state}")
    if result.built:
        talk(f"Built anew, since they were edited after that run or build on such: {', '.join(result.built)}.")
    rows = [(_candidates(header, days), f"{audience.candidates:,}", _daily(audience, audience.candidates))]
    words = {"no_profile": "have no profile", "not_qualified": "do not qualify (when)"}
    rows += [(f"  {words[one.reason]}", _less(one.count), _daily(audience, one.count)) for one in audience.lost]
    for name, word in (("global_control", "in the global control group"), ("holdout", "held out")):
        rows.append((f"  {word}", _less(audience.qualified.get(name, 0)), _daily(audience, audience.qualified.get(name, 0))))
    treated = audience.qualified.get("treated", 0)
    rows.append(("to be treated", f"{treated:,}", _daily(audience, treated)))
    columns = (Column(""), Column("now", "right"), Column("a day", "right"))
    show(Sheet("受众 audience", columns, rows))
    for touch in audience.touches:
        _show_touch(audience, touch, treated)
    typer.echo(
        f"Of the {sum(audience.qualified.values()):,} who qualify {audience.inside:,} are inside, {audience.not_again:,} were and may not "
        f"enter again; {audience.now:,} could enter now."
    )
    if header.enter.limit:
        talk(f"At most {', '.join(map(str, header.enter.limit))} enter.")
    talk("Caps, arbitration and hours are not judged here: what else a customer is offered then is not known.")


def _candidates(header: "JourneyFile", days: int) -> str:
    enter = header.enter
    names = {
        "segment": f"members of {enter.segment}",
        "left": f"left {enter.left} in {days} days",
        "event": f"had {enter.event} in {days} days",
        "calendar": f"had a date in {days} days",
        "list": f"on the list {enter.listed} in {days} days",
        "journey": f"passed on by {', '.join(enter.journey)} in {days} days",
    }
    return names[enter.source]


def _show_touch(audience: "Audience", touch: "FirstTouch", treated: int) -> None:
    from tonglu.gates import decision_chain
    from tonglu.render.sheet import Column, Sheet

    titles = {gate.name: gate.title for gate in decision_chain()}
    rows = [("if all came to it now", f"{treated:,}", _daily(audience, treated))]
    rows += [(f"  {titles[one.gate]}: {one.reason}", _less(one.count), _daily(audience, one.count)) for one in touch.lost]
    rows.append(("would be reached", f"{touch.passed:,}", _daily(audience, touch.passed)))
    show(
        Sheet(
            f"首触 first touch {touch.step}, {touch.message}",
            (Column(""), Column("now", "right"), Column("a day", "right")),
            rows,
        )
    )
    channels = [
        (one.channel, f"{one.permitted:,}", f"{one.addressed:,}", f"{one.chosen:,}", _daily(audience, one.chosen))
        for one in touch.channels
    ]
    heads = (Column("channel"), *(Column(word, "right") for word in ("have consent", "and an address", "would get it", "a day")))
    show(Sheet("渠道 by channel", heads, channels))


def _more(count: int) -> str:
    return f"+{count:,}" if count else "0"


def _less(count: int) -> str:
    return f"-{count:,}" if count else "0"


def _daily(audience: "Audience", count: int) -> str:
    found = audience.daily(count)
    return "" if found is None else f"{found:,.1f}"
