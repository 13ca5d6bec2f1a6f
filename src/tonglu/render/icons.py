"""How each step kind looks: its family of colour, its outline, its icon."""

from __future__ import annotations

from types import MappingProxyType

from tonglu.render.svg import element

_FAMILIES = MappingProxyType(
    {
        "touch": "touch",
        "webhook": "touch",
        "enter": "touch",
        "wait": "wait",
        "wait_for": "wait",
        "go": "wait",
        "branch": "judge",
        "split": "trial",
        "experiment": "trial",
        "set": "person",
        "task": "person",
        "start": "finish",
        "end": "finish",
    }
)

# Drawn in a square of 16.
_ICONS = MappingProxyType(
    {
        "touch": "M1.5 7.5 14.5 2 11 14 7.6 9.4zM14.5 2 7.6 9.4",
        "webhook": "M9 1.5 4 9h4l-1 5.5L12 7H8z",
        "enter": "M2 8h8M7 4.5 10.5 8 7 11.5M10 2h4v12h-4",
        "wait": "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 1 0 8 1.8M8 4.6V8l2.4 1.6",
        "wait_for": "M4 1.8h8M4 14.2h8M4.8 1.8c0 3.6 3.2 4.2 3.2 6.2s-3.2 2.6-3.2 6.2M11.2 1.8c0 3.6-3.2 4.2-3.2 6.2"
        "s3.2 2.6 3.2 6.2",
        "go": "M2 12V8a4 4 0 0 1 4-4h7M10 1l3.2 3L10 7",
        "branch": "M8 1.5V6M8 6 3 10.5V14M8 6l5 4.5V14",
        "split": "M2 4h3l6 8h3M2 12h3l6-8h3",
        "experiment": "M6 1.8h4M6.8 1.8v4L2.8 13a.9.9 0 0 0 .8 1.3h8.8a.9.9 0 0 0 .8-1.3l-4-7.2v-4M4.6 10h6.8",
        "set": "M2 2h6l6 6-6 6-6-6zM5.2 5.2h.1",
        "task": "M8 1.8a3 3 0 1 0 0 6 3 3 0 1 0 0-6M2 14.2c.6-3 3-4.4 6-4.4s5.4 1.4 6 4.4",
        "start": "M2 8h9M7.5 4 11.5 8l-4 4M14 2.5v11",
        "end": "M3 14.5v-13h9.5L10 5l2.5 3.5H3",
    }
)
_OTHER = "M3 3h10v10H3z"


def family_of(kind: str) -> str:
    """The family of colour of a step kind; unknown kinds look like waits."""
    return _FAMILIES.get(kind, "wait")


def icon(kind: str, x: float, y: float) -> str:
    """The kind's icon, a square of 16 with its corner at (x, y)."""
    return element("path", d=_ICONS.get(kind, _OTHER), transform=f"translate({x:.1f} {y:.1f})", class_="icon")


def sign(kind: str) -> str:
    """The icon by itself, for a legend."""
    drawn = element("g", icon(kind, 0, 0), class_=f"k-{family_of(kind)}")
    return element("svg", drawn, class_="tl-svg tl-map", viewBox="0 0 16 16", width=14, height=14, aria_hidden="true")


def outline(kind: str, corner: tuple[float, float], size: tuple[float, float], class_: str) -> str:
    """The kind's box: touches square, waits round at the ends, judgements and trials with cut corners."""
    (x, y), (width, height), family = corner, size, family_of(kind)
    if family in ("judge", "trial"):
        cut, right, bottom = 12.0, x + width, y + height
        path = (
            f"M{x + cut:.1f} {y:.1f}H{right - cut:.1f}L{right:.1f} {y + cut:.1f}V{bottom - cut:.1f}"
            f"L{right - cut:.1f} {bottom:.1f}H{x + cut:.1f}L{x:.1f} {bottom - cut:.1f}V{y + cut:.1f}z"
        )
        return element("path", d=path, class_=class_)
    radius = {"wait": 22.0, "finish": 24.0, "person": 12.0}.get(family, 5.0)
    dashed = "4 3" if kind == "wait_for" and class_ == "box" else None
    return element("rect", x=x, y=y, width=width, height=height, rx=radius, class_=class_, stroke_dasharray=dashed)
