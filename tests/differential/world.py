"""What is at hand in one run: its instant, the definitions that hold, the facts that it knows, and what happened before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tests.differential.calendar import Calendar
from tests.differential.conditions import Sight
from tests.differential.facts import Event, Facts
from tests.differential.state import Entry, Path, State, Touch

from tonglu.language.journey import Journey
from tonglu.language.message import MessageFile
from tonglu.language.policy import Policy
from tonglu.language.risk import RiskRule
from tonglu.language.values import Condition


@dataclass(frozen=True)
class Occasion:
    """What may bring a customer into a journey; without `since` it is the run's instant, without a key it does not."""

    customer: int
    key: str | None
    since: datetime | None
    order: str = ""


@dataclass(frozen=True)
class Definitions:
    """What holds in a run, as it was parsed; `costs` are of a touch of each channel, fen."""

    journeys: Mapping[str, Journey]
    policy: Policy
    messages: Mapping[str, MessageFile]
    risk_rules: tuple[RiskRule, ...] = ()
    costs: Mapping[str, int] = field(default_factory=dict)


@dataclass
class World:
    """One play, at one of its runs."""

    facts: Facts
    calendar: Calendar
    state: State = field(default_factory=State)
    policy: Policy = field(default_factory=Policy)
    risk_rules: tuple[RiskRule, ...] = ()
    costs: Mapping[str, int] = field(default_factory=dict)
    run: int = 0
    paths: Mapping[str, Path] = field(default_factory=dict)
    launched: set[str] = field(default_factory=set)
    candidates: dict[str, list[Occasion]] = field(default_factory=dict)
    seen: set[Path] = field(default_factory=set)
    passed: list[tuple[int, str, Occasion]] = field(default_factory=list)

    @property
    def as_of(self) -> datetime:
        """The run's instant."""
        return self.facts.runs[self.run - 1]

    @property
    def previous(self) -> datetime | None:
        """The instant of the run before."""
        return self.facts.runs[self.run - 2] if self.run > 1 else None

    def note(self, table: str, entry: Entry, *row: object) -> None:
        """A row about an entry."""
        self.state.note(table, self.run, *entry.id, *row)

    def open_entries(self) -> list[Entry]:
        """The trips that have not ended."""
        return [entry for entry in self.state.entries if entry.ended is None]

    def sight(self, customer: int, entry: Entry | None = None) -> Sight:
        """What conditions on a customer see in this run."""
        noted = self.state.visible(customer, self.run, entry)
        row = {**(self.facts.profile(customer, self.run) or {}), **{f"set.{name}": value for name, value in noted.items()}}
        return Sight(
            self.as_of,
            self.calendar,
            row,
            lambda segment: self.facts.member(customer, segment, self.run),
            lambda: self.known(customer),
            lambda: ((t.channel, t.not_before) for t in self.touches(customer) if t.run < self.run),
        )

    def known(self, customer: int) -> Iterator[Event]:
        """The customer's events that this run knows; receipts only of touches that had left when they came."""
        for event in self.facts.known(customer, self.run):
            if event.touch is None or any(
                (*touch.entry.id, touch.step, touch.visit) == event.touch and touch.run < event.run
                for touch in self.state.touches
            ):
                yield event

    def touched(self, receipt: Event) -> str | None:
        """The channel of the touch that a receipt is of."""
        found = (t.channel for t in self.state.touches if (*t.entry.id, t.step, t.visit) == receipt.touch)
        return next(found, None)

    def touches(self, customer: int) -> Iterator[Touch]:
        """The customer's touches, but those of which an earlier run says that they were taken back."""
        mine = (touch for touch in self.state.touches if touch.entry.customer == customer)
        return (touch for touch in mine if touch.gone is None or touch.gone == self.run)

    def events(self, entry: Entry, name: str, where: Condition | None) -> list[Event]:
        """The events that count for an entry, in order: by their filter, its key, and of receipts its own touches'."""
        sight = Sight(self.as_of, self.calendar, {})
        keyed = entry.path.header.enter.keyed_by
        found = []
        for event in self.known(entry.customer):
            if event.name != name or not sight.of(event).holds(where):
                continue
            if keyed in self.facts.properties.get(name, ()) and text(event.properties.get(keyed)) != entry.id[2]:
                continue
            if event.touch is None or event.touch[:4] == entry.id:
                found.append(event)
        return found

    def pass_on(self, entry: Entry, journey: str, clock: datetime) -> None:
        """Bring an entry's customer to another journey, which sees it in the next run."""
        target = self.paths.get(journey)
        keyed = target is not None and target.header.enter.keyed_by and entry.path.header.enter.keyed_by
        key = entry.id[2] if keyed else ""
        self.passed.append((self.run, journey, Occasion(entry.customer, key, clock, entry.id[0])))
        self.note("passed_on", entry, journey, clock)

    def end(self, entry: Entry, at: datetime, reason: str, *, taken_back: bool = False) -> None:
        """End a trip; `taken_back` says that its touches do not leave any more."""
        entry.ended, entry.waiting = (at, reason), None
        self.note("ends", entry, at, reason)
        for touch in self.state.touches if taken_back else ():
            if touch.entry is entry and touch.gone is None:
                touch.gone = self.run


def text(value: object) -> str | None:
    """A key's text."""
    return None if value is None else {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
