"""What was measured and learned, as tables for the terminal: lifts, their slices, arms, why the next run changes, what touches are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tonglu.render import measures
from tonglu.render import published as views
from tonglu.render.changes import Change, WorthChange, arm_changes, worth_changes
from tonglu.render.facts import gather, newest_arms, withheld_because
from tonglu.render.published import Published, read
from tonglu.render.scale import percent, points, signed
from tonglu.render.sheet import Cell, Column, Sheet

BY = ("segment", "stratum", "arm", "channel", "horizon", "touched", "together")
"""By what lifts are told beside those of whole journeys; `horizon` is by time."""
_TONES = {"good": "green", "bad": "red", "neutral": ""}
TITLE = "提升 lift, treated minus control by intention to treat"


def lift_table(published: Published, truth: Mapping[str, float] | None = None, journey: str | None = None) -> RenderableType:
    """Lift per journey and goal in percentage points with its 95 % interval, next to the synthetic truth where it is known."""
    facts = gather(published)
    lifts = [lift for lift in facts.lifts if journey in (None, lift.journey)]
    known = {(lift.journey, lift.goal): (truth or {}).get(lift.journey) for lift in lifts if lift.role == "primary"}
    rows: list[tuple[Cell, ...]] = []
    for lift in lifts:
        interval = f"[{points(lift.lift_low)}, {points(lift.lift_high)}]"
        measured = Text("withheld", style="dim") if lift.withheld else Text(points(lift.lift), style=_TONES[lift.tone])
        rows.append(
            (
                facts.title_of(lift.journey),
                lift.goal,
                lift.role,
                f"{_count(lift.n_treated)}/{_count(lift.n_control)}",
                f"{_count(lift.conversions_treated)}/{_count(lift.conversions_control)}",
                _rate(lift.rate_treated),
                _rate(lift.rate_control),
                measured,
                Text("–", style="dim") if lift.withheld else Text(interval),
                *([_truth(lift, known.get((lift.journey, lift.goal)))] if truth is not None else []),
                withheld_because(lift) if lift.withheld else lift.method or "",
            )
        )
    columns = [
        Column("旅程 journey"),
        Column("goal"),
        Column("role", need=4),
        Column("matured t/c", "right", need=3),
        Column("converted t/c", "right", need=6),
        Column("treated", "right", need=5),
        Column("control", "right", need=5),
        Column("lift pp", "right"),
        Column("95% interval", "right"),
        *([Column("synthetic truth", "right")] if truth is not None else []),
        Column("method", need=1),
    ]
    missed = any(_missed(lift, known.get((lift.journey, lift.goal))) for lift in lifts)
    return Sheet(f"{TITLE} (! the interval misses the truth)" if missed else TITLE, columns, rows)


def slices_of(published: Published, journey: str | None, by: str) -> list[measures.Slice]:
    """The newest lifts by one kind of slice; those by segment and others at the goal's whole time alone."""
    kind = "all" if by == "horizon" else by
    rows = read(published, measures.SLICES, measures.Slice)
    mine = [row for row in rows if row.slice_kind == kind and (journey in (None, row.journey) or by == "together")]
    whole: dict[tuple[str, str], float] = {}
    for row in rows:
        if row.slice_kind != "all":
            whole[row.journey, row.goal] = max(whole.get((row.journey, row.goal), 0.0), row.horizon_days)
    return mine if by in ("horizon", "together") else [row for row in mine if row.horizon_days == whole[row.journey, row.goal]]


def slices_table(published: Published, journey: str | None, by: str) -> RenderableType:
    """Lifts by one kind of slice in percentage points."""
    titles = {one.journey: one.title_zh for one in read(published, views.JOURNEYS, views.Journey)}
    slices = slices_of(published, journey, by)
    drawn = any(row.shrunk is not None for row in slices)
    rows: list[tuple[Cell, ...]] = []
    for row in slices:
        withheld = row.lift is None
        rows.append(
            (
                titles.get(row.journey) or row.journey or "所有营销 all marketing",
                row.goal or "any goal",
                f"{row.horizon_days:g} days" if by in ("horizon", "together") else row.slice or _unnamed(by),
                f"{_count(row.n_treated)}/{_count(row.n_control)}",
                f"{_count(row.conversions_treated)}/{_count(row.conversions_control)}",
                Text("withheld", style="dim") if withheld else Text(points(row.lift), style=_tone(row)),
                Text("–", style="dim") if withheld else f"[{points(row.lift_low)}, {points(row.lift_high)}]",
                *([points(row.shrunk)] if drawn else []),
                *([_value(row)] if by == "together" else []),
                (row.method or "").removeprefix("withheld: "),
            )
        )
    columns = [
        Column("旅程 journey"),
        Column("goal"),
        Column({"horizon": "time", "together": "time", "touched": "who"}.get(by, by)),
        Column("matured t/c", "right", need=2),
        Column("converted t/c", "right", need=4),
        Column("lift pp", "right"),
        Column("95% interval", "right"),
        *([Column("shrunk pp", "right")] if drawn else []),
        *([Column("value per customer, yuan", "right")] if by == "together" else []),
        Column("method", need=1),
    ]
    empty = f"nothing is measured by {by}: " + _HOW[by]
    return Sheet(f"{TITLE}, by {by}", columns, rows, empty=empty)


_HOW = {
    "segment": "name segments in the policy's measurement.segments",
    "stratum": "write 'strata: <an attribute>' at the top of a journey",
    "arm": "no journey has an experiment whose time has passed",
    "channel": "no touch was proposed to anybody whose time has passed",
    "horizon": "write horizons at a goal",
    "touched": "nobody whose time has passed would have been touched",
    "together": "nobody's time since the first marketing entry has passed",
}


def arms_table(published: Published, journey: str | None = None) -> RenderableType:
    """What was learned about each arm, and the probability with which the next run draws it."""
    arms = [one for one in newest_arms(read(published, views.ARMS, views.Arm)) if journey in (None, one.journey)]
    by_stratum = any(arm.stratum for arm in arms)
    rows = [
        (
            arm.journey,
            arm.step,
            *([arm.stratum or "everybody"] if by_stratum else []),
            arm.arm,
            _count(arm.n),
            _count(arm.conversions),
            _rate(arm.conversions / arm.n if arm.n else None),
            _share(arm.p_best),
            _share(arm.propensity),
            arm.standing or "",
        )
        for arm in arms
    ]
    columns = (
        Column("旅程 journey"),
        Column("step"),
        *([Column("stratum")] if by_stratum else []),
        Column("arm"),
        Column("n", "right", need=2),
        Column("converted", "right", need=4),
        Column("rate", "right", need=1),
        Column("P(best)", "right", need=3),
        Column("propensity", "right"),
        Column("standing", need=1),
    )
    return Sheet("方案学习 arms learned", columns, rows)


def learned_report(published: Published, journey: str | None = None) -> RenderableType:
    """What was learned, why the next run changes, what touches are worth, who paused themselves."""
    changes, worths, harms = learned_of(published, journey)
    parts: list[RenderableType] = [arms_table(published, journey), Text(), *_why(changes), Text(), _worth_table(worths)]
    if harms:
        rows = [(one.journey, str(one.version_no), f"run {one.run_no}", one.said) for one in harms]
        columns = (Column("旅程 journey"), Column("version", "right", need=2), Column("paused after", need=1), Column("why"))
        parts += [Text(), Sheet("自行暂停 journeys that paused themselves", columns, rows)]
    return Group(*parts)


def learned_of(published: Published, journey: str | None = None) -> tuple[list[Change], list[WorthChange], list[measures.Harm]]:
    """What changed of arms and of what touches are worth, and the journeys that paused themselves; of one journey or of all."""

    def mine(one: views.Arm | measures.Worth | measures.Harm) -> bool:
        return journey in (None, one.journey)

    return (
        arm_changes([one for one in read(published, views.ARMS, views.Arm) if mine(one)]),
        worth_changes(one for one in read(published, measures.WORTHS, measures.Worth) if mine(one)),
        [one for one in read(published, measures.HARMS, measures.Harm) if mine(one)],
    )


def _why(changes: Sequence[Change]) -> Iterable[RenderableType]:
    yield Text("下次运行为什么变 why did the next run change?", style="bold")
    if not changes:
        yield Text("  no experiment learns anything yet", style="dim")
        return
    runs = f"run {changes[0].run_no}" + (f" beside run {changes[0].previous}" if changes[0].previous is not None else "")
    yield Text(f"  {runs}", style="dim")
    for one in changes:
        about = f"{one.journey} / {one.step}" + (f" / {one.stratum}" if one.stratum else "")
        yield Padding(Text.assemble((about, "bold"), f": {one.why}"), (0, 0, 0, 2))


def _worth_table(worths: Sequence[WorthChange]) -> Sheet:
    columns = (
        Column("旅程 journey"),
        Column("P", "right"),
        Column("V, yuan", "right"),
        Column("P x V", "right", need=2),
        Column("since run", "right", need=3),
        Column("where from, and what changed", need=1),
    )
    rows = [
        (one.journey, percent(one.p, 2), f"{one.v:,.2f}", f"{one.p * one.v:,.2f}", str(one.run_no), one.why) for one in worths
    ]
    return Sheet("触达值多少 what a touch is worth", columns, rows, empty="no touch was proposed yet")


def _unnamed(by: str) -> str:
    return "would be touched" if by == "touched" else "none"


def _tone(row: measures.Slice) -> str:
    if row.lift_low is None or row.lift_high is None or row.lift_low <= 0 <= row.lift_high:
        return ""
    return "green" if (row.lift_low > 0) != (row.role == "guardrail") else "red"


def _value(row: measures.Slice) -> str:
    if row.value_lift is None or row.value_low is None or row.value_high is None:
        return "–"
    return f"{signed(row.value_lift)} [{signed(row.value_low)}, {signed(row.value_high)}]"


def _truth(lift: views.Lift, truth: float | None) -> str:
    """The truth, marked where a shown interval misses it."""
    return "–" if truth is None else f"{points(truth)} !" if _missed(lift, truth) else points(truth)


def _missed(lift: views.Lift, truth: float | None) -> bool:
    if truth is None or lift.lift_low is None or lift.lift_high is None:
        return False
    return not lift.lift_low <= truth <= lift.lift_high


def _count(number: int) -> str:
    return f"{number:,}"


def _rate(share: float | None) -> str:
    return "–" if share is None else percent(share, 2)


def _share(share: float | None) -> str:
    return "–" if share is None else percent(share, 1)
