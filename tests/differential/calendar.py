"""Days, hours, workdays and pay-days of the bank, written again from the contract. Instants are naive UTC."""

import calendar as months
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

DAY = timedelta(days=1)
MIDNIGHT = time()
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Windows = Sequence[tuple[time, time]]
"""The hours [from, to) of a day, in order."""
FAR = 800  # days: no wait reaches further


class Unknown(Exception):
    """The calendar does not know a day that is asked for."""


def chinese(day: date) -> bool:
    """Whether a day is a workday in China, make-up days included."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        raise Unknown(day) from None


def weekdays(day: date) -> bool:
    """Whether a day is from Monday to Friday."""
    return day.weekday() < 5


class Calendar:
    """The bank's days: `is_workday` says of a day whether it is one, or raises `Unknown`."""

    def __init__(self, zone: str = "Asia/Shanghai", is_workday: Callable[[date], bool] = chinese) -> None:
        self.zone, self.is_workday = ZoneInfo(zone), is_workday

    def local(self, instant: datetime) -> datetime:
        """The bank's wall clock at an instant."""
        return instant.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None)

    def instant(self, day: date, clock: time = MIDNIGHT) -> datetime:
        """The instant of a time of day in the bank."""
        return datetime.combine(day, clock, self.zone).astimezone(UTC).replace(tzinfo=None)

    def moment(self, wall: datetime) -> datetime:
        """The instant of a moment on the bank's wall clock."""
        return self.instant(wall.date(), wall.time())

    def day(self, instant: datetime) -> date:
        """The bank's day at an instant."""
        return self.local(instant).date()

    def opening(self, instant: datetime, opens: time, closes: time, on: Callable[[date], bool] = lambda _: True) -> datetime:
        """The first instant from `instant` on inside the hours [opens, closes) of a day that `on` accepts."""
        start = self.day(instant)
        for ahead in range(FAR):
            day = start + ahead * DAY
            # 24:00 is the next midnight
            shut = self.instant(day + DAY) if closes == time.max else self.instant(day, closes)
            if on(day) and instant < shut:
                return max(instant, self.instant(day, opens))
        raise Unknown(start)

    def next_open(self, instant: datetime, worked: Windows, free: Windows) -> datetime | None:
        """The first instant from `instant` on inside a window of its day, worked or not; None where nothing opens in 400 days.

        Of a day that the calendar does not know, only what both kinds of day allow is open.
        """
        start = self.day(instant)
        for ahead in range(400):
            day = start + ahead * DAY
            try:
                windows = worked if self.is_workday(day) else free
            except Unknown:
                both = [(max(a, c), min(b, d)) for a, b in worked for c, d in free]
                windows = sorted(one for one in both if one[0] < one[1])
            for opens, closes in windows:
                shut = self.instant(day + DAY) if closes == time.max else self.instant(day, closes)
                if instant < shut:
                    return max(instant, self.instant(day, opens))
        return None

    def named(self, days: object) -> Callable[[date], bool]:
        """Which days `workdays`, `weekdays`, `weekends`, a list of weekdays, or nothing means."""
        if days is None:
            return lambda _: True
        if days == "workdays":
            return self.is_workday
        if isinstance(days, str) and days in ("weekdays", "weekends"):
            return lambda day: (day.weekday() < 5) == (days == "weekdays")
        wanted = {days} if isinstance(days, str) else set(days)  # type: ignore[call-overload]
        return lambda day: WEEKDAYS[day.weekday()] in wanted

    def workday_after(self, day: date, count: int) -> date:
        """The `count`-th workday after a day."""
        while count:
            day += DAY
            count -= self.is_workday(day)
        return day

    def workday_of_month(self, first: date, number: int) -> date | None:
        """The n-th workday of a month, or from its end; None when it has not so many."""
        found = [day for day in days_of_month(first) if self.is_workday(day)]
        index = number - 1 if number > 0 else number
        return found[index] if -len(found) <= index < len(found) else None

    def pay_day(self, first: date, nominal: int) -> date:
        """The pay-day of a month: clipped to its last day, moved to the workday before if it is none."""
        day = clipped(first, nominal)
        while not self.is_workday(day):
            day -= DAY
        return day

    def next_pay_day(self, today: date, nominal: int) -> date:
        """The first pay-day from a day on."""
        return next(day for day in self.pay_days(today, nominal) if day >= today)

    def last_pay_day(self, today: date, nominal: int) -> date:
        """The last pay-day up to a day, of a month that the calendar knows; it must know the day itself."""
        self.is_workday(today)
        found = []
        try:
            for day in self.pay_days(today, nominal):
                if day > today:
                    break
                found.append(day)
        except Unknown:
            pass
        return found[-1]

    def pay_days(self, start: date, nominal: int) -> Iterator[date]:
        """Pay-days from the month before a day on, in order."""
        first = (start.replace(day=1) - DAY).replace(day=1)
        while True:
            yield self.pay_day(first, nominal)
            first = next_month(first)


def days_of_month(first: date) -> list[date]:
    """The days of the month that begins on a day."""
    return [first + number * DAY for number in range(months.monthrange(first.year, first.month)[1])]


def next_month(first: date) -> date:
    """The first day of the month after."""
    return (first + 31 * DAY).replace(day=1)


def clipped(first: date, day: int) -> date:
    """A day of a month, at most its last."""
    return days_of_month(first)[:day][-1]
