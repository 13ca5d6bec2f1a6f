"""Curves as SVG, drawn by hand: a lift over its looks with the band in which it lies, a Qini curve, what was predicted against what came.

Each names itself and says in words what it shows, uses the variables of `theme.css`, and says so when there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from tonglu.render.scale import Scale, points, spanning
from tonglu.render.svg import element, picture, shorten, text

_LEFT, _TOP = 48.0, 12.0


@dataclass(frozen=True, slots=True)
class Look:
    """A lift as it stood on one day, a difference of rates; `sure` where enough have converted for a p value. None where withheld."""

    day: date
    lift: float | None
    low: float | None
    high: float | None
    sure: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """One thing that was predicted and came: its name, both numbers, and the interval of what came."""

    name: str
    predicted: float
    came: float
    low: float
    high: float


def lift_curve(looks: Sequence[Look], title: str, truth: float | None = None, width: float = 520.0) -> str:
    """A lift over time in percentage points: the band of its interval (pale where few have converted), the estimate, the truth."""
    shown = [look for look in looks if look.lift is not None and look.low is not None and look.high is not None]
    if not shown:
        return _nothing(title, width)
    right, bottom = 62.0, 168.0
    across = Scale(
        (float(looks[0].day.toordinal()), float(max(looks[-1].day.toordinal(), looks[0].day.toordinal() + 1))),
        (_LEFT, width - right),
    )
    up = Scale(_range_of(shown, truth), (bottom, _TOP))
    body = _level_grid(up, (_LEFT, width - right))
    for sure, run in _runs(looks):
        there = [(across(look.day.toordinal()), up(look.high or 0.0), up(look.low or 0.0)) for look in run]
        if len(there) == 1:
            x, top, low = there[0]
            there = [(x - 1.5, top, low), (x + 1.5, top, low)]
        edge = [f"{x:.1f} {top:.1f}" for x, top, _ in there] + [f"{x:.1f} {low:.1f}" for x, _, low in reversed(there)]
        body.append(element("path", d=f"M{'L'.join(edge)}z", class_="sure" if sure else "once"))
    for known, run_of in groupby(looks, key=lambda look: look.lift is not None):
        if known:
            dots = [f"{across(look.day.toordinal()):.1f} {up(look.lift or 0.0):.1f}" for look in run_of]
            body.append(element("path", d="M" + "L".join(dots), class_="line s1"))
    if truth is not None:
        body.append(element("path", d=f"M{_LEFT:.1f} {up(truth):.1f}H{width - right:.1f}", class_="line true"))
        body.append(element("text", "真值 truth", x=width - right + 6, y=up(truth) - 5, class_="small muted"))
    last = shown[-1]
    assert last.lift is not None
    x, y = across(last.day.toordinal()), up(last.lift)
    body.append(element("circle", cx=x, cy=y, r=3, class_="dot s1"))
    body.append(
        element(
            "text",
            points(last.lift),
            x=width - right + 6,
            y=_apart(y + 4, up(truth) - 5 if truth is not None else None),
            class_="small strong",
        )
    )
    for day, anchor in ((looks[0].day, None), (looks[-1].day, "end")):
        body.append(
            element(
                "text", f"{day:%m-%d}", x=across(day.toordinal()), y=bottom + 16, class_=f"small muted {anchor or ''}".strip()
            )
        )
    said = (
        f"{len(shown)} looks from {shown[0].day} to {last.day}; last {points(last.lift)} percentage points, "
        f"95% interval {points(last.low)} to {points(last.high)}, {_kind_of(last)}"
    )
    return picture(width, bottom + 24, title, body, "tl-chart", said)


def qini_chart(curve: Sequence[tuple[float, float]], names: Sequence[str], title: str, said: str, width: float = 520.0) -> str:
    """A Qini curve: extra conversions among the treated when the groups are taken in the order predicted; dashed: in no order."""
    if len(curve) < 2:
        return _nothing(title, width)
    right, bottom = 24.0, 178.0
    across = Scale((0.0, curve[-1][0]), (_LEFT, width - right))
    up = Scale(spanning([y for _, y in curve], least=1.0), (bottom, _TOP))
    body = _level_grid(up, (_LEFT, width - right), lambda tick: f"{tick:,.0f}")
    (x0, y0), (x1, y1) = ((across(x), up(y)) for x, y in (curve[0], curve[-1]))
    body.append(element("path", d=f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}", class_="line even"))
    dots = [(across(x), up(y)) for x, y in curve]
    body.append(element("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in dots), class_="line s1"))
    for number, ((x, y), name) in enumerate(zip(dots[1:], names, strict=True)):
        body.append(element("circle", element("title", text(name)), cx=x, cy=y, r=3, class_="dot s1"))
        label, last = shorten(name, 11, 150), number == len(names) - 1
        body.append(
            element(
                "text", text(label), x=x + (4 if last else 0), y=max(11.0, y - 8), class_=f"small soft {'end' if last else 'mid'}"
            )
        )
    body.append(
        element(
            "text",
            "按预测排序的客户 customers in the order predicted",
            x=(_LEFT + width - right) / 2,
            y=bottom + 18,
            class_="small muted mid",
        )
    )
    return picture(width, bottom + 26, title, body, "tl-chart", said)


def calibration_chart(spots: Sequence[Spot], title: str, width: float = 520.0) -> str:
    """What was predicted (across) against what came, with its interval (up), in percentage points; dashed: as predicted.

    Things are numbered in the order in which they are given.
    """
    if not spots:
        return _nothing(title, width)
    right, bottom = 40.0, 218.0
    reach = max(one.predicted for one in spots) * 1.25 or 0.01
    across = Scale((0.0, reach), (_LEFT, width - right))
    up = Scale(spanning([*(value for one in spots for value in (one.low, one.high)), reach], least=0.01), (bottom, _TOP))
    body = _level_grid(up, (_LEFT, width - right))
    body.append(element("path", d=f"M{across(0):.1f} {up(0):.1f}L{across(reach):.1f} {up(reach):.1f}", class_="line even"))
    for tick in across.ticks(5):
        body.append(element("text", points(tick).lstrip("+"), x=across(tick), y=bottom + 15, class_="small muted mid"))
    places: list[float] = []
    for number, one in enumerate(spots, 1):
        place = across(one.predicted)
        x = place + 14 * sum(abs(place - other) < 9 for other in places)
        places.append(place)
        inside = one.low <= one.predicted <= one.high
        tone = "neutral" if inside else "good" if one.low > one.predicted else "bad"
        low, high = up(one.low), up(one.high)
        whisker = f"M{x - 3:.1f} {low:.1f}h6M{x:.1f} {low:.1f}V{high:.1f}M{x - 3:.1f} {high:.1f}h6"
        body.append(element("path", element("title", text(_told(one))), d=whisker, class_=f"whisker {tone}"))
        body.append(element("circle", cx=x, cy=up(one.came), r=4, class_=tone))
        body.append(element("text", str(number), x=x, y=high - 5, class_="small soft mid"))
    body.append(element("text", "预测 P predicted, %", x=width - right, y=bottom + 30, class_="small muted end"))
    said = "; ".join(_told(one) for one in spots)
    return picture(width, bottom + 36, title, body, "tl-chart", said)


def _told(one: Spot) -> str:
    return f"{one.name}: predicted {points(one.predicted)}, came {points(one.came)} [{points(one.low)}, {points(one.high)}]"


def _range_of(shown: Sequence[Look], truth: float | None) -> tuple[float, float]:
    """Wide enough for the estimates and for the intervals of the later half; the first ones are cut where they are far wider."""
    later = shown[len(shown) // 2 :]
    ends = [value for look in later for value in (look.low, look.high) if value is not None]
    lifts = [look.lift for look in shown if look.lift is not None and min(ends) <= look.lift <= max(ends)]
    return spanning([*ends, *lifts, *([truth] if truth is not None else [])], least=0.002)


def _runs(looks: Sequence[Look]) -> list[tuple[bool, list[Look]]]:
    """Neighbouring looks with an interval of the same kind; each joins the next, so that the band has no holes."""
    runs: list[tuple[bool, list[Look]]] = []
    gap = True
    for look in looks:
        if look.lift is None or look.low is None or look.high is None:
            gap = True
            continue
        if gap or runs[-1][0] != look.sure:
            if not gap:
                runs[-1][1].append(look)
            runs.append((look.sure, []))
        runs[-1][1].append(look)
        gap = False
    return runs


def _level_grid(up: Scale, ends: tuple[float, float], written: Callable[[float], str] = points) -> list[str]:
    body = []
    for tick in up.ticks(4):
        style = "zero" if abs(tick) < 1e-12 else "grid"
        body.append(element("line", x1=ends[0], x2=ends[1], y1=up(tick), y2=up(tick), class_=style))
        body.append(element("text", written(tick), x=ends[0] - 6, y=up(tick) + 4, class_="small muted end"))
    return body


def _apart(y: float, other: float | None) -> float:
    """A label's place, moved where it would lie on another."""
    if other is None or abs(y - other) >= 13:
        return y
    return other + 13 if y >= other else other - 13


def _kind_of(look: Look) -> str:
    return "enough conversions" if look.sure else "few conversions"


def _nothing(title: str, width: float) -> str:
    return picture(width, 36, title, [element("text", "暂无数据 nothing yet", x=4, y=22, class_="muted")], "tl-chart")
