"""The errors of Tonglu, and the findings that input errors carry.

TongluError
├── InputError       what somebody wrote is wrong: findings with places; the command line exits with 2
├── CheckFailed      data broke its contract or a run broke a conservation rule; exits with 1
└── Unavailable      something outside did not answer; worth another try later; exits with 3
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Severity(StrEnum):
    """How much a finding matters: an error stops, a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True)
class Place:
    """Where something is written: path as shown to people, line and column from 1; line 0 means the whole file."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return self.path if self.line == 0 else f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Fix:
    """A repair that cannot be mistaken: the text `old` that stands at `place`, in one line, becomes `new`."""

    place: Place
    old: str
    new: str

    def as_json(self) -> dict[str, Any]:
        """The repair as flat JSON values."""
        place = self.place
        return {"path": place.path, "line": place.line, "column": place.column, "old": self.old, "new": self.new}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """A repair from what `as_json` gave."""
        place = Place(str(values["path"]), int(values["line"]), int(values["column"]))
        return cls(place, str(values["old"]), str(values["new"]))


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a stable code, what, where, a hint at what was probably meant, and a repair where one is safe."""

    code: str
    message: str
    place: Place
    hint: str = ""
    severity: Severity = Severity.ERROR
    fix: Fix | None = None

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.place} {self.message}{hint} [{self.code}]"

    def as_json(self) -> dict[str, Any]:
        """The finding as JSON values; its repair within, where it has one."""
        place = self.place
        return {
            "code": self.code, "severity": self.severity.value, "message": self.message, "hint": self.hint,
            "path": place.path, "line": place.line, "column": place.column,
            **({} if self.fix is None else {"fix": self.fix.as_json()}),
        }  # fmt: skip

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """A finding from what `as_json` gave."""
        place = Place(str(values["path"]), int(values["line"]), int(values["column"]))
        fix = Fix.from_json(values["fix"]) if "fix" in values else None
        return cls(str(values["code"]), str(values["message"]), place, str(values["hint"]), Severity(values["severity"]), fix)


class TongluError(Exception):
    """Root of all errors that Tonglu raises on purpose."""


class InputError(TongluError):
    """What somebody wrote cannot be used; nothing was changed. Carries every finding, sorted by place."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(sorted(findings, key=lambda finding: (finding.place, finding.code)))
        super().__init__("\n".join(str(finding) for finding in self.findings))


def wrong(message: str, where: str, hint: str = "", code: str = "TL900") -> InputError:
    """The error of one thing that was written wrongly, at an argument or option."""
    return InputError([Finding(code, message, Place(where), hint)])


def coded(error: InputError) -> str:
    """The first finding of an error in one line without its place: for logs and tables, where a code leads to its page."""
    return f"{error.findings[0].message} [{error.findings[0].code}]"


class CheckFailed(TongluError):
    """Data broke a contract that blocks, or a run broke one of its own rules; the run changed nothing."""


class Unavailable(TongluError):
    """Something outside of Tonglu did not answer; the same call may go through later."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The sentence "Did you mean 'x'?" for the nearest known word, or an empty text."""
    from rapidfuzz import process

    best = process.extractOne(word, list(known), score_cutoff=60)
    return f"Did you mean '{best[0]}'?" if best else ""


SHORTEST_REPAIRED = 4
"""The shortest part of a name in which a slip is repaired, before it or after: in a shorter one, one letter is a third of what is said."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one known word that differs by a slip of the hand: a letter too much, too few or wrong, two swapped, or a capital.

    None when there is no such word or more than one, when the slip is in a digit (`lapsed_30` is no `lapsed_90`), or in a part
    between underscores that is too short to tell a slip from another word (`plan_a` is no `plan_b`).
    """
    from rapidfuzz.distance import DamerauLevenshtein

    near = {one for one in known if one != word and DamerauLevenshtein.distance(word.lower(), one.lower(), score_cutoff=1) <= 1}
    return next(iter(near)) if len(near) == 1 and _is_slip(word, next(iter(near))) else None


def _is_slip(word: str, other: str) -> bool:
    if [sign for sign in word if sign.isdigit()] != [sign for sign in other if sign.isdigit()]:
        return False
    if word.lower().replace("_", "") == other.lower().replace("_", ""):
        return True
    pairs = zip(word.lower().split("_"), other.lower().split("_"), strict=False)
    changed = [pair for pair in pairs if pair[0] != pair[1]]
    return word.count("_") == other.count("_") and all(max(map(len, pair)) >= SHORTEST_REPAIRED for pair in changed)


def refuse_errors(findings: Iterable[Finding]) -> None:
    """Raise `InputError` when any finding is an error; warnings alone pass."""
    found = list(findings)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise InputError(found)
