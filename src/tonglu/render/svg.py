"""Writing SVG by hand: elements, escaped text, and how wide a mixed Chinese and Latin text is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape
from importlib.resources import files

_NO_LINE_START = "，。、；：！？）》」』】％%)],.;:!?"
_NARROW, _CAPITAL, _DIGIT, _LATIN = 0.32, 0.68, 0.57, 0.55
_CONTROL = {code: None for code in range(32) if chr(code) not in "\t\n\r"}


def element(tag: str, *children: str, **attributes: object) -> str:
    """One element. Attributes that are None are left out, `class_` becomes class, `_` becomes `-`; values are escaped.

    Children are markup: text goes through `text`.
    """
    named = ((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items() if value is not None)
    opening = "".join(f' {name}="{text(_written(value))}"' for name, value in named)
    body = "".join(children)
    return f"<{tag}{opening}>{body}</{tag}>" if body else f"<{tag}{opening}/>"


def text(raw: object) -> str:
    """Escaped text, without the characters that XML cannot hold."""
    return escape(str(raw).translate(_CONTROL), quote=True)


def picture(width: float, height: float, title: str, body: Iterable[str], kind: str, said: str = "") -> str:
    """A whole drawing with its accessible name and, where it has one, what it says in words; `kind` is its class beside `tl-svg`."""
    return element(
        "svg",
        element("title", text(title)),
        *([element("desc", text(said))] if said else []),
        *body,
        xmlns="http://www.w3.org/2000/svg",
        class_=f"tl-svg {kind}",
        role="img",
        viewBox=f"0 0 {_written(width)} {_written(height)}",
        width=width,
        height=height,
    )


def standalone(drawing: str) -> str:
    """The drawing with its own style sheet, for a file or an <img> by itself."""
    end = drawing.index(">") + 1
    return drawing[:end] + element("style", theme()) + drawing[end:]


def theme() -> str:
    """The style sheet of all drawings: colours as variables, light and dark."""
    return files("tonglu.render").joinpath("theme.css").read_text(encoding="utf-8")


def width_of(raw: str, size: float) -> float:
    """About how wide a text is in a sans-serif face of `size`: a Chinese character is square."""
    return size * sum(map(_advance, raw))


def wrap(raw: str, size: float, width: float, lines: int) -> list[str]:
    """The text in at most `lines` lines of `width`: Latin words stay whole where they fit, no line starts with a closing mark.

    Lines are balanced, so that no single character is left for the last one. What does not fit ends in an ellipsis.
    """
    out = _broken(raw, size, width)
    if 1 < len(out) <= lines:
        even = width
        while len(narrower := _broken(raw, size, even - size / 2)) == len(out) and even > size:
            out, even = narrower, even - size / 2
    kept = out[:lines]
    if len(out) > lines:
        kept[-1] += "…"
    return [shorten(line, size, width + size) for line in kept]


def _broken(raw: str, size: float, width: float) -> list[str]:
    out = [""]
    for word in _words(" ".join(raw.split())):
        joined = out[-1] + word
        if width_of(joined.rstrip(), size) <= width or not out[-1] or word in _NO_LINE_START:
            out[-1] = joined
        else:
            out.append(word.lstrip())
    return [line.rstrip() for line in out]


def shorten(raw: str, size: float, width: float) -> str:
    """The text, cut with an ellipsis where it is wider than `width`."""
    if width_of(raw, size) <= width:
        return raw
    cut = raw.rstrip("…")
    while cut and width_of(cut + "…", size) > width:
        cut = cut[:-1]
    return cut.rstrip() + "…"


def _words(raw: str) -> list[str]:
    words: list[str] = []
    for character in raw:
        joins = words and character != " " and not _square(character) and not _square(words[-1][-1])
        if joins:
            words[-1] += character
        else:
            words.append(character)
    return words


def _square(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _advance(character: str) -> float:
    if _square(character):
        return 1.0
    if character in " .,:;'|!ilj()[]·":
        return _NARROW
    if character.isdigit():
        return _DIGIT
    return _CAPITAL if character.isupper() or character in "%→…—@" else _LATIN


def _written(value: object) -> str:
    """Numbers with at most one decimal, so that drawings are small and the same everywhere."""
    if not isinstance(value, float):
        return str(value)
    short = f"{value:.1f}".removesuffix(".0")
    return "0" if short == "-0" else short
