"""Cases as text in a file of tests: written at its end, or completed where they stand; what is there already stays as it is."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tonglu.language.yamlfile import YamlFile, parse_yaml

_PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w.\u4e00-\u9fff]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
INDENT = "  "


def file_text(journey: str, runs: Mapping[str, object], case: str) -> str:
    """A new file of tests with one case."""
    return f"journey: {journey}\nruns: {flow(runs)}\ncases:\n{case}"


def case_text(name: str, case: Mapping[str, Any], indent: str = INDENT) -> str:
    """A case as an item of `cases`: each key in a line of its own, lists of mappings with an item a line."""
    inner = indent + INDENT
    lines = [f"{indent}- name: {flow(name)}"]
    for key, value in case.items():
        lines += _entry(key, value, inner)
    return "\n".join(lines) + "\n"


def _entry(key: str, value: object, indent: str) -> list[str]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"{indent}{key}:", *(f"{indent}{INDENT}- {flow(one)}" for one in value)]
    if key == "expect" and isinstance(value, dict):
        return [f"{indent}{key}:", *(line for name, inner in value.items() for line in _entry(name, inner, indent + INDENT))]
    return [f"{indent}{key}: {flow(value)}"]


def flow(value: object) -> str:
    """A value as YAML in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, datetime):
        return f'"{value.isoformat(sep=" ", timespec="minutes" if not (value.second or value.microsecond) else "auto")}"'
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _key(key: object) -> str:
    """A key: files here are YAML 1.2, in which `on` is a word like any other."""
    return str(key) if _PLAIN.fullmatch(str(key)) else flow(str(key))


def with_case(file: YamlFile, case: str) -> str | None:
    """A file's text with a case at the end of `cases`; None where it is not written as a block."""
    extent = file.extent(("cases",))
    if extent is None or not isinstance(file.data, dict) or file.text[extent[0] : extent[0] + 1] != "-":
        return None
    indent = " " * (file.place(("cases",)).column - 1)
    lines = file.text.split("\n")
    first = file.place(("cases",)).line - 1
    end = next((at for at in range(first, len(lines)) if _ends(lines[at], indent)), len(lines))
    end = _after_last_word(lines, first, end)
    moved = [indent + line.removeprefix(INDENT) if line else line for line in case.rstrip("\n").split("\n")]
    text = "\n".join([*lines[:end], "", *moved, *(lines[end:] if any(lines[end:]) else [""])])
    added = parse_yaml(case, file.shown).data
    return text if _same(text, file, {**file.data, "cases": [*file.data["cases"], *added]}) else None


def with_expect(file: YamlFile, number: int, expect: Mapping[str, Any]) -> str | None:
    """A file's text with the `expect` of a case that has none; None where it cannot be written in."""
    extent = file.extent(("cases", number))
    if extent is None or not isinstance(file.data, dict):
        return None
    cases = list(file.data["cases"])
    written = parse_yaml("\n".join(_entry("expect", expect, "")), file.shown).data
    wanted = {**file.data, "cases": [*cases[:number], {**cases[number], **written}, *cases[number + 1 :]]}
    if file.text[extent[0]] == "{":
        ends = [at for at in range(extent[1], len(file.text)) if file.text[at] == "}"]
        tried = (f"{file.text[:at]}, expect: {flow(expect)}{file.text[at:]}" for at in ends[:20])
        return next((text for text in tried if _same(text, file, wanted)), None)
    place = file.place(("cases", number))
    indent, lines = " " * (place.column - 1), file.text.split("\n")
    end = next((at for at in range(place.line, len(lines)) if _outside(lines[at], indent)), len(lines))
    end = _after_last_word(lines, place.line, end)
    text = "\n".join([*lines[:end], *_entry("expect", expect, indent), *(lines[end:] or [""])])
    return text if _same(text, file, wanted) else None


def _ends(line: str, indent: str) -> bool:
    """Whether a line stands outside of a list whose dashes stand at an indentation."""
    return _outside(line, indent) or (line.startswith(indent) and line[len(indent) : len(indent) + 1] not in ("-", " ", "#", ""))


def _outside(line: str, indent: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#") and not line.startswith(indent)


def _after_last_word(lines: list[str], first: int, end: int) -> int:
    """The line after the last one that says something: empty lines and comments behind it belong to what follows."""
    while end > first and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _same(text: str, file: YamlFile, wanted: object) -> bool:
    again = parse_yaml(text, file.shown)
    return again.readable and not again.findings and again.data == wanted
