"""Durations as people write them: '3 days', '4 hours', '30 minutes'. A day is 24 hours (docs/language.md)."""

import re
from datetime import timedelta

_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_SHORT = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week"}
_FORM = re.compile(r"^\s*(\d{1,9})\s*([a-z]+)\s*$")
LONGEST = timedelta(days=3660)


def parse_duration(text: str) -> timedelta:
    """A duration from '3 days' and the like.

    Raises:
        ValueError: not a count and a unit, or longer than ten years.
    """
    match = _FORM.match(text.lower())
    unit = "" if match is None else _SHORT.get(match[2], match[2].removesuffix("s"))
    if match is None or unit not in _UNITS:
        raise ValueError(f"'{text}' is not a duration; write a count and a unit, such as '3 days', '4 hours' or '30 minutes'")
    length = int(match[1]) * _UNITS[unit] if int(match[1]) <= LONGEST.total_seconds() else LONGEST * 2
    if length > LONGEST:
        raise ValueError(f"'{text}' is longer than ten years")
    return length


def microseconds(length: timedelta) -> int:
    """The whole duration in microseconds, the unit in which the warehouse keeps it."""
    return length // timedelta(microseconds=1)


_CHINESE = {"day": "天", "hour": "小时", "minute": "分钟", "second": "秒"}


def format_duration_zh(length: timedelta) -> str:
    """The same in Chinese: '3 天'."""
    count, unit = format_duration(length).split(" ")
    return f"{count} {_CHINESE[unit.removesuffix('s')]}"


def format_duration(length: timedelta) -> str:
    """The shortest exact writing: '3 days', '36 hours', '1 week' stays '7 days'."""
    for name in ("day", "hour", "minute"):
        count, rest = divmod(length, _UNITS[name])
        if count and not rest:
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    count = length // _UNITS["second"]
    return f"{count} second" if count == 1 else f"{count} seconds"
