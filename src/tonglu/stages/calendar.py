"""Calendar: the days that are worked, kept in the warehouse where steps, conditions and entering read them."""

from datetime import date

from tonglu.core.ports import Warehouse, WorkCalendar
from tonglu.core.workdays import flags_of

KEPT = "SELECT name, year(first_day), year(last_day) FROM tonglu.calendar"


def keep_calendar(warehouse: Warehouse, calendar: WorkCalendar, as_of_date: date) -> bool:
    """Bring the kept calendar up to date; whether it had to change. Part of the run's transaction."""
    years = calendar.years(as_of_date)
    kept = warehouse.fetch(KEPT)
    if kept and kept[0][0] == calendar.name and kept[0][1] <= years.start and kept[0][2] >= years.stop - 1:
        return False
    warehouse.run("calendar/fill", name=calendar.name, first_day=date(years.start, 1, 1), worked=flags_of(calendar, years))
    return True
