"""What the command line shows: tables of the published views as rich renderables, and the consoles that print them.

Colours carry no meaning of their own, so NO_COLOR (which rich honours) and a file lose nothing. Narrow terminals drop the
least needed columns. Texts from definitions and data are never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from tonglu.core.clock import show_instant
from tonglu.render import published as views
from tonglu.render.facts import BANK_ZONE, Facts, gather, notices
from tonglu.render.measured_tables import arms_table, lift_table
from tonglu.render.published import Published, read
from tonglu.render.scale import percent
from tonglu.render.sheet import Column, Sheet
from tonglu.render.words import OUTCOMES, reason_words

_TONES = {"bad": "red", "warn": "yellow", "note": "dim"}.get


class Happening(NamedTuple):
    """One row of a customer's timeline, as `customer_timeline` has it."""

    at: datetime
    what: str
    journey: str | None
    step: str | None
    detail: str | None


def make_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A console that colours only what it is told to; stdout for results, stderr for talk."""
    return Console(stderr=stderr, highlight=False, width=width)


def make_progress(console: Console) -> Progress:
    """A progress bar on `console` that vanishes when done, and is silent where the console is no terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def run_summary(published: Published, zone: ZoneInfo = BANK_ZONE) -> RenderableType:
    """The last run beside the sum over all runs."""
    runs = read(published, views.RUNS, views.Run)
    if not runs:
        return Text("还没有运行 no run yet", style="dim")
    last = runs[-1]
    names = ("entered", "proposals", "sent", "deferred", "dropped", "conversions", "ended")
    words = ("进入旅程", "触达提议", "已发送", "已推迟", "已放弃", "转化", "已结束")
    rows = [
        (zh, name, _count(getattr(last, name)), _count(sum(getattr(run, name) for run in runs)))
        for zh, name in zip(words, names, strict=True)
    ]
    columns = (Column(""), Column("", need=1), Column(f"run {last.run_no}", "right"), Column(f"{len(runs)} runs", "right"))
    title = f"第 {last.run_no} 次运行 run {last.run_no}, as of {show_instant(last.as_of, zone)} ({zone})"
    return Sheet(title, columns, rows)


def status(published: Published, zone: ZoneInfo = BANK_ZONE) -> RenderableType:
    """Where things stand: the last run, the journeys, what needs attention."""
    facts = gather(published)
    rows = [
        (
            known.title_zh or known.journey,
            known.journey,
            str(known.version_no),
            *map(_count, (known.treated, known.control, known.resting)),
        )
        for known in facts.journeys
    ]
    columns = (
        Column("旅程 journey"),
        Column("name", need=2),
        Column("version", "right", need=3),
        Column("treated", "right"),
        Column("control", "right", need=1),
        Column("open", "right"),
    )
    parts = [run_summary(published, zone), Text(), Sheet("旅程 journeys", columns, rows), Text()]
    if facts.worked:
        parts += [_worked(facts), Text()]
    return Group(*parts, _attention(facts))


def _worked(facts: Facts) -> Sheet:
    """How the touches stand that people work, by channel; their counts add up to all of them."""
    names = ("waiting", "pending", "done", "failed", "expired", "cancelled")
    columns = (Column("人工渠道 worked by people"), *(Column(name, "right") for name in names))
    rows = [(one.channel, *(_count(getattr(one, name)) for name in names)) for one in facts.worked]
    return Sheet("工作清单 worklists", columns, rows)


def attention(published: Published) -> RenderableType:
    """What needs a human, the gravest first."""
    return _attention(gather(published))


def decisions_table(published: Published) -> RenderableType:
    """How often each outcome and reason was decided, over all runs."""
    reasons = read(published, views.REASONS, views.Reason)
    total = sum(row.decisions for row in reasons)
    rows = []
    for row in reasons:
        words, outcome = reason_words(row.outcome, row.gate, row.reason), OUTCOMES.get(row.outcome)
        share = percent(row.decisions / total, 1)
        rows.append((outcome.zh if outcome else row.outcome, row.outcome, words.zh, words.en, _count(row.decisions), share))
    columns = (
        Column("结果"),
        Column("outcome", need=2),
        Column("原因"),
        Column("reason", need=1),
        Column("decisions", "right"),
        Column("share", "right"),
    )
    return Sheet("决策原因 decisions by reason", columns, rows)


def explain(customer_id: int, timeline: Iterable[Happening], zone: ZoneInfo = BANK_ZONE) -> RenderableType:
    """One customer's timeline, earliest first, on the bank's wall clock."""
    rows = [
        (show_instant(row.at, zone), row.what, row.journey or "", row.step or "", row.detail or "")
        for row in sorted(timeline, key=lambda row: row.at)
    ]
    columns = (Column("时间 at"), Column("事件 what"), Column("旅程 journey", need=1), Column("步骤 step"), Column("说明 detail"))
    return Sheet(f"客户 customer {customer_id}", columns, rows, empty="没有记录 nothing recorded about this customer")


def overview(published: Published, truth: Mapping[str, float] | None = None, zone: ZoneInfo = BANK_ZONE) -> RenderableType:
    """What happened, on one screen: runs, decisions, lift beside the truth, arms, attention."""
    parts = (
        run_summary(published, zone),
        decisions_table(published),
        lift_table(published, truth),
        arms_table(published),
        attention(published),
    )
    return Group(*(piece for part in parts for piece in (part, Text())))


def _attention(facts: Facts) -> RenderableType:
    rows = [(Text(found.about, style=_TONES(found.grave, "")), found.zh, found.en) for found in notices(facts)]
    columns = (Column("对象 about"), Column("需要关注", need=1), Column("what"))
    return Sheet("需要关注 needs attention", columns, rows, empty="没有需要处理的事项 nothing needs attention")


def _count(number: int) -> str:
    return f"{number:,}"
