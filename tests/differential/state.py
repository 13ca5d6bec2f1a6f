"""What one play of the interpreter leaves: entries with their moves, touches, and all rows that are compared with the engine's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tonglu.language.journey import Journey
from tonglu.language.message import MessageFile, Product

EntryId = tuple[str, int, str, int]
"""Journey, customer, key, entry_no."""
Row = tuple[Any, ...]


class Path:
    """A journey's steps by name, each with the name of the step that it leads to without `next`; and the messages pinned with it."""

    def __init__(self, journey: Journey, messages: Mapping[str, MessageFile]) -> None:
        self.journey, self.header, self.messages = journey, journey.header, messages
        self.steps = {step.name: (step.kind, step.fields) for step in journey.steps}
        names = list(self.steps)
        self.first = names[0]
        self.finish = "completed" if "completed" not in self.steps else "completed_end"
        self.following = dict(zip(names, [*names[1:], self.finish], strict=True))

    def onward(self, step: str, named: str | None = None) -> str:
        """Where a step leads: what is named, else its `next`, else what is written after it."""
        return named or getattr(self.steps[step][1], "next", None) or self.following[step]

    def product(self, step: str) -> Product | None:
        """The product of a touch's message."""
        kind, fields = self.steps[step]
        return self.messages[getattr(fields, kind)].product

    def ending(self, step: str) -> str | None:
        """The reason of an end; None of other steps."""
        if step not in self.steps:
            return "completed"
        kind, fields = self.steps[step]
        return fields.end if kind == "end" else None  # type: ignore[attr-defined]


@dataclass
class Waiting:
    """A proposal that was made and not yet settled; `paused` is how long its validity stood still."""

    first: datetime
    paused: timedelta = timedelta(0)


@dataclass
class Entry:
    """One trip."""

    id: EntryId
    path: Path
    assignment: str
    assigned_at: datetime
    first_since: datetime
    step: str
    clock: datetime
    number: int
    goals_of: Path
    ended: tuple[datetime, str] | None = None
    visits: dict[str, int] = field(default_factory=dict)
    arms: dict[str, int] = field(default_factory=dict)
    waiting: Waiting | None = None
    converted: bool = False

    @property
    def customer(self) -> int:
        """Whose trip it is."""
        return self.id[1]

    @property
    def treated(self) -> bool:
        """Whether it is no control."""
        return self.assignment == "treated"


@dataclass
class Touch:
    """A touch that was sent; it counts until a run knows that it was taken back: the one after `gone`."""

    entry: Entry
    run: int
    step: str
    visit: int
    purpose: str
    channel: str
    not_before: datetime
    expires_at: datetime
    properties: Mapping[str, object]
    topic: str | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    cost: int = 0
    gone: int | None = None


@dataclass(frozen=True)
class Written:
    """One write of `set`; the greatest `rank` is what is seen."""

    run: int
    entry: Entry
    name: str
    value: str | int | bool | None
    rank: Row


@dataclass
class State:
    """Everything that happened so far."""

    entries: list[Entry] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    writes: list[Written] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def note(self, table: str, *row: object) -> None:
        """Add a row to compare."""
        self.rows.setdefault(table, []).append(row)

    def of(self, customer: int, journey: str) -> Iterator[Entry]:
        """A customer's trips through a journey, in order."""
        return (entry for entry in self.entries if entry.id[:2] == (journey, customer))

    def visible(self, customer: int, run: int, entry: Entry | None) -> dict[str, str | int | bool | None]:
        """What `set` left: writes of earlier runs, and this run's of the entry itself."""
        mine = [w for w in self.writes if w.entry.customer == customer and (w.run < run or w.entry is entry)]
        return {write.name: write.value for write in sorted(mine, key=lambda write: write.rank)}
