"""Instants and days. An instant is a naive datetime that means UTC; a day is a day in the bank's zone."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def to_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """A moment as an instant; without a zone of its own it is read on the bank's wall clock."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC).replace(tzinfo=None)


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    """The bank's wall clock at an instant, as a naive datetime."""
    return instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The bank's day at an instant."""
    return local(instant, zone).date()


def next_opening(instant: datetime, opens: time, closes: time, zone: ZoneInfo) -> datetime:
    """The first instant at or after `instant` inside the daily hours [opens, closes) of the bank's wall clock."""
    here = local(instant, zone)
    if opens <= here.time() < closes:
        return instant
    day = here.date() if here.time() < opens else here.date() + timedelta(days=1)
    return to_utc(datetime.combine(day, opens), zone)


NEVER = datetime(9999, 1, 1)
"""What stands for the opening of hours that do not open within `DAYS_AHEAD` days."""
DAYS_AHEAD = 400


def next_open(instant: datetime, windows_on: Callable[[date], Sequence[tuple[time, time]]], zone: ZoneInfo) -> datetime:
    """The first instant at or after `instant` inside a window [opens, closes) of its day on the bank's wall clock; `NEVER` if none.

    Args:
        instant: where to look from.
        windows_on: the windows of a day in rising order; one that closes at `time.max` lasts to the end of the day.
        zone: the bank's.
    """
    here = local(instant, zone)
    for number in range(DAYS_AHEAD):
        day = here.date() + timedelta(days=number)
        for opens, closes in windows_on(day):
            if number == 0 and here.time() >= closes != time.max:
                continue
            inside = number == 0 and here.time() >= opens
            return instant if inside else to_utc(datetime.combine(day, opens), zone)
    return NEVER


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """An instant from ISO text; without an offset it is the bank's wall clock, and a bare date is its midnight.

    Raises:
        ValueError: the text is not an ISO date or date-time.
    """
    return to_utc(datetime.fromisoformat(text), zone)


def show_instant(instant: datetime, zone: ZoneInfo) -> str:
    """An instant for people: the bank's wall clock, to the minute."""
    return local(instant, zone).strftime("%Y-%m-%d %H:%M")
