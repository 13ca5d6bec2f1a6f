"""Commands that make runs happen: run, simulate, deliver."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import (
    HERE,
    AsJson,
    ProjectDir,
    command,
    emit_json,
    err,
    instant,
    next_step,
    now_in,
    show,
    show_findings,
    talk,
    wrong,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tonglu.app.loop import Summary
    from tonglu.app.workplace import Workplace
    from tonglu.language.project import Project

STAGES = 11
FACTS = ("facts", "duplicates", "held", "quarantined")
WORDS = ("entered", "ended", "proposals", "sent", "deferred", "dropped", "conversions")


@command
def run(
    as_of: Annotated[
        str, typer.Option("--as-of", help="ISO date-time on the bank's wall clock; a bare date means run_at of that day.")
    ],
    dry: Annotated[
        bool, typer.Option("--dry", help="Everything but effects: play it on a copy and show what it would do.")
    ] = False,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Run only if this plan, written by tonglu plan --out, is still true.")
    ] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Run the loop once. A finished instant gives its result again and changes nothing; a failed run tells the operators."""
    from tonglu.app.inspect import project_of

    written = project_of(project)
    moment = run_instant(as_of, written)
    if plan is not None:
        _hold_against(plan, project)
    if dry:
        _dry(project, moment, written, as_json=as_json)
        return
    try:
        summary = _run_once(project, moment)
    except Exception as problem:
        _tell_operators(written, moment, problem)
        raise
    if as_json:
        emit_json({"run": summary})
    else:
        _show_run(summary, written)
        _show_warnings(summary, project)
    next_step("tonglu deliver, then tonglu status")


def run_instant(text: str, written: "Project", option: str = "--as-of") -> "datetime":
    """The instant of a run that somebody typed; a bare date is `run_at` of that day."""
    from datetime import date

    try:
        day = date.fromisoformat(text)
    except ValueError:
        return instant(text, option, written.zone_info)
    if written.run_at is None:
        raise wrong("a bare date needs run_at in tonglu.yaml", option, f"Write the time as well: {text}T08:00.")
    return instant(f"{day}T{written.run_at}", option, written.zone_info)


def next_instant(project: Path, written: "Project") -> "datetime":
    """The next `run_at` after the last run that was published."""
    from datetime import datetime, timedelta

    from tonglu.app.inspect import last_run, published
    from tonglu.core.clock import local, to_utc

    file = published(project, written)
    try:
        last = last_run(file)
    finally:
        file.close()
    if last is None or written.run_at is None:
        raise wrong("it is not known when the next run is", "--as-of", "Name it: --as-of 2026-06-01T08:00.")
    due = to_utc(datetime.combine(local(last[1], written.zone_info).date(), written.run_at), written.zone_info)
    return due if due > last[1] else due + timedelta(days=1)


def _hold_against(plan: Path, project: Path) -> None:
    from tonglu.app.plan import LAST, check_plan
    from tonglu.app.workplace import workplace

    with workplace(project) as place:
        last = place.warehouse.fetch(LAST)
        check_plan(plan, place.definitions, last[0][0] if last else 0)


def _dry(project: Path, moment: "datetime", written: "Project", *, as_json: bool) -> None:
    from tonglu.app.definitions import read_definitions
    from tonglu.app.dry import dry_run
    from tonglu.render.sheet import Column, Sheet
    from tonglu.settings import read_settings

    result = dry_run(project, read_definitions(project), moment, read_settings())
    if as_json:
        emit_json(
            {
                "dry": True,
                "run": result.summary,
                "entries": [{"journey": j, "assignment": a, "count": n} for (j, a), n in result.entries.items()],
                "touches": [{"journey": j, "channel": c, "count": n} for (j, c), n in result.touches.items()],
                "cost_fen": result.cost,
                "refused": [
                    {"journey": j, "outcome": o, "gate": g, "reason": r, "count": n} for (j, o, g, r), n in result.refused.items()
                ],
                "migrated": {name: list(counts) for name, counts in result.migrated.items()},
            }
        )
    else:
        _show_run(result.summary, written)
        pairs = (("进入 entries", "assignment", result.entries), ("触达 touches", "channel", result.touches))
        for title, what, counts in pairs:
            rows = [(journey, of, f"{count:,}") for (journey, of), count in counts.items()]
            show(Sheet(title, (Column("journey"), Column(what), Column("count", "right")), rows, empty="none"))
        refused = [(*key, f"{count:,}") for key, count in result.refused.items()]
        columns = (Column("journey"), Column("outcome"), Column("gate"), Column("reason"), Column("count", "right"))
        show(Sheet("未发送 not sent", columns, refused, empty="none"))
        talk(
            f"This was a dry run on a copy: nothing was changed, nothing left. The touches would cost {result.cost / 100:,.2f} yuan."
        )
    next_step(f"tonglu run --as-of {moment.isoformat()}Z")


def _run_once(project: Path, moment: "datetime") -> "Summary":
    from tonglu.app.loop import run_once
    from tonglu.app.workplace import workplace
    from tonglu.render.terminal import make_progress

    with make_progress(err()) as progress, workplace(project) as place:
        bar = progress.add_task("ingest", total=STAGES)
        names = ("check", "segment", "enrol", "advance", "decide", "measure", "learn", "commit", "deliver", "publish", "done")
        following = dict(zip(("ingest", *names), names, strict=False))
        return run_once(place, moment, lambda name, _: progress.update(bar, advance=1, description=following.get(name, name)))


def _tell_operators(written: "Project", moment: "datetime", problem: Exception) -> None:
    from tonglu.app.alerts import Told, alert_failed
    from tonglu.settings import read_settings

    told, why = alert_failed(written, read_settings().secrets, moment, problem)
    if told is not Told.NOBODY:
        talk(f"alert to operators: {told.value}" + (f" ({why})" if why else ""))


def _show_run(summary: "Summary", written: "Project") -> None:
    from datetime import datetime

    from tonglu.core.clock import show_instant
    from tonglu.render.sheet import Column, Sheet

    at = summary.get("as_of")
    when = show_instant(datetime.fromisoformat(str(at)), written.zone_info) if at else ""
    again = " (already made; nothing was changed)" if summary.get("again") else ""
    row = [f"{_number(summary.get(word)):,}" for word in WORDS]
    title = f"运行 run {summary['run_no']}, as of {when} ({written.zone}){again}"
    show(Sheet(title, [Column(word, "right") for word in WORDS], [row]))
    taken = [f"{_number(summary.get(word)):,}" for word in FACTS]
    show(Sheet("数据 facts taken in", [Column(word, "right") for word in FACTS], [taken]))


def _show_warnings(summary: "Summary", project: Path) -> None:
    """What the run left alone in the landing folder, and words of customers that it could not place."""
    from tonglu.core.errors import Finding

    if unclear := _number(summary.get("opt_outs_unclear")):
        talk(f"! opt-outs whose channel or purpose is not known: {unclear:,}, each taken for every one")
    told = summary.get("warnings")
    if isinstance(told, list):
        show_findings([Finding.from_json(one) for one in told], project)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


@command
def simulate(
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="How many days to play on.")],
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Play days of the bundled bank: each day a run, deliveries, and the world's answers. Goes on where the last one ended."""
    from tonglu.app.inspect import overview_of, published
    from tonglu.app.report import truth_in
    from tonglu.app.workplace import workplace

    with workplace(project) as place:
        play(place, days)
        truth = truth_in(place)
        written = place.definitions.project
    with published(project, written) as file:
        if as_json:
            emit_json(dict(overview_of(file, truth)))
        else:
            from tonglu.render.terminal import overview

            show(overview(file, truth, written.zone_info))
    next_step("tonglu report, or tonglu explain CUSTOMER")


def play(place: "Workplace", days: int) -> None:
    """Play days on, with a bar on stderr.

    Raises:
        InputError: there is no bundled bank in this project, or its calendar ends.
    """
    from tonglu.app import simulate as simulation
    from tonglu.app.report import has_bundled_bank
    from tonglu.core.clock import day_of
    from tonglu.render.terminal import make_progress

    if not has_bundled_bank(place.root, place.definitions.project):
        hint = "Make one: `tonglu bank make --customers 20000 --seed 7 --out data`, or `tonglu demo`."
        raise wrong("there is no invented bank in this project", str(place.definitions.path("landing").parent), hint)
    zone = place.definitions.project.zone_info
    with make_progress(err()) as progress:
        bar = progress.add_task("playing days", total=days)

        def on_day(moment: "datetime", summary: "Summary") -> None:
            text = (
                f"{day_of(moment, zone)}  entered {_number(summary.get('entered')):>5,}  sent {_number(summary.get('sent')):>5,}"
            )
            progress.update(bar, advance=1, description=text)

        try:
            simulation.simulate(place, days, on_day)
        except ValueError as problem:
            if not str(problem).startswith("cannot play"):
                raise
            raise wrong(str(problem), "--days", "Days before that are played and kept.") from None


@command
def deliver(
    now: Annotated[
        str | None, typer.Option("--now", help="ISO date-time; the present if not given, in the invented bank where it stands.")
    ] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Let everything leave that is due: bulk files are handed over, single touches sent. Pauses, kills and opt-outs hold."""
    from tonglu.app.deliver import deliver_now
    from tonglu.app.inspect import project_of
    from tonglu.app.workplace import workplace

    moment = now_in(project) if now is None else instant(now, "--now", project_of(project).zone_info)
    with workplace(project) as place:
        states = deliver_now(place, moment)
    if as_json:
        emit_json({"now": moment, "states": states})
    else:
        typer.echo(", ".join(f"{count:,} {state}" for state, count in sorted(states.items())) or "nothing is due")
    next_step("tonglu status")
