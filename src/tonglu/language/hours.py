"""When a channel may be used: windows of a day, by kind of day and by the group that a customer is in."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from tonglu.core.clock import next_open
from tonglu.core.ports import WorkCalendar
from tonglu.language.values import Authored, Hours, Name, Written, refuse, shown

CLOSED = "closed"


@dataclass(frozen=True)
class DayHours(Written):
    """The windows of a day, '08:00-12:00, 14:00-21:00', in rising order, or 'closed'."""

    windows: tuple[Hours, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.windows)) or CLOSED

    @classmethod
    def read(cls, value: object) -> Self:
        """The windows from their text, or from a list of texts."""
        if value == CLOSED:
            return cls(())
        parts = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else None
        if not parts:
            raise refuse(f"{shown(value)} are not hours of a day", "Write them like '08:00-12:00, 14:00-21:00', or 'closed'.")
        windows = tuple(Hours.read(part) for part in parts)
        for earlier, later in pairwise(windows):
            if later.start < earlier.end:
                raise refuse(f"{later} does not come after {earlier}", "Write the windows in order, without an overlap.", "TL840")
        return cls(windows)

    def within(self, other: "DayHours") -> "DayHours":
        """What both allow."""
        both = [
            Hours(max(one.start, two.start), min(one.end, two.end))
            for one in self.windows
            for two in other.windows
            if max(one.start, two.start) < min(one.end, two.end)
        ]
        return DayHours(tuple(sorted(both, key=lambda hours: hours.start)))


ALL_DAY = DayHours((Hours(time(), time.max),))


class ByDay(Authored):
    """Hours that may differ on days that are worked and on those that are not."""

    workdays: DayHours | None = None
    weekends: DayHours | None = None

    @property
    @abstractmethod
    def usual(self) -> DayHours:
        """The hours of days for which nothing else is said."""

    def on(self, worked: bool | None) -> DayHours:
        """The hours of a day; of one of which nobody knows whether it is worked (None), what both kinds of day allow."""
        worked_hours, free_hours = self.workdays or self.usual, self.weekends or self.usual
        if worked is None:
            return worked_hours.within(free_hours)
        return worked_hours if worked else free_hours

    @property
    def depends_on_day(self) -> bool:
        """Whether the kind of day matters."""
        return self.on(True) != self.on(False)

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if not self.on(True).windows and not self.on(False).windows:
            raise refuse("these hours never open", "Give some windows, or take the channel out of the journeys.", "TL840")
        return self


class GroupHours(ByDay):
    """The hours for the members of a segment."""

    segment: Name
    hours: DayHours

    @property
    def usual(self) -> DayHours:
        """Hours of any day."""
        return self.hours


class OpenHours(ByDay):
    """The hours of a channel; the first group that a customer is in has its own. A text stands for `default` alone."""

    default: DayHours = ALL_DAY
    groups: tuple[GroupHours, ...] = ()

    @property
    def usual(self) -> DayHours:
        """Hours of any day."""
        return self.default

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        return {"default": data} if isinstance(data, str | list) else data

    @model_validator(mode="after")
    def _each_group_once(self) -> Self:
        names = [group.segment for group in self.groups]
        twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
        if twice is not None:
            raise refuse(f"two groups are of segment '{twice}'", "The first one counts: remove the other.", "TL840")
        return self

    def rule(self, segment: str | None) -> ByDay:
        """What holds for a customer whose first matching group is this one, or none."""
        return next((group for group in self.groups if group.segment == segment), self)

    def __str__(self) -> str:
        return described(self)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made: Mapping[str, Any] = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [{"type": "string", "description": "daily hours, '08:00-21:00'"}, dict(made)]}


def described(rule: ByDay) -> str:
    """A rule's hours for people."""
    parts = [str(rule.usual)]
    parts += [f"workdays {rule.workdays}"] if rule.workdays else []
    parts += [f"weekends {rule.weekends}"] if rule.weekends else []
    return "; ".join(parts)


@dataclass(frozen=True)
class Days:
    """Which days are worked, as far as a calendar knows."""

    calendar: WorkCalendar
    as_of: date

    def worked(self, day: date) -> bool | None:
        """Whether a day is worked; None outside of the calendar's years."""
        return self.calendar.is_workday(day) if day.year in self.calendar.years(self.as_of) else None


def windows_on(rule: ByDay, day: date, days: Days) -> tuple[tuple[time, time], ...]:
    """The windows of a rule on one day."""
    hours = rule.on(days.worked(day) if rule.depends_on_day else True)
    return tuple((one.start, one.end) for one in hours.windows)


def next_opening_of(rule: ByDay, instant: datetime, zone: ZoneInfo, days: Days) -> datetime:
    """The first instant from `instant` on at which a rule is open."""
    return next_open(instant, lambda day: windows_on(rule, day, days), zone)
