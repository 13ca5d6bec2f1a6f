"""What is asked of the worklist and what it answers: questions, reports, answers, attempts, lines of its log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tonglu.core.work import WorkItem


class Answer(StrEnum):
    """What the worklist says to somebody who wants to take, settle or hand on an item."""

    DONE = "done"  # it was taken, handed on, or settled by this outcome
    STAYS = "stays"  # the attempt is recorded, and another one may follow
    REPEATED = "repeated"  # this outcome is known already; nothing changed
    LATE = "late"  # the item was settled, expired or taken back before; noted, and of it only a refusal counts
    CANCELLED = "cancelled"  # the customer opted out, or a kill reaches it: it is off the list now
    HELD = "held"  # a pause holds it
    CLOSED = "closed"  # its channel is outside of its hours
    TOO_SOON = "too soon"  # its next attempt is not due
    SOMEBODY_ELSE = "somebody else has it"
    CHANGED = "changed"  # not the version that was asked for
    UNKNOWN = "unknown key"
    UNKNOWN_OUTCOME = "unknown outcome"


REFUSED = frozenset(
    {Answer.HELD, Answer.CLOSED, Answer.TOO_SOON, Answer.SOMEBODY_ELSE, Answer.CHANGED, Answer.UNKNOWN, Answer.UNKNOWN_OUTCOME}
)
"""Answers with which nothing was written."""


@dataclass(frozen=True)
class Asked:
    """Which items to list: of a branch, an employee, a channel; only those that are due."""

    branch_id: int | None = None
    employee_id: int | None = None
    channel: str | None = None
    due: bool = False


@dataclass(frozen=True)
class Took:
    """The answer to a take, with the item and the token that proves the lease."""

    answer: Answer
    item: WorkItem | None = None
    token: int = 0


@dataclass(frozen=True)
class Report:
    """What somebody reports of an attempt. `token` proves a lease, `version` that the item is as it was seen; both may be left out."""

    key: str
    outcome: str
    at: datetime
    by: str
    note: str = field(default="", repr=False)
    call_back_at: datetime | None = None
    token: int | None = None
    version: int | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt as it was reported."""

    attempt: int
    outcome: str
    receipt: str
    at: datetime
    by: str
    note: str = field(repr=False)
    call_back_at: datetime | None


@dataclass(frozen=True)
class Noted:
    """One line of the log: who did what, to which item ('' for many), when, and why or with what."""

    key: str
    action: str
    by: str
    at: datetime
    detail: str


class Refusals(Exception):
    """Reports of which at least one cannot be taken; none was. `answers` are in the order of the reports."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.answers = tuple(answers)
        super().__init__(f"{sum(one in REFUSED for one in answers)} of {len(answers)} reports cannot be taken")
