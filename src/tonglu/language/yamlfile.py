"""A YAML file as plain data that remembers where everything stands.

Files are read as YAML 1.2 events and put together here, so that nothing which a person did not write can come out of a file:
anchors, aliases, merge keys, tags and directives are refused, and so are files that are large, deep or not UTF-8.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from tonglu.core.errors import Finding, Fix, Place

Loc = tuple[str | int, ...]

LARGEST = 256 * 1024
DEEPEST = 40
MOST_FINDINGS = 100

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(frozen=True)
class _Span:
    line: int
    column: int
    start: int
    end: int


@dataclass
class YamlFile:
    """One file that was read.

    `data` is plain Python (dict with text keys, list, str, int, float, bool, None); it is None when the file could not be read
    at all. `findings` are those of the reading itself: syntax, duplicate keys, forbidden YAML.
    """

    path: Path
    shown: str
    text: str = ""
    data: Any = None
    findings: list[Finding] = field(default_factory=list)
    _values: dict[Loc, _Span] = field(default_factory=dict, repr=False)
    _keys: dict[Loc, _Span] = field(default_factory=dict, repr=False)

    @property
    def readable(self) -> bool:
        """Whether the file gave data that is worth validating."""
        return self.data is not None

    def place(self, loc: Loc = (), key: bool = False) -> Place:
        """Where the value at a path of keys and indexes stands (or its key), else its nearest parent that is there."""
        for length in range(len(loc), -1, -1):
            inner = loc[:length]
            span = self._keys.get(inner) if key else None
            span = span or self._values.get(inner)
            if span is not None:
                return Place(self.shown, span.line, span.column)
        return Place(self.shown)

    def extent(self, loc: Loc, key: bool = False) -> tuple[int, int] | None:
        """Where the value at a path (with all that is in it) or its key begins and ends in `text`; None where nothing stands."""
        if key:
            span = self._keys.get(loc)
            return None if span is None else (span.start, span.end)
        ends = [span.end for inner, span in self._values.items() if inner[: len(loc)] == loc]
        return (self._values[loc].start, max(ends)) if loc in self._values else None

    def place_at(self, position: int) -> Place:
        """Where a character of `text` stands."""
        before = self.text[:position]
        return Place(self.shown, before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)

    def place_in(self, loc: Loc, offset: int) -> Place:
        """Where the character at `offset` of a text value stands in the file, whatever its quoting, folding or indentation.

        The value's visible characters are found again in the source in order; escapes written as numbers may lead to a place
        a little before the true one.
        """
        span = self._values.get(loc)
        value = self.at(loc)
        if span is None or not isinstance(value, str):
            return self.place(loc)
        position = span.start
        if self.text[position : position + 1] in ("'", '"', "|", ">"):
            block = self.text[position] in "|>"
            position = self.text.find("\n", position) + 1 if block else position + 1
        found = position
        for character in value[: offset + 1]:
            if not character.isspace():
                at = self.text.find(character, position, span.end)
                if at >= 0:
                    found, position = at, at + 1
        if offset >= len(value) or value[offset].isspace():
            found = min(position, max(span.end - 1, span.start))
        return self.place_at(found)

    def at(self, loc: Loc) -> Any:
        """The value at a path, or None where there is none."""
        value = self.data
        for element in loc:
            here = element in value if isinstance(value, dict) else isinstance(value, list) and element in range(len(value))
            if not here:
                return None
            value = value[element]
        return value

    def finding(
        self, code: str, message: str, loc: Loc = (), hint: str = "", key: bool = False, fix: Fix | None = None
    ) -> Finding:
        """A finding at the value (or key) of a path."""
        return Finding(code, message, self.place(loc, key), hint, fix=fix)


class _RefusedError(Exception):
    """The file is given up at this place; what was found goes with it."""

    def __init__(self, code: str, message: str, line: int = 0, column: int = 0, hint: str = "") -> None:
        self.code, self.message, self.line, self.column, self.hint = code, message, line, column, hint
        super().__init__(message)

    def finding(self, shown: str) -> Finding:
        """The refusal as a finding of the file."""
        return Finding(self.code, self.message, Place(shown, self.line, self.column), self.hint)


def read_yaml(path: Path, shown: str) -> YamlFile:
    """Read a YAML file. Never raises for what the file holds: see `YamlFile.findings`.

    Args:
        path: the file on disk.
        shown: its path as people know it, used in places.
    """
    file = YamlFile(path, shown)
    try:
        file.text = _text_of(path)
    except _RefusedError as refused:
        file.findings.append(refused.finding(shown))
        return file
    return _filled(file)


def parse_yaml(text: str, shown: str) -> YamlFile:
    """The same for a text that is at hand (an editor's buffer, a test)."""
    return _filled(YamlFile(Path(shown), shown, text))


def _filled(file: YamlFile) -> YamlFile:
    try:
        _Reader(file).read()
    except _RefusedError as refused:
        file.findings.append(refused.finding(file.shown))
        file.data = None
    return file


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise _RefusedError("TL101", "the file does not exist") from None
    except OSError as error:
        raise _RefusedError("TL101", f"the file cannot be read: {error.strerror}") from None
    if len(content) > LARGEST:
        raise _RefusedError("TL102", f"the file is larger than {LARGEST // 1024} KB", hint="Split it: one journey per file.")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        column = len(content[: error.start].rsplit(b"\n", 1)[-1].decode("utf-8", "replace")) + 1
        raise _RefusedError("TL103", "the file is not UTF-8", line, column, "Save it with the encoding UTF-8.") from None


class _Reader:
    """Puts a file's data together from its events, refusing what a definition has no use for."""

    def __init__(self, file: YamlFile) -> None:
        self.file = file
        self.events: Iterator[Any] = iter(())
        self.repeated = 0  # inside the value of a key that was written before: only the first one counts

    def read(self) -> None:
        """Fill `data` and the places of the file."""
        try:
            self.events = YAML(typ="safe", pure=True).parse(StringIO(self.file.text))
            documents = 0
            for event in self.events:
                if isinstance(event, DocumentStartEvent):
                    documents += 1
                    self._plain_document(event, documents)
                elif isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent | AliasEvent):
                    self.file.data = self._node(event, ())
        except MarkedYAMLError as error:
            raise self._syntax(error) from None
        except ReaderError as error:
            line, column = self._line_column(error.position)
            raise _RefusedError("TL104", "the file holds a control character", line, column, "Remove it.") from None
        except (YAMLError, ValueError, RecursionError) as error:
            raise _RefusedError("TL104", f"the file is not YAML: {str(error).splitlines()[0]}", 1, 1) from None
        if self.file.data is None:
            raise _RefusedError("TL105", "the file is empty", 1, 1)

    @staticmethod
    def _plain_document(event: DocumentStartEvent, count: int) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if event.version or event.tags:
            raise _RefusedError("TL107", "directives (%YAML, %TAG) are not used here", line, column, "Remove the line.")
        if count > 1:
            raise _RefusedError("TL108", "the file holds more than one document", line, column, "Remove the line '---'.")

    def _node(self, event: Any, loc: Loc) -> Any:
        mark = event.start_mark
        if isinstance(event, AliasEvent) or event.anchor is not None:
            raise _RefusedError(
                "TL106", "anchors and aliases are not used here", mark.line + 1, mark.column + 1, "Write the value out."
            )
        if self._tagged(event):
            raise _RefusedError("TL107", "tags are not used here", mark.line + 1, mark.column + 1, "Remove the '!'.")
        if len(loc) > DEEPEST:
            raise _RefusedError("TL109", f"nested deeper than {DEEPEST} levels", mark.line + 1, mark.column + 1)
        if not self.repeated:
            self.file._values[loc] = _Span(mark.line + 1, mark.column + 1, mark.index, event.end_mark.index)
        if isinstance(event, MappingStartEvent):
            return self._mapping(loc)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(loc)
        return _scalar(event.value, quoted=event.style not in (None, ""))

    @staticmethod
    def _tagged(event: Any) -> bool:
        tag = getattr(event, "ctag", None)
        return tag is not None and str(tag) not in ("", "None")

    def _sequence(self, loc: Loc) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self._node(event, (*loc, len(items))))
        return items

    def _mapping(self, loc: Loc) -> dict[str, Any]:
        items: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, MappingEndEvent):
                break
            mark = event.start_mark
            if isinstance(event, AliasEvent) or event.anchor is not None or self._tagged(event):
                raise _RefusedError("TL106", "anchors, aliases and tags are not used here", mark.line + 1, mark.column + 1)
            if not isinstance(event, ScalarEvent):
                raise _RefusedError("TL104", "a key must be a single word", mark.line + 1, mark.column + 1)
            if event.value == "<<" and event.style in (None, ""):
                raise _RefusedError(
                    "TL106", "merge keys are not used here", mark.line + 1, mark.column + 1, "Write the keys out."
                )
            self._member(items, event, loc)
        return items

    def _member(self, items: dict[str, Any], key: ScalarEvent, loc: Loc) -> None:
        mark, inner = key.start_mark, (*loc, key.value)
        if key.value not in items:
            if not self.repeated:
                self.file._keys[inner] = _Span(mark.line + 1, mark.column + 1, mark.index, key.end_mark.index)
            items[key.value] = self._node(next(self.events), inner)
            return
        self.repeated += 1
        self._node(next(self.events), inner)
        self.repeated -= 1
        if not self.repeated and len(self.file.findings) < MOST_FINDINGS:
            hint = f"It was first written on line {self.file._keys[inner].line}; only that one counts."
            place = Place(self.file.shown, mark.line + 1, mark.column + 1)
            self.file.findings.append(Finding("TL110", f"'{key.value}' is written twice", place, hint))

    def _syntax(self, error: MarkedYAMLError) -> _RefusedError:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = str(error.problem or error.context or "not YAML")
        lines = self.file.text.splitlines()
        nearby = "\n".join(lines[max(line - 2, 0) : line])
        hint = next((text for sign, text in _SYNTAX_HINTS if sign in problem or sign in nearby), "")
        if error.context_mark is not None and error.context and error.context_mark.line + 1 != line:
            problem += f" ({error.context} that starts on line {error.context_mark.line + 1})"
        return _RefusedError("TL104", problem.replace("'\\t'", "tab"), line, column, hint)

    def _line_column(self, position: int) -> tuple[int, int]:
        place = self.file.place_at(position)
        return place.line, place.column


_SYNTAX_HINTS = (
    ("\\t", "Indent with spaces, not with tabs."),
    ("：", "Write the colon as ': ', not as the full-width '：'."),
    ("，", "Write the comma as ',', not as the full-width '，'."),
    ("mapping values are not allowed", "Text that holds ': ' needs quotes; otherwise check the indentation."),
    ("quoted scalar", "A quote is not closed."),
    ("expected ',' or", "A bracket or comma is missing."),
    ("expected <block end>", "Check the indentation: items of one list or mapping start in the same column."),
    ("could not find expected ':'", "A ':' is missing after the key."),
    ("cannot start any token", "Put the text in quotes."),
)


def _scalar(text: str, quoted: bool) -> str | int | float | bool | None:
    """YAML 1.2's core schema, without octal, hexadecimal, infinity and not-a-number."""
    if quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
