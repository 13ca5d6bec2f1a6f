"""Repair: the fixes that findings carry, made in a copy until nothing more can be repaired, then written where the files are.

Only the characters of a fix change: comments, order and layout stay. What a repair uncovers is repaired too, so the copy is checked
again after every round.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from tonglu.app.definitions import Definitions, read_definitions
from tonglu.app.dry import copy_written
from tonglu.app.inspect import project_of
from tonglu.core.errors import CheckFailed, Finding, InputError
from tonglu.language.project import PROJECT_FILE

MOST_ROUNDS = 20
BOM = "\ufeff"


@dataclass(frozen=True)
class Change:
    """A file before and after, with its path as people know it."""

    path: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        """The unified difference."""
        old, new = self.before.splitlines(keepends=True), self.after.splitlines(keepends=True)
        parts = unified_diff(old, new, fromfile=self.path, tofile=self.path)
        return "".join(part if part.endswith("\n") else f"{part}\n\\ No newline at end of file\n" for part in parts)


@dataclass(frozen=True)
class Repaired:
    """What was repaired and what is left: the findings whose fixes were made, the files, and the check of what came out."""

    made: tuple[Finding, ...]
    changes: tuple[Change, ...]
    left: tuple[Finding, ...]
    definitions: Definitions | None


def repair(root: Path, *, write: bool) -> Repaired:
    """Make every safe repair of a project's definitions.

    Args:
        root: the project.
        write: whether the files are changed; otherwise only told.

    Raises:
        CheckFailed: a file was changed by somebody else meanwhile; nothing was written to it.
    """
    with tempfile.TemporaryDirectory(prefix="tonglu-fix-") as folder:
        scratch = Path(folder)
        if (root / PROJECT_FILE).is_file():
            shutil.copy(root / PROJECT_FILE, scratch)
        made: list[Finding] = []
        before: dict[str, bytes] = {}
        for _ in range(MOST_ROUNDS):
            _bring(root, scratch)
            left, definitions = _checked(scratch)
            done = _round(scratch, left, before)
            made += done
            if not done:
                break
        else:
            left, definitions = _checked(scratch)
        changes = tuple(Change(path, _text(old), _text((scratch / path).read_bytes())) for path, old in sorted(before.items()))
        for change in changes if write else ():
            _write(root / change.path, before[change.path], (scratch / change.path).read_bytes())
        return Repaired(tuple(made), changes, left, definitions)


def _bring(root: Path, scratch: Path) -> None:
    """Copy what the project file points to, as soon as it can be read."""
    try:
        project = project_of(scratch)
    except InputError:
        return
    if not (scratch / project.paths.journeys).exists():
        copy_written(root, scratch, project)


def _checked(scratch: Path) -> tuple[tuple[Finding, ...], Definitions | None]:
    try:
        definitions = read_definitions(scratch)
    except InputError as error:
        return error.findings, None
    return definitions.warnings, definitions


def _round(scratch: Path, findings: Iterable[Finding], before: dict[str, bytes]) -> list[Finding]:
    """Make the fixes that do not touch each other; the findings whose fixes were made."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.fix is not None:
            by_path.setdefault(finding.fix.place.path, []).append(finding)
    made: list[Finding] = []
    for path, found in by_path.items():
        content = (scratch / path).read_bytes()
        text, done = fixed(_text(content), found)
        if done:
            before.setdefault(path, content)
            (scratch / path).write_bytes(text.encode())
            made += done
    return made


def fixed(text: str, findings: Iterable[Finding]) -> tuple[str, list[Finding]]:
    """A file's text with the fixes made, and the findings whose fixes these are; one whose old text is not there is left out."""
    spans: dict[tuple[int, int], Finding] = {}
    head = len(BOM) if text.startswith(BOM) else 0
    lines = text[head:].split("\n")
    for finding in findings:
        fix = finding.fix
        if fix is None or not 0 < fix.place.line <= len(lines):
            continue
        start = head + sum(len(line) + 1 for line in lines[: fix.place.line - 1]) + fix.place.column - 1
        end = start + len(fix.old)
        if text[start:end] == fix.old and all(end <= low or high <= start for low, high in spans):
            spans[start, end] = finding
    for (start, end), finding in sorted(spans.items(), reverse=True):
        assert finding.fix is not None
        text = text[:start] + finding.fix.new + text[end:]
    return text, list(spans.values())


def _text(content: bytes) -> str:
    return content.decode("utf-8", errors="surrogateescape")


def _write(path: Path, before: bytes, after: bytes) -> None:
    """Put the new text in the old one's place, whole or not at all."""
    target = path.resolve()
    if target.read_bytes() != before:
        raise CheckFailed(f"{path} was changed by somebody else meanwhile; check again")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    unfinished.write_bytes(after)
    shutil.copymode(target, unfinished)
    unfinished.replace(target)
