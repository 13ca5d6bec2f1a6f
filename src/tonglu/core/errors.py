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
class Finding:
    """One thing that is wrong: a stable code, what, where, and a hint at what was probably meant."""

    code: str
    message: str
    place: Place
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.place} {self.message}{hint} [{self.code}]"

    def as_json(self) -> dict[str, str | int]:
        """The finding as flat JSON values."""
        place = self.place
        return {
            "code": self.code, "severity": self.severity.value, "message": self.message, "hint": self.hint,
            "path": place.path, "line": place.line, "column": place.column,
        }  # fmt: skip

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """A finding from what `as_json` gave."""
        place = Place(str(values["path"]), int(values["line"]), int(values["column"]))
        return cls(str(values["code"]), str(values["message"]), place, str(values["hint"]), Severity(values["severity"]))


class TongluError(Exception):
    """Root of all errors that Tonglu raises on purpose."""


class InputError(TongluError):
    """What somebody wrote cannot be used; nothing was changed. Carries every finding, sorted by place."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(sorted(findings, key=lambda finding: (finding.place, finding.code)))
        super().__init__("\n".join(str(finding) for finding in self.findings))


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


def refuse_errors(findings: Iterable[Finding]) -> None:
    """Raise `InputError` when any finding is an error; warnings alone pass."""
    found = list(findings)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise InputError(found)
