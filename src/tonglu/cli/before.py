"""Commands that look ahead: how long until an effect can be seen, and what another policy of arms would have earned."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, next_step, show, talk, wrong

if TYPE_CHECKING:
    from tonglu.app.evaluate import Evaluated
    from tonglu.app.power import Power
    from tonglu.stats.estimate import Effect


@command
def power(
    journey: Annotated[str, typer.Argument(metavar="JOURNEY", help="The journey's name; no run need know it.")],
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate", metavar="PERCENT", help="How many reach the goal without touches, if not as expected or measured."
        ),
    ] = None,
    lift: Annotated[
        str | None,
        typer.Option("--lift", metavar="POINTS", help="The difference that matters, e.g. 0.5%, if not as the goal expects."),
    ] = None,
    a_day: Annotated[
        float | None, typer.Option("--a-day", min=0, help="How many enter on a day, if not as tonglu count finds.")
    ] = None,
    design: Annotated[
        float, typer.Option("--design", min=1, help="By how much clusters raise what is needed (design effect of employers).")
    ] = 1.0,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Count at an instant to come, with what has landed until then.")
    ] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Tell how many days a journey needs until the lift that matters can be seen. Changes nothing."""
    from dataclasses import asdict

    from tonglu.app.definitions import read_definitions
    from tonglu.app.picture import journey_named
    from tonglu.app.power import power as made
    from tonglu.cli.runs import run_instant
    from tonglu.settings import read_settings

    definitions = read_definitions(project)
    found = made(
        project,
        definitions,
        journey_named(definitions, journey),
        read_settings(),
        rate=_share(rate, "--rate"),
        lift=_share(lift, "--lift"),
        a_day=a_day,
        design=design,
        as_of=None if as_of is None else run_instant(as_of, definitions.project),
    )
    if as_json:
        emit_json(asdict(found))
    else:
        _show_power(found)
    next_step(f"tonglu count {journey}, for who they are; tonglu lift {journey}, once it runs")


def _show_power(found: "Power") -> None:
    from tonglu.app.power import LONG
    from tonglu.render.scale import percent, points
    from tonglu.render.sheet import Column, Sheet

    typer.echo(
        f"{found.journey}, goal {found.goal} within {found.within:g} days: {percent(found.rate, 2)} of controls reach it ({found.rate_from}), "
        f"a lift of {points(found.lift)} points matters ({found.lift_from})."
    )
    flow = "how many enter on a day is not known" if found.a_day is None else f"{found.a_day:,.1f} enter on a day"
    typer.echo(f"{flow}" + (f", {found.now:,} at once" if found.now else "") + ", all marketing's control group apart.")
    rows = [
        (
            f"{percent(one.holdout, 1)}" + (" (the journey's)" if one is found.mine else ""),
            f"{one.controls:,}",
            f"{one.customers:,}",
            _days(one.days),
        )
        for one in found.always
    ]
    rows.append(
        (
            f"{percent(found.once.holdout, 1)}, one planned look",
            f"{found.once.controls:,}",
            f"{found.once.customers:,}",
            _days(found.once.days),
        )
    )
    columns = (Column("holdout"), Column("controls", "right"), Column("customers", "right"), Column("days", "right"))
    show(Sheet("检验力 needed to see the lift, in four of five cases, looking every day", columns, rows))
    seen = [(f"{day}", "–" if least is None else points(least)) for day, least in found.visible]
    show(Sheet("可见提升 least lift that can be seen, points", (Column("after days", "right"), Column("lift", "right")), seen))
    days = found.mine.days
    if days is None or days > LONG:
        how = "never" if days is None else f"only after {days:,} days"
        typer.echo(
            f"This holdout sees the effect that matters {how}: hold out more, let more enter, or expect less to be learned."
        )
    if found.randomised_by != "customer":
        talk(f"It is drawn by {found.randomised_by}: give --design, 1 + (mean size - 1) x correlation within.")


def _days(days: int | None) -> str:
    return "never" if days is None else f"{days:,}"


def _share(text: str | None, option: str) -> float | None:
    from tonglu.core.shares import parse_share

    try:
        return None if text is None else parse_share(text)
    except ValueError:
        raise wrong(f"'{text}' is no share", option, "Write it like 2.5% or 0.025.") from None


@command
def evaluate(
    journey: Annotated[str | None, typer.Argument(metavar="[JOURNEY]", help="Whose arms; or give --log.")] = None,
    policy: Annotated[
        str,
        typer.Option("--policy", help="best, learned, equal, one arm, or shares such as warm=70%,plain=30%."),
    ] = "best",
    step: Annotated[str | None, typer.Option("--step", help="Where the arms are drawn, if at several steps.")] = None,
    goal: Annotated[str | None, typer.Option("--goal", help="What is earned, if not the first goal.")] = None,
    value: Annotated[bool, typer.Option("--value", help="Earn yuan instead of conversions.")] = False,
    learned_in: Annotated[
        int | None,
        typer.Option("--learned-in", help="The run whose learning is judged, by what was drawn after it; halfway if not given."),
    ] = None,
    log: Annotated[Path | None, typer.Option("--log", help="A log from elsewhere: Parquet or CSV, a row per decision.")] = None,
    arm: Annotated[str, typer.Option("--arm", help="The log's column of what was shown.")] = "arm",
    propensity: Annotated[
        str, typer.Option("--propensity", help="Its column of the probability with which that was.")
    ] = "propensity",
    outcome: Annotated[str, typer.Option("--outcome", help="Its column of what that earned.")] = "outcome",
    by: Annotated[list[str] | None, typer.Option("--by", help="A column of what was known before; may be repeated.")] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Judge another policy of arms by the log of the one that ran, or say that the log cannot. Changes nothing."""
    from dataclasses import asdict

    from tonglu.app import evaluate as off
    from tonglu.app.inspect import check_known, project_of, published

    if (journey is None) == (log is None):
        raise wrong("evaluate judges a journey, or a log", "JOURNEY", "Name a journey, or give --log FILE.")
    about: dict[str, object] = {"log": str(log)}
    if log is not None:
        found = off.of_file(log, arm, propensity, outcome, by or [], policy)
    else:
        assert journey is not None
        with published(project, project_of(project)) as file:
            check_known(file, journey, "JOURNEY")
            at, wanted, after, found = off.of_journey(file, journey, step, goal, policy, learned_in, value=value)
        about = {"journey": journey, "step": at, "goal": wanted, "learned_in": after or None}
    if as_json:
        told = {name: _told(effect) for name, effect in {"played": found.played, **found.estimates}.items()}
        emit_json({**about, "policy": found.policy, "support": asdict(found.support), "refused": found.refused or None, **told})
    else:
        _show_evaluated(about, policy, found, value=value)
    next_step(
        "tonglu learned, for what the next run plays" if log is None else "a smaller change of policy, where it was refused"
    )


def _show_evaluated(about: dict[str, object], policy: str, found: "Evaluated", *, value: bool) -> None:
    from tonglu.render.sheet import Column, Sheet

    where = about.get("log") if "log" in about else f"{about['journey']}, step {about['step']}, goal {about['goal']}"
    later = f"; learned in run {about['learned_in']}, judged by what was drawn after it" if about.get("learned_in") else ""
    typer.echo(f"{where}: policy {policy}{later}")
    if len(found.policy) <= 12:
        for stratum, shares in found.policy.items():
            kept = {arm: share for arm, share in shares.items() if share > 0}
            told = (
                ", ".join(f"{arm} {share:.1%}" for arm, share in kept.items()) if len(kept) <= 6 else f"{len(kept)} arms evenly"
            )
            typer.echo(f"  {stratum or 'everybody'}: {told}")
    one = found.support
    typer.echo(
        f"{one.n:,} exposures are worth {one.effective:,.1f} of this policy; weights: mean {one.mean:.3f} +- {one.error:.3f}, largest "
        f"{one.largest:,.1f}; {one.missing:.1%} of its decisions were never logged."
    )
    if found.refused:
        typer.echo(f"refused: {found.refused}")
    shown = {"as played": found.played, **({} if found.refused else found.estimates)}
    rows = [(name, *_cells(effect, value=value)) for name, effect in shown.items()]
    columns = (
        Column("method"),
        Column(f"earned per decision, {'yuan' if value else '%'}", "right"),
        Column("95% interval, one look", "right"),
    )
    show(Sheet("离线评估 off-policy estimate", columns, rows))


def _cells(effect: "Effect", *, value: bool) -> tuple[str, str]:
    from tonglu.stats.estimate import Interval

    if not isinstance(effect, Interval):
        return "–", effect.reason
    scale = 1 if value else 100
    return f"{scale * effect.estimate:,.3f}", f"[{scale * effect.low:,.3f}, {scale * effect.high:,.3f}]"


def _told(effect: "Effect") -> dict[str, object]:
    from tonglu.stats.estimate import Interval

    if not isinstance(effect, Interval):
        return {"withheld": effect.reason}
    return {"estimate": effect.estimate, "low": effect.low, "high": effect.high}
