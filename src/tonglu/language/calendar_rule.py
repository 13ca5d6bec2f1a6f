"""When a journey is entered by the calendar: one date, a recurrence, the n-th workday of a month, or every customer's own pay-day."""

from calendar import monthrange
from datetime import date as Day  # noqa: N812 (a field is called date)
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tonglu.language.values import Authored, ClockTime, Moment, refuse

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS_IN = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


class CalendarRule(Authored):
    """`{date: "2026-03-01 09:00"}`, `{every: month, day: 5}`, `{every: month, workday: -1}`, `{pay_day: 2}`; `at` is the bank's clock."""

    date: Moment | None = None
    every: Literal["day", "workday", "week", "month", "year"] | None = None
    weekday: Weekday | None = None
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    workday: Annotated[int, Field(ge=-23, le=23)] | None = None
    pay_day: Annotated[int, Field(ge=-31, le=31)] | None = None
    at: ClockTime | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "CalendarRule":
        if sum(one is not None for one in (self.date, self.every, self.pay_day)) != 1:
            raise refuse("a calendar is exactly one of 'date', 'every' and 'pay_day'", "Write {every: month, day: 5}.", "TL419")
        if self.date is not None and self.at is not None:
            raise refuse("'at' does not belong to a date", "Put the time behind the date: '2026-03-01 09:00'.", "TL419")
        wanted = {"week": {"weekday"}, "year": {"month", "day"}}.get(self.every or "", set())
        if self.every == "month":
            wanted = {"workday"} if self.workday is not None else {"day"}
        given = {name for name in ("weekday", "day", "month", "workday") if getattr(self, name) is not None}
        if given != wanted:
            self._refuse_parts(given, wanted)
        if self.workday == 0:
            raise refuse("there is no workday 0", "The first is 1, the last is -1.", "TL419")
        if self.month is not None and self.day is not None and self.day > DAYS_IN.get(self.month, 31):
            raise refuse(f"month {self.month} has no day {self.day}", "", "TL419")
        return self

    def falls_on(self, day: Day) -> bool:
        """Whether a day is one of the rule's; only for recurrences that count no workdays. A month without the day has its last."""
        if self.every == "week":
            return self.weekday is not None and day.weekday() == WEEKDAYS.index(self.weekday)
        if self.every in ("month", "year"):
            in_month = self.every == "month" or day.month == self.month
            return in_month and self.day is not None and day.day == min(self.day, monthrange(day.year, day.month)[1])
        return self.every == "day"

    def _refuse_parts(self, given: set[str], wanted: set[str]) -> None:
        what = f"'every: {self.every}'" if self.every else "'date'" if self.date else "'pay_day'"
        missing, odd = sorted(wanted - given), sorted(given - wanted)
        if missing:
            example = {"weekday": "weekday: monday", "day": "day: 5", "month": "month: 3"}
            raise refuse(f"{what} needs '{missing[0]}'", f"Write {example[missing[0]]}.", "TL419")
        raise refuse(f"'{odd[0]}' does not belong to {what}", "Take it out.", "TL419")
