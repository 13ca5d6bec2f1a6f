"""What is known of a few customers, and since which run: the only things beside the definitions that the interpreter is given.

`run` counts from 1: a row is landed before that run. A run knows an event that was landed and has happened by its instant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

TouchId = tuple[str, int, str, int, str, int]
"""Journey, customer, key, entry_no, step, visit."""


@dataclass(frozen=True)
class Event:
    """Something that happened. `touch` says of a receipt whose it is."""

    run: int
    event_id: str
    customer: int
    name: str
    at: datetime
    properties: Mapping[str, object] = field(default_factory=dict)
    touch: TouchId | None = None


@dataclass(frozen=True)
class Profile:
    """A customer's attributes from a run on."""

    run: int
    customer: int
    values: Mapping[str, object]


@dataclass(frozen=True)
class Flag:
    """A customer is a member of a segment, or no longer, from a run on."""

    run: int
    segment: str
    customer: int
    on: bool


@dataclass(frozen=True)
class Consent:
    """A customer's word about a purpose on a channel."""

    run: int
    customer: int
    purpose: str
    channel: str
    granted: bool
    at: datetime


@dataclass(frozen=True)
class Address:
    """A customer can be reached on a channel from a run on."""

    run: int
    customer: int
    channel: str


@dataclass(frozen=True)
class Switch:
    """An operator's word about a journey, a channel, a product or a branch: pause, resume or kill, from a run on."""

    run: int
    name: str
    action: str


@dataclass(frozen=True)
class Lever:
    """An operator's factor on a journey, a product or a channel until an instant, from a run on; without a factor, its end."""

    run: int
    name: str
    factor: str | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Complaint:
    """A customer complains; a later row of the same number says when it was closed."""

    run: int
    number: int
    customer: int
    opened: datetime
    closed: datetime | None = None


@dataclass(frozen=True)
class Hit:
    """A risk rule finds a customer, or no longer, from a run on; `number` tells hits of one customer apart."""

    run: int
    rule: str
    customer: int
    number: int
    on: bool = True
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Delivery:
    """A list of risks was delivered before a run, be it empty."""

    run: int
    table: str


@dataclass(frozen=True)
class Facts:
    """Everything that happened in a life. `properties` says of each event which properties its contract has."""

    runs: tuple[datetime, ...]
    events: tuple[Event, ...] = ()
    profiles: tuple[Profile, ...] = ()
    flags: tuple[Flag, ...] = ()
    consents: tuple[Consent, ...] = ()
    addresses: tuple[Address, ...] = ()
    switches: tuple[Switch, ...] = ()
    hits: tuple[Hit, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    levers: tuple[Lever, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    properties: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def _first(self) -> dict[str, Event]:
        first: dict[str, Event] = {}
        for event in sorted(self.events, key=lambda one: one.run):
            first.setdefault(event.event_id, event)  # a second copy is ignored
        return first

    @cached_property
    def _of(self) -> dict[int, list[tuple[int, Event]]]:
        """By customer, events in order of instant and id, each with the run that first knows it."""
        found: dict[int, list[tuple[int, Event]]] = {}
        for event in sorted(self._first.values(), key=lambda one: (one.at, one.event_id)):
            known = next((run for run, at in enumerate(self.runs, 1) if run >= event.run and at >= event.at), 0)
            if known:
                found.setdefault(event.customer, []).append((known, event))
        return found

    @cached_property
    def _rows(self) -> dict[tuple[str, int], list[Any]]:
        """Rows by table and customer."""
        found: dict[tuple[str, int], list[Any]] = {}
        for table in ("profiles", "flags", "consents", "addresses", "hits", "complaints"):
            for row in getattr(self, table):
                found.setdefault((table, row.customer), []).append(row)
        return found

    def rows(self, table: str, customer: int) -> list[Any]:
        """A customer's rows of a table."""
        return self._rows.get((table, customer), [])

    def known(self, customer: int, run: int) -> Iterator[Event]:
        """The customer's events that a run knows, in order of instant and id."""
        return (event for since, event in self._of.get(customer, ()) if since <= run)

    def news(self, customer: int, run: int) -> Iterator[Event]:
        """Those of them that no run before knew."""
        return (event for since, event in self._of.get(customer, ()) if since == run)

    def profile(self, customer: int, run: int) -> Mapping[str, object] | None:
        """The customer's attributes as a run knows them; None without a row."""
        rows = [one for one in self.rows("profiles", customer) if one.run <= run]
        return max(rows, key=lambda one: one.run).values if rows else None

    def customers(self) -> list[int]:
        """Everybody, in order."""
        return sorted({one.customer for one in self.profiles})

    def member(self, customer: int, segment: str, run: int) -> bool:
        """Whether the customer is a member of a segment in a run; before the first run nobody is."""
        rows = [one for one in self.rows("flags", customer) if one.segment == segment and one.run <= run]
        return bool(run and rows) and max(rows, key=lambda one: one.run).on

    def consent(self, customer: int, purpose: str, channel: str, run: int) -> Consent | None:
        """The newest word of a customer about a purpose and channel."""
        given = self.rows("consents", customer)
        rows = [one for one in given if (one.purpose, one.channel) == (purpose, channel) and one.run <= run]
        return max(rows, key=lambda one: (one.at, one.run)) if rows else None

    def reached(self, customer: int, channel: str, run: int) -> bool:
        """Whether the customer has an address."""
        return any(one.channel == channel and one.run <= run for one in self.rows("addresses", customer))

    def found(self, customer: int, rule: str, run: int) -> Iterator[Hit]:
        """The hits of a customer that a risk rule finds in a run."""
        latest: dict[int, Hit] = {}
        for hit in sorted((one for one in self.rows("hits", customer) if one.rule == rule), key=lambda one: one.run):
            if hit.run <= run:
                latest[hit.number] = hit
        return (hit for hit in latest.values() if hit.on)

    def delivered(self, table: str, run: int) -> bool:
        """Whether a list of risks was ever delivered."""
        return any(one.table == table and one.run <= run for one in self.deliveries)

    def position(self, name: str, run: int) -> str:
        """The switch of a journey, a channel, a product or a branch: '', 'pause' or 'kill'."""
        rows = [one for one in self.switches if one.name == name and one.run <= run]
        last = max(rows, key=lambda one: one.run).action if rows else "resume"
        return "" if last == "resume" else last

    def lever(self, name: str, run: int) -> Decimal | None:
        """The factor that holds: the latest of a name, until its end."""
        rows = [one for one in self.levers if one.name == name and one.run <= run]
        last = max(rows, key=lambda one: one.run) if rows else None
        if last is None or last.factor is None or last.until is None or last.until <= self.runs[run - 1]:
            return None
        return Decimal(last.factor)

    def complained(self, customer: int, run: int) -> list[Complaint]:
        """The customer's complaints as a run knows them."""
        latest: dict[int, Complaint] = {}
        for one in sorted(self.rows("complaints", customer), key=lambda one: one.run):
            if one.run <= run:
                latest[one.number] = one
        return list(latest.values())
