"""The instants of a calendar rule between two runs: a function of the rule, the zone and the days that are worked."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tonglu.core.clock import day_of, to_utc
from tonglu.core.ports import WorkCalendar
from tonglu.language.calendar_rule import CalendarRule

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Instants:
    """Those in the interval, rising; `unknown` says that it holds days which the calendar does not know and the rule asks for."""

    found: tuple[datetime, ...]
    unknown: bool = False


def instants(rule: CalendarRule, after: datetime, until: datetime, zone: ZoneInfo, calendar: WorkCalendar) -> Instants:
    """The instants t of a rule with `after` < t <= `until` (UTC). A pay-day is every customer's own and has none here."""
    if rule.date is not None:
        once = to_utc(rule.date, zone)
        return Instants((once,) if after < once <= until else ())
    if rule.every is None:
        return Instants(())
    known = calendar.years(day_of(until, zone))
    days, unknown = [], False
    for day in _days(day_of(after, zone), day_of(until, zone)):
        asks = rule.every == "workday" or rule.workday is not None
        if asks and day.year not in known:
            unknown = True
        elif _falls_on(rule, day, calendar):
            days.append(day)
    clock = rule.at or time()
    found = (to_utc(datetime.combine(day, clock), zone) for day in days)
    return Instants(tuple(sorted(instant for instant in found if after < instant <= until)), unknown)


def _days(first: date, last: date) -> Iterator[date]:
    day = first - ONE_DAY
    while day <= last + ONE_DAY:
        yield day
        day += ONE_DAY


def _falls_on(rule: CalendarRule, day: date, calendar: WorkCalendar) -> bool:
    if rule.every == "workday":
        return calendar.is_workday(day)
    if rule.every == "month" and rule.workday is not None:
        last = monthrange(day.year, day.month)[1]
        return calendar.is_workday(day) and _place(rule.workday, day, last, calendar) == abs(rule.workday)
    return rule.falls_on(day)


def _place(workday: int, day: date, last: int, calendar: WorkCalendar) -> int:
    """The how-manieth workday of its month a workday is, from the beginning or, for a negative `workday`, from the end."""
    numbers = range(1, day.day + 1) if workday > 0 else range(day.day, last + 1)
    return sum(calendar.is_workday(day.replace(day=number)) for number in numbers)
