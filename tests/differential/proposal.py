"""A touch that is asked for, while the gates judge it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.differential.state import Entry, Row


@dataclass
class Proposal:
    """A touch that an entry asks for; `gate` and `reason` say what stopped it, `waits` whether it is only put off.

    `deadline` is when its validity ends; `topic` the kind of the product that its message names; `tie` what ranks equal scores;
    `units` and `cost` what it takes of which limits.
    """

    entry: Entry
    fields: Any
    arm: str
    skips: tuple[str, ...]
    deadline: datetime
    group: int
    score: Decimal
    tie: Row
    topic: str | None
    gate: str | None = None
    reason: str = "passed"
    detail: str | None = None
    waits: bool = False
    channel: str | None = None
    not_before: datetime | None = None
    units: dict[str, str] = field(default_factory=dict)
    cost: int = 0

    @property
    def purpose(self) -> str:
        """The purpose of its journey."""
        return self.entry.path.header.purpose

    @property
    def rank(self) -> Row:
        """The least goes first: priority group, falling score, hash."""
        return self.group, -self.score, *self.tie

    @property
    def name(self) -> str:
        """How another one that lost against it names it."""
        return f"{self.entry.id[0]}.{self.entry.step}"

    @property
    def planned(self) -> datetime:
        """When it would leave."""
        assert self.not_before is not None
        return self.not_before

    def stop(self, gate: str, reason: str, *, waits: bool = False, detail: str | None = None) -> None:
        """The first gate that stops it is the one reason."""
        self.gate, self.reason, self.waits, self.detail = gate, reason, waits, detail
