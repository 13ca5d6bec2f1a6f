"""A journey drawn as one SVG: boxes by kind, top to bottom, with how many came and how many rest.

The drawing depends on nothing but its arguments, so the same journey gives the same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tonglu.render.icons import family_of, icon, outline
from tonglu.render.layout import Edge, Layout, lay_out
from tonglu.render.published import Passage, Step
from tonglu.render.svg import element, picture, shorten, text, width_of, wrap
from tonglu.render.words import kind_words

BOX_WIDTH, BOX_HEIGHT = 186.0, 72.0
_GAP_X, _GAP_Y, _MARGIN, _LANE = 26.0, 54.0, 14.0, 15.0
_LABEL, _TAG = 13.0, 11.0
_TIMEOUT, _ELSE = "超时", "否则"


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow of the map: `aside` marks the ways taken when something did not happen."""

    start: str
    end: str
    label: str
    aside: bool


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the layers lie on the drawing."""

    layout: Layout
    left: float

    def x(self, centre: float) -> float:
        return self.left + centre

    def top(self, layer: int) -> float:
        return _MARGIN + layer * (BOX_HEIGHT + _GAP_Y)

    def bottom(self, layer: int) -> float:
        return self.top(layer) + BOX_HEIGHT


@dataclass(frozen=True, slots=True)
class _Lane:
    """The way up at a side (-1 left, 1 right): its place, how many lanes lie inside it, the layers that it passes."""

    side: int
    x: float
    inside: int
    first: int
    last: int


def draw_journey(title: str, steps: Sequence[Step], funnel: Sequence[Passage] = ()) -> str:
    """The map of one journey as an SVG element.

    `steps` are those of one version in written order; `funnel` gives the counts of their treated entries and may be empty.
    Targets that no step has are left out.
    """
    counts = {passage.step: passage for passage in funnel}
    if not steps:
        return picture(320.0, 60.0, title, [element("text", "没有步骤 no steps", x=20, y=34, class_="muted")], "tl-map")
    arrows = links(steps)
    layout = lay_out([step.step for step in steps], [(arrow.start, arrow.end) for arrow in arrows], BOX_WIDTH, _GAP_X)
    lanes = _lanes(layout)
    frame = _Frame(layout, _MARGIN - min([0.0, *(lane.x for lane in lanes.values())]))
    width = frame.x(max([layout.width, *(lane.x for lane in lanes.values())])) + _MARGIN
    height = frame.bottom(max(layout.layer.values())) + _MARGIN
    entered = max((passage.arrived for passage in funnel), default=0)
    boxes = [_box(step, counts.get(step.step), entered, frame) for step in steps]
    lines, tags = _arrows(arrows, frame, lanes, width)
    summary = f"{title}: {len(steps)} 个步骤 steps"
    return picture(width, height, summary, [*lines, *boxes, *tags], "tl-map")


def links(steps: Sequence[Step]) -> list[Link]:
    """The arrows between the steps, each way from one step to another once, its labels joined."""
    known = {step.step for step in steps}
    found: dict[Edge, Link] = {}
    for step in steps:
        ways = [(str(branch.get("to") or ""), str(branch.get("label") or ""), False) for branch in _branches(step)]
        ways = [(to, label, label == _ELSE) for to, label, _ in ways]
        if step.next_step and step.next_step not in {to for to, _, _ in ways}:
            ways.append((step.next_step, "", False))
        if step.otherwise_step and step.otherwise_step not in {to for to, _, aside in ways if aside}:
            ways.append((step.otherwise_step, _TIMEOUT if step.kind == "wait_for" else _ELSE, True))
        for to, label, aside in ways:
            edge = (step.step, to)
            if to not in known or to == step.step:
                continue
            before = found.get(edge)
            labels = [part for part in ((before.label if before else ""), label) if part]
            found[edge] = Link(*edge, " / ".join(dict.fromkeys(labels)), aside and (before is None or before.aside))
    return list(found.values())


def _branches(step: Step) -> list[Mapping[str, object]]:
    listed = json.loads(step.branches) if step.branches else []
    return [branch for branch in listed or [] if isinstance(branch, dict)]


def _box(step: Step, count: Passage | None, entered: int, frame: _Frame) -> str:
    layer = frame.layout.layer[step.step]
    x, y = frame.x(frame.layout.centre[step.step]) - BOX_WIDTH / 2, frame.top(layer)
    label = step.label_zh or step.step
    lines = wrap(label, _LABEL, BOX_WIDTH - 52, 2)
    kind = kind_words(step.kind)
    body = [outline(step.kind, (x, y), (BOX_WIDTH, BOX_HEIGHT), style) for style in ("box", "tint")]
    body.append(icon(step.kind, x + 12, y + 11))
    first = y + (30 if len(lines) == 1 else 22)
    for index, line in enumerate(lines):
        body.append(element("text", text(line), x=x + 36, y=first + index * 17, class_="label"))
    explained = f"{step.step} ({kind.zh} {kind.en}): {label}"
    if count:
        body += _counts(count, entered, x, y)
        explained += f" - 到达 arrived {count.arrived:,}, 停留 resting {count.resting:,}, 对照 control {count.ghosts:,}"
    else:
        body.append(element("text", f"{text(kind.zh)} {text(kind.en)}", x=x + 36, y=y + 60, class_="kind"))
    return element("g", element("title", text(explained)), *body, class_=f"k-{family_of(step.kind)}")


def _counts(count: Passage, entered: int, x: float, y: float) -> list[str]:
    left, inner = x + 36, BOX_WIDTH - 56
    share = min(1.0, count.arrived / entered) if entered else 0.0
    parts = [element("text", f"{count.arrived:,}", x=left, y=y + 58, class_="count")]
    if count.resting:
        resting = element("text", f"停留 {count.resting:,}", x=left + inner, y=y + 58, class_="count resting end")
        parts.append(resting)
    parts.append(element("rect", x=left, y=y + 63.5, width=inner, height=2.5, rx=1.2, class_="track"))
    if share:
        parts.append(element("rect", x=left, y=y + 63.5, width=max(1.5, inner * share), height=2.5, rx=1.2, class_="flow"))
    return parts


def _lanes(layout: Layout) -> dict[Edge, _Lane]:
    """For each way back a lane beside the boxes that it passes, on the nearer side, the shortest way innermost."""
    lanes: dict[Edge, _Lane] = {}
    for edge in sorted(layout.back, key=lambda edge: layout.layer[edge[0]] - layout.layer[edge[1]]):
        first, last = layout.layer[edge[1]], layout.layer[edge[0]]
        passed = layout.extent[first : last + 1]
        left, right = min(low for low, _ in passed), max(high for _, high in passed)
        side = -1 if layout.centre[edge[0]] + layout.centre[edge[1]] < left + right - 2 else 1
        beside = [lane for lane in lanes.values() if lane.side == side and lane.first <= last and first <= lane.last]
        edges = [right, *(lane.x for lane in beside)] if side > 0 else [left, *(lane.x for lane in beside)]
        x = max(edges) + _LANE if side > 0 else min(edges) - _LANE
        lanes[edge] = _Lane(side, x, len(beside), first, last)
    return lanes


def _arrows(arrows: Sequence[Link], frame: _Frame, lanes: Mapping[Edge, _Lane], width: float) -> tuple[list[str], list[str]]:
    """All lines, and their labels each at the first place along its line where it hides nothing."""
    lines: list[str] = []
    tags: list[str] = []
    taken: list[tuple[float, float, float, float]] = []
    exits, entries = _ports(arrows, frame, lanes)
    for arrow in arrows:
        edge = (arrow.start, arrow.end)
        style = ("edge aside" if arrow.aside else "edge") + (" back" if edge in lanes else "")
        start = (exits[edge], frame.bottom(frame.layout.layer[arrow.start]))
        end = (entries[edge], frame.top(frame.layout.layer[arrow.end]))
        if edge in lanes:
            path, spots = _way_back(start, end, lanes[edge], frame)
        else:
            inner = [(frame.x(centre), frame.top(layer)) for layer, centre in frame.layout.route[edge]]
            path, spots = _way_down(start, inner, end)
        lines += [element("path", d=path, class_=style), _head(end, edge in lanes)]
        if arrow.label:
            tags.append(_tag(arrow.label, spots, taken, width))
    return lines, tags


def _ports(arrows: Sequence[Link], frame: _Frame, lanes: Mapping[Edge, _Lane]) -> tuple[dict[Edge, float], dict[Edge, float]]:
    """Where each arrow leaves and meets its boxes, side by side in the order of where the other end lies."""
    exits: dict[Edge, float] = {}
    entries: dict[Edge, float] = {}
    centre = frame.layout.centre
    for name in centre:
        leaving = [(arrow.start, arrow.end) for arrow in arrows if arrow.start == name]
        coming = [(arrow.start, arrow.end) for arrow in arrows if arrow.end == name]
        first = {edge: (frame.layout.route.get(edge) or [(0, centre[edge[1]])])[0][1] for edge in leaving}
        last = {edge: (frame.layout.route.get(edge) or [(0, centre[edge[0]])])[-1][1] for edge in coming}
        for beside, ports in ((first, exits), (last, entries)):
            beside.update({edge: lanes[edge].side * math.inf for edge in beside if edge in lanes})
            step = min(30.0, BOX_WIDTH * 0.7 / max(1, len(beside)))
            for index, edge in enumerate(sorted(beside, key=lambda edge, beside=beside: beside[edge])):  # type: ignore[misc]
                ports[edge] = frame.x(centre[name]) + (index - (len(beside) - 1) / 2) * step
    return exits, entries


Point = tuple[float, float]


def _way_down(start: Point, inner: Sequence[Point], end: Point) -> tuple[str, list[Point]]:
    """A smooth line through the gaps beside the boxes; and places for its label, the best first."""
    path, at = f"M{start[0]:.1f} {start[1]:.1f}", start
    spots: list[Point] = []
    for point in (*inner, end):
        middle = (at[1] + point[1]) / 2
        path += f"C{at[0]:.1f} {middle:.1f} {point[0]:.1f} {middle:.1f} {point[0]:.1f} {point[1]:.1f}"
        if not spots:
            spots = [_on_curve(at, point, share) for share in (0.5, 0.62, 0.38, 0.74, 0.26)]
        at = point
        if point is not end:
            at = (point[0], point[1] + BOX_HEIGHT)
            path += f"V{at[1]:.1f}"
            spots.append((point[0], point[1] + BOX_HEIGHT / 2))
    return path, spots


def _on_curve(start: Point, end: Point, share: float) -> Point:
    rest = 1 - share
    ease = 3 * rest * share * share + share**3
    middle = (start[1] + end[1]) / 2
    y = rest**3 * start[1] + 3 * rest * rest * share * middle + 3 * rest * share * share * middle + share**3 * end[1]
    return start[0] + (end[0] - start[0]) * ease, y


def _way_back(start: Point, end: Point, lane: _Lane, frame: _Frame) -> tuple[str, list[Point]]:
    """Down into the gap, out to a lane at the side, up, and in through the gap above the target."""
    x, bend = frame.x(lane.x), 7.0
    low, high = start[1] + 13 + 4 * (lane.inside % 3), end[1] - 17 - 4 * (lane.inside % 3)
    out, back = (-bend, bend) if lane.side < 0 else (bend, -bend)
    path = (
        f"M{start[0]:.1f} {start[1]:.1f}V{low - bend:.1f}q0 {bend} {out} {bend}H{x - out:.1f}q{out} 0 {out} {-bend}"
        f"V{high + bend:.1f}q0 {-bend} {back} {-bend}H{end[0] - back:.1f}q{back} 0 {back} {bend}V{end[1]:.1f}"
    )
    return path, [((start[0] + x) / 2, low), (x, (low + high) / 2)]


def _head(tip: Point, back: bool) -> str:
    x, y = tip
    return element("path", d=f"M{x:.1f} {y:.1f}l-4 -7h8z", class_="head back" if back else "head")


def _tag(label: str, spots: Sequence[Point], taken: list[tuple[float, float, float, float]], width: float) -> str:
    short = shorten(label, _TAG, 150.0)
    wide = width_of(short, _TAG) + 8
    places = []
    for x, y in spots:
        centre = min(max(x, wide / 2 + 1), width - wide / 2 - 1)
        places.append((centre - wide / 2, y - 8, centre + wide / 2, y + 8))
    free = [place for place in places if not any(_overlap(place, other) for other in taken)]
    left, top, _, bottom = (free or places)[0]
    taken.append((left, top, left + wide, bottom))
    return element(
        "g",
        element("title", text(label)),
        element("rect", x=left, y=top, width=wide, height=16.0, rx=3, class_="tag"),
        element("text", text(short), x=left + wide / 2, y=top + 12, class_="tag-text mid"),
    )


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
