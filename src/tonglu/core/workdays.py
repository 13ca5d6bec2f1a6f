"""Which days are worked: by China's calendar with its holidays and make-up days, or Monday to Friday.

China's is that of `chinese_calendar`, which knows the years that the State Council has announced. A day of any other year is
unknown, and never guessed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from tonglu.core.ports import WorkCalendar

CalendarKind = Literal["chinese", "weekdays"]
SATURDAY = 5
FIRST_WEEKDAY_YEAR, YEARS_AHEAD = 1970, 12


@dataclass(frozen=True)
class ChineseCalendar:
    """The port `core.ports.WorkCalendar` by the holidays of China."""

    name: CalendarKind = "chinese"

    def years(self, as_of: date) -> range:
        """The years that are announced, whatever the day."""
        import chinese_calendar

        known = {day.year for day in chinese_calendar.holidays}
        return range(min(known), max(known) + 1)

    def is_workday(self, day: date) -> bool:
        """Whether a day of a known year is worked, make-up days among them."""
        import chinese_calendar

        return bool(chinese_calendar.is_workday(day))


@dataclass(frozen=True)
class WeekdayCalendar:
    """The port `core.ports.WorkCalendar` for a bank that works Monday to Friday and has no holidays."""

    name: CalendarKind = "weekdays"

    def years(self, as_of: date) -> range:
        """Every year until some years after the run."""
        return range(FIRST_WEEKDAY_YEAR, as_of.year + YEARS_AHEAD)

    def is_workday(self, day: date) -> bool:
        """Whether a day is Monday to Friday."""
        return day.weekday() < SATURDAY


def work_calendar(kind: CalendarKind) -> ChineseCalendar | WeekdayCalendar:
    """The calendar of this name."""
    return ChineseCalendar() if kind == "chinese" else WeekdayCalendar()


def flags_of(calendar: WorkCalendar, years: range) -> str:
    """A '1' for every day of these years that is worked and a '0' for the others, from the first of January of the first year on."""
    if isinstance(calendar, ChineseCalendar | WeekdayCalendar):
        return _flags(calendar, years.start, years.stop)
    return _made(calendar, years)


@cache
def _flags(calendar: ChineseCalendar | WeekdayCalendar, first: int, stop: int) -> str:
    return _made(calendar, range(first, stop))


def _made(calendar: WorkCalendar, years: range) -> str:
    return "".join("1" if calendar.is_workday(day) else "0" for day in days_of(years))


def days_of(years: range) -> list[date]:
    """Every day of these years."""
    first, last = date(years.start, 1, 1), date(years.stop - 1, 12, 31)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
