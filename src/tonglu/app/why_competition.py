"""What `tonglu why` says of competition: the factors of a score, the touch that took a place, and the hours that held."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tonglu.core.clock import day_of, show_instant
from tonglu.core.workdays import CalendarKind, work_calendar
from tonglu.language.hours import Days, described, next_opening_of
from tonglu.language.policy import Policy

Row = Mapping[str, Any]


def factors(row: Row, policy: Policy) -> dict[str, object]:
    """P, V, C and L of a proposal as its run used them, and what made C."""
    rules = policy.arbitration.context
    held = [str(rules[number - 1].when) for number in row["weights"] or [] if number <= len(rules)]
    return {
        "p": None if row["p"] is None else float(row["p"]),
        "v_yuan": None if row["v"] is None else row["v"] / 100,
        "source": row["source"],
        "c": float(row["context"] or 1),
        "held": held,
        "l": float(row["lever"] or 1),
        "score": float(row["score"] or 0),
    }


def hours_of(row: Row, policy: Policy) -> str:
    """The hours that held for a proposal, in words."""
    hours = policy.open_hours.get(str(row["channel"]))
    if hours is None:
        return "always"
    group = row["hours_segment"]
    return described(hours.rule(group)) + (f" (in segment {group})" if group else "")


def opening_of(row: Row, policy: Policy, zone: ZoneInfo, calendar: CalendarKind) -> datetime | None:
    """The next opening that the run worked out; None where the channel is always open."""
    hours = policy.open_hours.get(str(row["channel"]))
    if hours is None:
        return None
    as_of: datetime = row["as_of"]
    days = Days(work_calendar(calendar), day_of(as_of, zone))
    return next_opening_of(hours.rule(row["hours_segment"]), as_of, zone, days)


def took_the_place(row: Row, zone: ZoneInfo) -> str:
    """The touch that a cap or an exclusion counted last, in words; empty where none is kept."""
    if row["to_journey"] is None:
        return ""
    return f"{row['to_journey']}.{row['to_step']} at {show_instant(row['planned_at'], zone)}"


def excluded(row: Row, policy: Policy, zone: ZoneInfo) -> tuple[str, str]:
    """Why an exclusion stopped a proposal, and the nearest change."""
    rule = next((one for one in policy.exclusions if one.name == row["yielded_rule"]), None)
    took = took_the_place(row, zone) or str(row["detail"])
    if rule is None or row["planned_at"] is None:
        return f"{took} has the customer", ""
    free = show_instant(row["planned_at"] + rule.within, zone)
    return f"{took} has the customer: {rule} ({rule.name})", f"would pass from {free} on, or without that exclusion"
