"""Charts as SVG, drawn by hand: lift with its interval and the truth, touches by day, decisions by reason, funnels, arms.

Every chart names itself for screen readers, uses the variables of `theme.css`, and says so when there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tonglu.render.scale import Scale, at_least_zero, percent, points, spanning
from tonglu.render.svg import element, picture, shorten, text, width_of

_ROW = 38.0
_SERIES = 6


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of a lift chart; the numbers are differences of rates, `note` says why there is no interval.

    `guards` turns good and bad round; `mark` stands behind the interval, such as that of a discovery among all rows.
    """

    name: str
    detail: str
    lift: float | None
    low: float | None
    high: float | None
    truth: float | None = None
    note: str = ""
    guards: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: Chinese name, English name, count, and the class that colours it."""

    zh: str
    en: str
    count: int
    style: str


@dataclass(frozen=True, slots=True)
class Passed:
    """One step of a funnel."""

    name: str
    arrived: int
    resting: int


def lift_chart(rows: Sequence[Measured], title: str = "提升 lift", width: float = 1080.0) -> str:
    """A forest plot in percentage points: point and interval per row, a diamond where the synthetic truth is known."""
    if not rows:
        return _nothing(title, width)
    left, right, top = 250.0, 250.0, 26.0
    known = [value for row in rows for value in (row.low, row.high, row.truth) if value is not None]
    scale = Scale(spanning(known, least=0.002), (left, width - right))
    bottom = top + _ROW * len(rows)
    body = [element("rect", x=0, y=top + _ROW * i, width=width, height=_ROW, class_="band") for i in range(1, len(rows), 2)]
    body += _upright_grid(scale, top, bottom, points)
    body.append(element("text", "测得 measured, 95%", x=width - right + 90, y=15, class_="small muted mid"))
    if any(row.truth is not None for row in rows):
        body.append(element("text", "真值 truth", x=width - 4, y=15, class_="small muted end"))
    for index, row in enumerate(rows):
        body += _lift_row(row, top + _ROW * index, scale, left, (width - right, width))
    said = "; ".join(
        f"{row.name}: {points(row.lift)} [{points(row.low)}, {points(row.high)}] {row.mark}".rstrip()
        if row.lift is not None
        else f"{row.name}: {row.note or 'withheld'}"
        for row in rows
    )
    return picture(width, bottom + 22, title, body, "tl-chart", said)


def _lift_row(row: Measured, top: float, scale: Scale, left: float, numbers: tuple[float, float]) -> list[str]:
    middle = top + _ROW / 2
    detail = f"{row.detail} · {row.note}" if row.note else row.detail
    body = [
        element("text", text(shorten(row.name, 12, left - 24)), x=4, y=middle - 3, class_="strong"),
        element("text", text(shorten(detail, 11, left - 24)), x=4, y=middle + 13, class_="small muted"),
    ]
    if row.lift is not None and row.low is not None and row.high is not None:
        tone = "neutral" if row.low <= 0 <= row.high else "good" if (row.low > 0) != row.guards else "bad"
        low, high = scale(row.low), scale(row.high)
        ends = f"M{low:.1f} {middle - 4:.1f}v8M{low:.1f} {middle:.1f}H{high:.1f}M{high:.1f} {middle - 4:.1f}v8"
        said = f"{points(row.lift)} pp [{points(row.low)}, {points(row.high)}]"
        body.append(element("path", element("title", text(said)), d=ends, class_=f"whisker {tone}"))
        body.append(element("circle", cx=scale(row.lift), cy=middle, r=4.5, class_=tone))
        body.append(element("text", points(row.lift), x=numbers[0] + 62, y=middle + 4, class_=f"strong end {tone}"))
        interval = f"[{points(row.low)}, {points(row.high)}]"
        body.append(
            element("text", text(f"{interval} {row.mark}".rstrip()), x=numbers[0] + 72, y=middle + 4, class_="small soft")
        )
    else:
        body.append(element("text", "暂不展示 withheld", x=numbers[0] + 90, y=middle + 4, class_="small muted mid"))
    if row.truth is not None:
        x = scale(row.truth)
        marker = element("title", text(f"synthetic truth {points(row.truth)} pp"))
        diamond = f"M{x:.1f} {middle - 6:.1f}l6 6-6 6-6-6z"
        body.append(element("path", marker, d=diamond, class_="truth"))
        body.append(element("text", points(row.truth), x=numbers[1] - 4, y=middle + 4, class_="end"))
    return body


def arm_chart(
    shares: Mapping[str, Sequence[tuple[int, float]]], title: str = "各文案的发送概率 arms", width: float = 520.0
) -> str:
    """How the probability of each arm went over the runs: `shares` maps an arm to (run number, probability)."""
    runs = sorted({run for line in shares.values() for run, _ in line})
    if not runs:
        return _nothing(title, width)
    named = max(width_of(arm, 11) for arm in shares)
    left, right, top, bottom = 34.0, min(named, 110.0) + 54.0, 12.0, 118.0
    across = Scale((runs[0], max(runs[-1], runs[0] + 1)), (left, width - right))
    up = Scale((0.0, 1.0), (bottom, top))
    body = []
    for share in (0.0, 0.5, 1.0):
        body.append(element("line", x1=left, x2=width - right, y1=up(share), y2=up(share), class_="grid"))
        body.append(element("text", percent(share), x=left - 6, y=up(share) + 4, class_="small muted end"))
    ends: list[tuple[float, str, float, int]] = []
    for index, (arm, line) in enumerate(shares.items()):
        series = index % _SERIES + 1
        dots = [(across(run), up(share)) for run, share in line]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in dots)
        body.append(element("path", element("title", text(arm)), d=path, class_=f"line s{series}"))
        body.append(element("circle", cx=dots[-1][0], cy=dots[-1][1], r=3, class_=f"dot s{series}"))
        ends.append((dots[-1][1], arm, line[-1][1], series))
    y = float("-inf")
    for wanted, arm, share, series in sorted(ends):
        y = max(wanted + 4, y + 14)
        label = f"{shorten(arm, 11, 110.0)} {percent(share)}"
        body.append(element("text", text(label), x=width - right + 8, y=y, class_=f"small series s{series}"))
    for run, anchor in ((runs[0], None), (runs[-1], "end")):
        name = f"运行 run {run}" if anchor is None else str(run)
        body.append(element("text", name, x=across(run), y=bottom + 16, class_=f"small muted {anchor or ''}".strip()))
    return picture(width, max(bottom + 24, y + 8), title, body, "tl-chart")


def touch_chart(
    days: Mapping[date, Mapping[str, int]], names: Mapping[str, str], title: str = "每日触达 touches by day", width: float = 560.0
) -> str:
    """Touches per day, stacked by outcome in the order of `names`, which maps outcomes to their words."""
    shown = [outcome for outcome in names if any(counts.get(outcome) for counts in days.values())]
    if not shown:
        return _nothing(title, width)
    left, legend, bottom = 44.0, _legend([(names[outcome], outcome) for outcome in shown], 44.0, width), 210.0
    top = legend[1] + 14
    first, last = min(days), max(days)
    count = (last - first).days + 1
    slot = (width - left - 6) / count
    up = Scale(at_least_zero(max(sum(day.values()) for day in days.values())), (bottom, top))
    body = list(legend[0])
    for tick in up.ticks(4):
        body.append(element("line", x1=left, x2=width, y1=up(tick), y2=up(tick), class_="grid"))
        body.append(element("text", f"{tick:,.0f}", x=left - 6, y=up(tick) + 4, class_="small muted end"))
    every = max(1, round(62 / slot))
    for day in sorted(days):
        x, base = left + (day - first).days * slot, 0
        said = "; ".join(f"{names[o]} {days[day][o]:,}" for o in shown if days[day].get(o))
        rects = []
        for outcome in shown:
            number = days[day].get(outcome, 0)
            if number:
                low, high = up(base), up(base + number)
                bar = max(1.0, slot * 0.78)
                rects.append(element("rect", x=x + slot * 0.11, y=high, width=bar, height=low - high, class_=_css(outcome)))
                base += number
        body.append(element("g", element("title", text(f"{day:%Y-%m-%d}: {said}")), *rects))
        if (day - first).days % every == 0:
            body.append(element("text", f"{day:%m-%d}", x=x + slot / 2, y=bottom + 16, class_="small muted mid"))
    return picture(width, bottom + 24, title, body, "tl-chart")


def reason_chart(bars: Sequence[Bar], title: str = "决策原因 decisions by reason", width: float = 560.0) -> str:
    """One horizontal bar per outcome and reason, the number and share of all at its end."""
    total = sum(bar.count for bar in bars)
    if not total:
        return _nothing(title, width)
    left, right, row = 236.0, 106.0, 35.0
    across = Scale((0.0, float(max(bar.count for bar in bars))), (left, width - right))
    body = []
    for index, bar in enumerate(bars):
        y = row * index
        body += [
            element("text", text(shorten(bar.zh, 12, left - 12)), x=0, y=y + 13),
            element("text", text(shorten(bar.en, 11, left - 12)), x=0, y=y + 26, class_="small muted"),
            element("rect", x=left, y=y + 7, width=max(1.0, across(bar.count) - left), height=14, rx=2, class_=_css(bar.style)),
            element("text", f"{bar.count:,}", x=width - 46, y=y + 18, class_="end"),
            element("text", percent(bar.count / total, 1), x=width, y=y + 18, class_="small muted end"),
        ]
    return picture(width, row * len(bars) + 4, title, body, "tl-chart")


def funnel_chart(steps: Sequence[Passed], title: str = "漏斗 funnel", width: float = 560.0) -> str:
    """How many entries came to each step, in written order; the lighter end of a bar are those who rest there now."""
    entered = max((step.arrived for step in steps), default=0)
    if not entered:
        return _nothing(title, width)
    left, right, row = 176.0, 164.0, 22.0
    across = Scale((0.0, float(entered)), (left, width - right))
    body = [
        element("text", "到达 arrived", x=width - 88, y=11, class_="small muted end"),
        element("text", "停留 resting", x=width, y=11, class_="small muted end"),
    ]
    for index, step in enumerate(steps):
        y = 16 + row * index
        resting = min(step.resting, step.arrived)
        passed, end = across(step.arrived - resting), across(step.arrived)
        body.append(element("text", text(shorten(step.name, 12, left - 10)), x=0, y=y + 15))
        body.append(element("rect", x=left, y=y + 5, width=passed - left, height=12, class_="passed"))
        body.append(element("rect", x=passed, y=y + 5, width=end - passed, height=12, class_="at-rest"))
        share = element("tspan", percent(step.arrived / entered), class_="small muted", dx=6)
        body.append(element("text", f"{step.arrived:,}", share, x=width - 82, y=y + 15, class_="end"))
        body.append(element("text", f"{step.resting:,}" if step.resting else "–", x=width, y=y + 15, class_="end soft"))
    return picture(width, 20 + row * len(steps), title, body, "tl-chart")


def trend_line(values: Sequence[int], title: str, width: float = 110.0, height: float = 22.0) -> str:
    """A line without axes, as high as its own range, for a cell of a table."""
    across = Scale((0.0, float(max(1, len(values) - 1))), (2.0, width - 4))
    up = Scale((float(min(values, default=0)), float(max([*values, min(values, default=0) + 1]))), (height - 3, 3.0))
    dots = [(across(index), up(value)) for index, value in enumerate(values)]
    if not dots:
        return picture(width, height, title, [], "tl-chart")
    path = element("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in dots), class_="line s1")
    return picture(
        width, height, title, [path, element("circle", cx=dots[-1][0], cy=dots[-1][1], r=2.2, class_="dot s1")], "tl-chart"
    )


def _upright_grid(scale: Scale, top: float, bottom: float, written: object) -> list[str]:
    body = []
    for tick in scale.ticks(6):
        style = "zero" if abs(tick) < 1e-12 else "grid"
        body.append(element("line", x1=scale(tick), x2=scale(tick), y1=top, y2=bottom, class_=style))
        label = points(tick) if callable(written) else str(tick)
        body.append(element("text", label, x=scale(tick), y=bottom + 15, class_="small muted mid"))
    return body


def _legend(entries: Sequence[tuple[str, str]], left: float, width: float) -> tuple[list[str], float]:
    """Coloured squares with their words, broken into lines; and the height that they take."""
    body, x, y = [], left, 2.0
    for name, style in entries:
        needed = 16 + width_of(name, 11) + 14
        if x + needed > width and x > left:
            x, y = left, y + 17
        body.append(element("rect", x=x, y=y, width=10, height=10, rx=2, class_=_css(style)))
        body.append(element("text", text(name), x=x + 15, y=y + 9, class_="small soft"))
        x += needed
    return body, y + 12


def _css(style: str) -> str:
    return style.replace(" ", "-")


def _nothing(title: str, width: float) -> str:
    return picture(width, 36, title, [element("text", "暂无数据 nothing yet", x=4, y=22, class_="muted")], "tl-chart")
