"""Findings as people and programs read them: like a compiler's, with the line and a caret; and as JSON."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from tonglu.core.errors import Finding, Fix, Severity

SourceOf = Callable[[str], str | None]
JSON_VERSION = 1
WIDEST = 160
_WORD = re.compile(r"[\w.]+|'[^']*'?")


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, by file and place."""
    return sorted(dict.fromkeys(findings), key=lambda finding: (finding.place, finding.code, finding.message))


def sources_under(root: Path) -> SourceOf:
    """Reads the files that findings name, below a project's folder; what cannot be read has no source line."""

    def source_of(shown: str) -> str | None:
        path = (root / shown).resolve()
        if not path.is_relative_to(root.resolve()):
            return None
        try:
            return path.read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            return None

    return source_of


def render_text(findings: Iterable[Finding], source_of: SourceOf | None = None) -> str:
    """All findings, sorted, with their source lines and a last line that counts them; empty without findings."""
    ordered = sorted_findings(findings)
    if not ordered:
        return ""
    blocks = [render_one(finding, source_of) for finding in ordered]
    return "\n\n".join([*blocks, _count(ordered)]) + "\n"


def render_one(finding: Finding, source_of: SourceOf | None = None) -> str:
    """One finding in the manner of a compiler."""
    place = finding.place
    lines = [f"{finding.severity.value}[{finding.code}]: {finding.message}", f"  --> {place}"]
    source = source_of(place.path) if source_of is not None and place.line > 0 else None
    line = _line(source, place.line)
    if line is None:
        return "\n".join([*lines, f"  = help: {finding.hint}"] if finding.hint else lines)
    number, shown = str(place.line), line[:WIDEST]
    gutter = " " * len(number)
    start = min(max(place.column, 1) - 1, len(shown))
    caret = _padding(shown[:start]) + "^" * max(_width(_marked(line, start)), 1)
    guess = finding.hint.startswith("Did you mean")
    beside = f" {finding.hint[:1].lower()}{finding.hint[1:]}" if guess else ""
    lines += [f" {gutter} |", f" {number} | {shown}", f" {gutter} | {caret}{beside}"]
    if finding.hint and not guess:
        lines.append(f" {gutter} = help: {finding.hint}")
    return "\n".join(lines)


def findings_json(findings: Iterable[Finding]) -> str:
    """All findings, sorted, as one JSON object with a version."""
    items = [
        {
            "code": finding.code,
            "severity": finding.severity.value,
            "message": finding.message,
            "hint": finding.hint,
            "path": finding.place.path,
            "line": finding.place.line,
            "column": finding.place.column,
            **({"fix": fix_json(finding.fix)} if finding.fix else {}),
        }
        for finding in sorted_findings(findings)
    ]
    return json.dumps({"version": JSON_VERSION, "findings": items}, ensure_ascii=False, indent=2) + "\n"


def fix_json(fix: Fix) -> dict[str, object]:
    """A repair for programs: the text `old` at a line and column becomes `new`."""
    return {"path": fix.place.path, "line": fix.place.line, "column": fix.place.column, "old": fix.old, "new": fix.new}


def _line(source: str | None, number: int) -> str | None:
    lines = source.split("\n") if source is not None else []
    return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else None


def _marked(line: str, start: int) -> str:
    match = _WORD.match(line, start)
    return (match[0] if match else line[start : start + 1])[: WIDEST - start]


def _padding(before: str) -> str:
    """Spaces as wide as the text before the caret; tabs stay, so that any tab width fits."""
    return "".join("\t" if character == "\t" else " " * _width(character) for character in before)


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _count(findings: list[Finding]) -> str:
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors
    counted = ((errors, "error"), (warnings, "warning"))
    return "Found " + " and ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in counted if count) + "."
