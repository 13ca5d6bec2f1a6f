"""Who enters a journey in a run, by which occasion, and on which side."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.differential.calendar import DAY, MIDNIGHT, WEEKDAYS, Unknown, clipped
from tests.differential.chance import u
from tests.differential.conditions import Sight
from tests.differential.moving import arrive
from tests.differential.state import Entry, Path
from tests.differential.world import Occasion, World, text


def enrol(world: World) -> list[Entry]:
    """The new trips of this run."""
    return [entry for name, path in sorted(world.paths.items()) for entry in enrol_journey(world, name, path)]


def enrol_journey(world: World, name: str, path: Path) -> list[Entry]:
    """The new trips of a journey: of each key the earliest occasion that is of use, as far as the limits go."""
    out: Counter[str] = Counter()
    position = world.facts.position(name, world.run)
    waiting = [one for one in world.candidates.pop(name, []) if still(world, path, one)] + list(occasions(world, name, path, out))
    chosen: dict[tuple[int, str], Occasion] = {}
    live = alive(world, path)
    for one in sorted(waiting if live else [], key=lambda one: (one.since or world.as_of, one.order)):
        if (one.customer, one.key) not in chosen and usable(world, name, path, one):
            chosen[one.customer, one.key] = one
        else:
            out["used_up"] += 1
    if live and not position:
        world.launched.add(name)
    ranked = sorted(chosen.values(), key=lambda one: rank(world, name, path, one))
    room = 0 if position else free(world, name, path)
    world.candidates[name] = ranked[room:]
    out[{"pause": "paused", "kill": "killed"}.get(position, "limit")] = len(ranked[room:])
    for reason, count in out.items():
        if count:
            world.state.note("left_out", world.run, name, reason, count)
    return [begin(world, name, path, one) for one in ranked[:room]]


def alive(world: World, path: Path) -> bool:
    """Whether a run lies between the journey's dates."""
    live, moment = path.header.live, world.calendar.moment
    return (live.starts is None or moment(live.starts) <= world.as_of) and (
        live.until is None or world.as_of < moment(live.until)
    )


def rank(world: World, name: str, path: Path, one: Occasion) -> tuple[Any, ...]:
    """Who goes first: by the journey's order, what is missing last, then by hash."""
    order, draw = path.header.enter.order, u("entry_order", name, one.customer, one.key)
    if order is None:
        return (draw,)
    value = world.sight(one.customer).value(order.tree)
    return (value is None, -(value or Fraction(0)) if order.descending else value or Fraction(0), draw)


def free(world: World, name: str, path: Path) -> int:
    """How many more may enter in this run."""
    mine = [entry for entry in world.state.entries if entry.id[0] == name]
    today = [entry for entry in mine if world.calendar.day(entry.assigned_at) == world.calendar.day(world.as_of)]
    used = {"run": 0, "day": len(today), "total": len(mine)}
    return max(0, min((limit.count - used[limit.per] for limit in path.header.enter.limit), default=1_000_000))


def begin(world: World, name: str, path: Path, one: Occasion) -> Entry:
    """A new trip."""
    number = 1 + sum(entry.id[2] == one.key for entry in world.state.of(one.customer, name))
    since = one.since or world.as_of
    entry = Entry(
        (name, one.customer, one.key, number),
        path,
        assignment(world, name, path, one.customer),
        world.as_of,
        since,
        path.first,
        since,
        len(world.state.entries),
        path,
    )
    world.state.entries.append(entry)
    arrive(entry, path.first, since)
    world.note("entries", entry, entry.assignment, since, world.as_of)
    return entry


def assignment(world: World, name: str, path: Path, customer: int) -> str:
    """The side: by hash of the customer, before anything else is known."""
    header, everywhere = path.header, world.policy.global_control
    if header.purpose == "marketing" and u("global_control", everywhere.epoch, customer) < everywhere.share:
        return "global_control"
    employer = (world.facts.profile(customer, world.run) or {}).get("employer_id")
    by_employer = header.randomise == "employer" and employer is not None
    return "holdout" if u("holdout", name, f"employer {employer}" if by_employer else customer) < header.holdout else "treated"


def still(world: World, path: Path, one: Occasion) -> bool:
    """Whether a candidate of an earlier run still qualifies."""
    enter = path.header.enter
    if enter.segment or enter.left:
        held = world.facts.member(one.customer, enter.segment or enter.left, world.run) == bool(enter.segment)
    else:
        held = enter.source == "journey" or fresh(world, path, one.since)
    return held and qualifies(world, path, one.customer)


def qualifies(world: World, path: Path, customer: int) -> bool:
    """Whether a customer is in the profile and what `enter` asks of customers holds."""
    if world.facts.profile(customer, world.run) is None:
        return False
    sight = world.sight(customer)
    return all(sight.holds(condition) for condition in path.header.enter.condition)


def fresh(world: World, path: Path, since: datetime | None) -> bool:
    """Whether an instant is not older than `fresh`."""
    return since is None or since >= world.as_of - (path.header.enter.fresh or DAY)


def usable(world: World, name: str, path: Path, one: Occasion) -> bool:
    """Whether an occasion may begin a trip, after the trips of its key that there were."""
    again, trips = path.header.enter.again, [e for e in world.state.of(one.customer, name) if e.id[2] == one.key]
    if not trips:
        return True
    if again.mode == "never" or any(trip.ended is None for trip in trips):
        return False
    if again.mode == "unless_goal_reached" and any(trip.converted or trip.ended[1] == "goal" for trip in trips):
        return False
    since, last = one.since or world.as_of, trips[-1].ended[0]
    return since > last if again.after is None else since >= last + again.after


def occasions(world: World, name: str, path: Path, out: Counter[str]) -> Iterator[Occasion]:
    """What this run sees for the first time and may use; what is too old or has no key is counted."""
    enter = path.header.enter
    for one in by_source(world, name, path):
        if enter.occurs and not fresh(world, path, one.since):
            out["stale"] += 1
        elif one.key is None:
            out["no_key"] += 1
        elif not qualifies(world, path, one.customer):
            continue
        elif enter.calendar and one.since <= world.as_of - (enter.fresh or DAY):
            out["stale"] += 1
        else:
            yield one


def by_source(world: World, name: str, path: Path) -> Iterator[Occasion]:
    """Occasions, whether or not their customers qualify."""
    enter, run = path.header.enter, world.run
    launch = name not in world.launched
    for customer in world.facts.customers():
        if enter.segment or enter.left:
            segment = enter.segment or enter.left
            now, then = (world.facts.member(customer, segment, at) == bool(enter.segment) for at in (run, run - 1))
            joined = now and not then and run > 1
            if (enter.enrolment != "current" and joined) or (launch and enter.enrolment != "future" and now):
                yield Occasion(customer, "", None)
        elif enter.occurs:
            for event in world.facts.news(customer, run):
                if event.name == enter.occurs and Sight(world.as_of, world.calendar, event.properties).holds(enter.where):
                    key = text(event.properties.get(enter.keyed_by)) if enter.keyed_by else ""
                    yield Occasion(customer, key, event.at, event.event_id)
        elif enter.calendar:
            lower = world.as_of - (enter.fresh or DAY) if launch or world.previous is None else world.previous
            for at in instants(world, customer, enter.calendar, lower):
                yield Occasion(customer, "", at)
    if enter.journey:
        yield from (one for at, target, one in world.passed if at == run - 1 and target == name)


def instants(world: World, customer: int, rule: Any, after: datetime) -> Iterator[datetime]:
    """The instants of a calendar after one and up to the run's."""
    calendar, at = world.calendar, rule.at or MIDNIGHT
    if rule.date is not None:
        found = [calendar.moment(rule.date)]
    else:
        first, last = calendar.day(after), calendar.day(world.as_of)
        days = [first + number * DAY for number in range((last - first).days + 1)]
        found = [calendar.instant(day, at) for day in days if falls(world, customer, rule, day)]
    yield from (instant for instant in found if after < instant <= world.as_of)


def falls(world: World, customer: int, rule: Any, day: Any) -> bool:
    """Whether an occasion of a recurrence falls on a day; never on one that the calendar does not know."""
    calendar, first = world.calendar, day.replace(day=1)
    try:
        if rule.pay_day is not None:
            nominal = (world.facts.profile(customer, world.run) or {}).get("pay_day")
            paid = day - rule.pay_day * DAY
            if not isinstance(nominal, int) or not 1 <= nominal <= 31:
                return False
            return any(calendar.pay_day(clipped(month, 1), nominal) == paid for month in months_near(paid))
        match rule.every:
            case "day":
                return True
            case "workday":
                return calendar.is_workday(day)
            case "week":
                return WEEKDAYS[day.weekday()] == rule.weekday
            case "year":
                return day.month == rule.month and day == clipped(first, rule.day)
            case "month" if rule.workday is not None:
                return day == calendar.workday_of_month(first, rule.workday)
        return day == clipped(first, rule.day)
    except Unknown:
        return False


def months_near(day: Any) -> Iterator[Any]:
    """The month of a day and the next: a pay-day may be moved out of its month, never into the one after."""
    first = day.replace(day=1)
    yield first
    yield (first + 31 * DAY).replace(day=1)
