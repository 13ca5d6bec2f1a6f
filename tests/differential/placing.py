"""Scarce places: every proposal that a limit of capacity or budget counts takes its earliest slot with room, best ranked first.

That is the whole contract where limits are nested or lie apart. Where they cross, the engine solves a linear programme, and this is not
its second implementation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from tests.differential.calendar import MIDNIGHT, next_month
from tests.differential.competing import Plan, excludes, plan, quotas
from tests.differential.hours import windows_of
from tests.differential.proposal import Proposal
from tests.differential.world import World

UNITS = {"branch": "branch_id", "employee": "manager_id"}
PERIODS = ("hour", "day", "month")
SHORTEST = timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """At most so much in a period; of capacity touches, of budget fen."""

    gate: str
    said: Any

    def counts(self, channel: str | None, journey: str, purpose: str) -> bool:
        """Whether it is about such touches."""
        about = (("channel", channel), ("journey", journey), ("purpose", purpose))
        return all(getattr(self.said, key, None) in (None, value) for key, value in about)

    def unit(self, units: dict[str, str]) -> str:
        """The branch or employee that a touch takes from; empty for the whole bank, and for who belongs nowhere."""
        by = getattr(self.said, "by", None)
        return units[by] if by else ""

    def figure(self, unit: str) -> int:
        """How much it is of a unit."""
        return int(getattr(self.said, "each", {}).get(unit, self.said.at_most))


@dataclass(frozen=True)
class Slot:
    """A period in which a proposal may be planned, and when it would leave then."""

    starts: datetime
    at: datetime


@dataclass
class Contender:
    """A proposal that limits count, with its slots."""

    one: Proposal
    limits: list[Limit]
    units: dict[str, str]
    cost: int
    slots: list[Slot] = field(default_factory=list)

    def size(self, limit: Limit) -> int:
        """What it takes of a limit."""
        return 1 if limit.gate == "capacity" else self.cost

    def heeds(self, gate: str) -> list[Limit]:
        """The limits of a gate that may hold it back, as written."""
        return [limit for limit in self.limits if limit.gate == gate and gate not in self.one.skips]


class Room:
    """What is left of each limit in each unit and period."""

    def __init__(self, world: World) -> None:
        self.world, self.left = world, dict[tuple[int, str, datetime], int]()

    def key(self, limit: Limit, units: dict[str, str], at: datetime) -> tuple[int, str, datetime]:
        """Where something at an instant is counted."""
        return id(limit), limit.unit(units), period(self.world, limit.said.per, at)[0]

    def of(self, limit: Limit, units: dict[str, str], at: datetime) -> int:
        """What is left, never below nothing: the figure less what earlier runs planned there, less what this run took."""
        key = self.key(limit, units, at)
        if key not in self.left:
            used = sum(size for other, size in self.before(limit) if other == key)
            self.left[key] = max(0, limit.figure(key[1]) - used)
        return self.left[key]

    def before(self, limit: Limit) -> Iterator[tuple[tuple[int, str, datetime], int]]:
        """Touches of earlier runs that may still leave, or have left."""
        for touch in self.world.state.touches:
            stays = touch.gone is None or touch.gone == self.world.run
            if stays and touch.run < self.world.run and limit.counts(touch.channel, touch.entry.id[0], touch.purpose):
                size = 1 if limit.gate == "capacity" else touch.cost
                yield self.key(limit, dict(touch.units), touch.not_before), size

    def take(self, limit: Limit, units: dict[str, str], at: datetime, size: int) -> None:
        """Use some."""
        left = self.of(limit, units, at)
        self.left[self.key(limit, units, at)] = max(0, left - size)


def place(world: World, proposals: Sequence[Proposal]) -> None:
    """Plan all who find a place; put off all others."""
    policy = world.policy
    limits = [Limit("capacity", one) for one in policy.capacity] + [Limit("budget", one) for one in policy.budget]
    room, contenders = Room(world), list[Contender]()
    for one in sorted(proposals, key=lambda p: p.rank):
        mine = [limit for limit in limits if limit.counts(one.channel, one.entry.id[0], one.purpose)]
        one.units, one.cost = units_of(world, one.entry.customer), world.costs.get(one.channel or "", 0)
        if mine:
            contenders.append(Contender(one, mine, one.units, one.cost))
    for mine in contenders:
        latest = last_instant(world, mine.one, proposals)
        skips = {"capacity", "budget"} & set(mine.one.skips)
        mine.slots = list(slots(world, mine.one, limits, mine.one.planned if skips else latest))
        for limit in mine.limits:
            if limit.gate in skips:
                room.take(limit, mine.units, mine.one.planned, mine.size(limit))
    without = [mine for mine in contenders if not placed(room, mine)]
    for mine in without:
        stop(room, mine)


def placed(room: Room, mine: Contender) -> bool:
    """Take the earliest slot in which everything has room."""
    heeded = [*mine.heeds("capacity"), *mine.heeds("budget")]
    for slot in mine.slots:
        if all(room.of(limit, mine.units, slot.at) >= mine.size(limit) for limit in heeded):
            for limit in heeded:
                room.take(limit, mine.units, slot.at, mine.size(limit))
            mine.one.not_before = slot.at
            return True
    return False


def stop(room: Room, mine: Contender) -> None:
    """The one reason: capacity, if in every slot some capacity has no room for one more; else the budget."""

    def full(gate: str, slot: Slot) -> list[str]:
        limits = [one for one in mine.heeds(gate) if room.of(one, mine.units, slot.at) < mine.size(one)]
        return [f"{one.said.name}: {one.unit(mine.units)}" if one.unit(mine.units) else one.said.name for one in limits]

    without = [slot for slot in mine.slots if not full("capacity", slot)]
    if without:
        mine.one.stop("budget", "no_budget", waits=True, detail=full("budget", without[0])[0])
    else:
        mine.one.stop("capacity", "no_capacity", waits=True, detail=full("capacity", mine.slots[0])[0])


def units_of(world: World, customer: int) -> dict[str, str]:
    """A customer's branch and employee, as text; those who have none belong to one without a name."""
    row = world.facts.profile(customer, world.run) or {}
    return {by: "" if row.get(column) is None else str(row[column]) for by, column in UNITS.items()}


def last_instant(world: World, one: Proposal, proposals: Sequence[Proposal]) -> datetime:
    """How late it may be planned: while it is valid, and not so late that it comes to be counted, or too near to what excludes it."""
    mine, latest = plan(one), one.deadline
    others = [plan(p) for p in proposals if p is not one and p.entry.customer == one.entry.customer]
    for quota in quotas(world):
        for other in others:
            if quota.covers(mine) and quota.covers(other) and other.at >= mine.at + quota.within:
                latest = min(latest, other.at - quota.within)
    customer = world.touches(one.entry.customer)
    sent = [Plan(t.not_before, t.entry.id[0], t.step, t.purpose, t.channel, t.topic) for t in customer if t.run < world.run]
    for rule in world.policy.exclusions:
        for other in (*others, *sent):
            beside = Plan(mine.at, other.journey, other.step, other.purpose, other.channel, other.topic)
            if excludes(rule, mine, beside) and other.at >= mine.at + rule.within:
                latest = min(latest, other.at - rule.within)
    return latest


def slots(world: World, one: Proposal, limits: Sequence[Limit], latest: datetime) -> Iterator[Slot]:
    """Where a proposal may be planned: at its opening, then in each later slot as soon as its channel is open."""
    about = [limit.said.per for limit in limits if getattr(limit.said, "channel", None) in (None, one.channel)]
    per = min(about, key=PERIODS.index)
    starts, ends = period(world, per, one.planned)
    yield Slot(starts, one.planned)
    while ends <= latest:
        starts, ends = period(world, per, ends)
        opens = windows_of(world, one)
        at = starts if opens is None else world.calendar.next_open(starts, *opens)
        if at is not None and at < ends and at <= latest:
            yield Slot(starts, at)


def period(world: World, per: str, at: datetime) -> tuple[datetime, datetime]:
    """The hour, day or month of the bank's clock that an instant lies in, and where it ends."""
    calendar, here = world.calendar, world.calendar.local(at)
    if per == "hour":
        starts = calendar.instant(here.date(), time(here.hour))
        return starts, starts + SHORTEST
    if per == "day":
        return calendar.instant(here.date(), MIDNIGHT), calendar.instant(here.date() + timedelta(days=1), MIDNIGHT)
    first = here.date().replace(day=1)
    return calendar.instant(first, MIDNIGHT), calendar.instant(next_month(first), MIDNIGHT)
