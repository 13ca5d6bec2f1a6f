"""What every stage of a run is given: the run's number and instants."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Run:
    """One pass of the loop. Instants are UTC; `day_start` is the first instant of the bank's day at `as_of`."""

    run_no: int
    as_of: datetime
    previous_as_of: datetime
    as_of_date: date
    day_start: datetime
    zone: ZoneInfo
