"""Which days are worked: by China's calendar with its holidays and make-up days, or Monday to Friday.

China's is that of `chinese_calendar`, which knows the years that the State Council has announced. A day of any other year is
unknown, and never guessed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

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


def days_of(years: range) -> list[date]:
    """Every day of these years."""
    first, last = date(years.start, 1, 1), date(years.stop - 1, 12, 31)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
