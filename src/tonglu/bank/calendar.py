"""Days, months and pay-days of the bundled bank.

A *bank day* is a whole number of days since 1970-01-01. It runs from 08:00 to 08:00 Asia/Shanghai, which is exactly one UTC
day, so bank day d is the UTC day d and begins on the local date d. Instants are microseconds since 1970 in UTC. Wages due on
a day off are paid on the preceding working day (Interim Provisions on Payment of Wages, article 7). Working days come from
`chinese_calendar`; a year that it does not know is an error, never a guess.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import chinese_calendar
import numpy as np
import numpy.typing as npt

from tonglu.bank.chance import Flags, Ints

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
EPOCH = date(1970, 1, 1)
FAR = 10**6
"""A bank day that never comes."""


def day_number(day: date) -> int:
    """Bank day of a calendar date."""
    return (day - EPOCH).days


def date_of(day: int) -> date:
    """Calendar date on which the bank day begins."""
    return EPOCH + timedelta(days=day)


def micros(instant: datetime) -> int:
    """Microseconds since 1970 of a naive UTC instant. Raises ValueError for an aware one."""
    if instant.tzinfo is not None:
        raise ValueError(f"instants are naive UTC; {instant.isoformat()} has a zone")
    return (instant - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def months_between(first: int, last: int) -> list[int]:
    """Months (counted from 1970-01) that bank days first..last touch."""
    return list(range(month_of(first), month_of(last) + 1))


def month_of(day: int) -> int:
    """Month, counted from 1970-01, of a bank day."""
    d = date_of(day)
    return (d.year - 1970) * 12 + d.month - 1


def month_start(month: int) -> int:
    """First bank day of a month counted from 1970-01."""
    return day_number(date(1970 + month // 12, month % 12 + 1, 1))


def calendar_month(month: int) -> int:
    """1 for January ... 12 for December."""
    return month % 12 + 1


@dataclass(frozen=True)
class Workdays:
    """A table of working days from `first` on: `open[i]` says whether day first + i is one."""

    first: int
    open: Flags
    before: Ints
    """`before[i]`: the last working day at or before first + i."""
    after: Ints
    """`after[i]`: the first working day at or after first + i."""

    @classmethod
    def over(cls, first: int, last: int) -> "Workdays":
        """The table for bank days first..last. Raises ValueError when the holiday calendar lacks one of the years."""
        try:
            flags = [chinese_calendar.is_workday(date_of(d)) for d in range(first, last + 1)]
        except NotImplementedError as error:
            raise ValueError(f"the holiday calendar does not reach from {date_of(first)} to {date_of(last)}") from error
        opened = np.array(flags, dtype=np.bool_)
        days = np.arange(first, last + 1, dtype=np.int64)
        before = np.maximum.accumulate(np.where(opened, days, -1))
        after = np.minimum.accumulate(np.where(opened, days, FAR)[::-1])[::-1]
        return cls(first, opened, before, after)

    @property
    def last(self) -> int:
        """The last bank day of the table."""
        return self.first + len(self.open) - 1

    def at_or_before(self, days: npt.ArrayLike) -> Ints:
        """The last working day at or before each day. Raises ValueError outside the table."""
        return np.asarray(self.before[self._positions(days)])

    def at_or_after(self, days: npt.ArrayLike) -> Ints:
        """The first working day at or after each day, `FAR` if the table ends before. Raises ValueError outside it."""
        return np.asarray(self.after[self._positions(days)])

    def pay_dates(self, month: int, pay_day: Ints, shifts: Flags) -> Ints:
        """The bank day on which each nominal `pay_day` (1..31, cut at the month's end) of a month is paid.

        Where `shifts`, a day off moves to the preceding working day, into the month before if need be.
        """
        start = month_start(month)
        nominal = start + np.minimum(pay_day, month_start(month + 1) - start) - 1
        return np.where(shifts, self.at_or_before(nominal), nominal)

    def _positions(self, days: npt.ArrayLike) -> Ints:
        positions = np.asarray(days, dtype=np.int64) - self.first
        if positions.size and (positions.min() < 0 or positions.max() >= len(self.open)):
            raise ValueError(f"a day outside {date_of(self.first)}..{date_of(self.last)}, where working days are known")
        return positions


def last_known_day() -> int:
    """Last bank day of the last year whose holidays are known."""
    known = max(day.year for day in chinese_calendar.holidays)
    return day_number(date(known, 12, 31))
