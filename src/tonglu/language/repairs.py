"""Repairs as data: which characters of a file become which, so that everything around them stays as it is written.

A repair is made only where it cannot hit anything else: the wrong word stands exactly once in the part of the file that the finding
is about, and a value that is written anew is read again before it counts.
"""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from tonglu.core.errors import Fix, Place, nearest
from tonglu.language.yamlfile import Loc, YamlFile, parse_yaml


def name_fix(file: YamlFile, loc: Loc, word: str, known: Iterable[str], *, key: bool = False) -> Fix | None:
    """The one known name for a word that is a slip of it, where it stands in the value (or the key) of a path."""
    return word_fix(file, loc, word, nearest(word, known), key=key)


def word_fix(
    file: YamlFile, loc: Loc, word: str, instead: str | None, *, key: bool = False, offset: int | None = None
) -> Fix | None:
    """A word put in the place of another in the value (or the key) of a path: the only one, or the first from a character on."""
    extent = file.extent(loc, key)
    if not instead or extent is None:
        return None
    start, end = extent
    if offset is not None:
        start = _position(file.text, file.place_in(loc, offset))
    found = list(_word(word).finditer(file.text, start, end))
    if not found or (len(found) > 1 and offset is None):
        return None
    return Fix(file.place_at(found[0].start()), found[0][0], instead)


def line_fix(text: str, place: Place, word: str, instead: str | None) -> Fix | None:
    """A word put in the place of another that begins exactly at a place of a text."""
    lines = text.split("\n")
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    match = _word(word).match(line, place.column - 1) if instead and place.column else None
    return Fix(Place(place.path, place.line, match.start() + 1), match[0], instead or "") if match else None


def value_fix(file: YamlFile, loc: Loc, instead: str) -> Fix | None:
    """A text value as it should be, written in the style in which it stands."""
    value, extent = file.at(loc), file.extent(loc)
    if not isinstance(value, str) or extent is None:
        return None
    start, end = extent
    written = file.text[start:end]
    for candidate in (_edited(file, loc, value, instead), *([] if "\n" in written else _anew(written, instead))):
        again = parse_yaml(file.text[:start] + candidate + file.text[end:], file.shown)
        if again.readable and not again.findings and again.data == _with(file.data, loc, instead):
            return _smallest(file, start, written, candidate)
    return None


def _edited(file: YamlFile, loc: Loc, value: str, instead: str) -> str:
    """The value as it is written, with only those characters changed that differ."""
    start, end = file.extent(loc) or (0, 0)
    quote = file.text[start : start + 1] == "'"
    written, done = "", start
    for change, low, high, first, last in SequenceMatcher(None, value, instead, autojunk=False).get_opcodes():
        if change == "equal":
            continue
        at = _position(file.text, file.place_in(loc, low))
        new = instead[first:last].replace("'", "''") if quote else instead[first:last]
        written += file.text[done:at] + new
        done = at + (high - low)
    return written + file.text[done:end]


def _anew(written: str, instead: str) -> list[str]:
    """The value in its own style of quotes, else in double ones."""
    double = '"' + instead.replace("\\", "\\\\").replace('"', '\\"') + '"'
    single = "'" + instead.replace("'", "''") + "'"
    return [single, double] if written.startswith("'") else [double] if written.startswith('"') else [instead, double]


def _with(data: object, loc: Loc, value: str) -> object:
    """The data with another value at a path."""
    if not loc:
        return value
    if isinstance(data, dict):
        return {name: _with(inner, loc[1:], value) if name == loc[0] else inner for name, inner in data.items()}
    if isinstance(data, list):
        return [_with(inner, loc[1:], value) if place == loc[0] else inner for place, inner in enumerate(data)]
    return data


def _smallest(file: YamlFile, start: int, old: str, new: str) -> Fix:
    """The change without what is equal before and after it, but with its words whole, and in one line where it can be."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    tail = next((at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head)
    while head and re.match(r"\w", old[head - 1]):
        head -= 1
    while tail and re.match(r"\w", old[len(old) - tail]):
        tail -= 1
    return Fix(file.place_at(start + head), old[head : len(old) - tail], new[head : len(new) - tail])


def _word(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", re.IGNORECASE)


def _position(text: str, place: Place) -> int:
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1
