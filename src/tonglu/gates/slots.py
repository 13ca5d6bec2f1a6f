"""The times at which proposals of a channel may be planned: the shortest periods in which anything of it is limited, inside its hours."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tonglu.core.clock import local, to_utc
from tonglu.gates.gate import Chain
from tonglu.gates.open_hours import opening
from tonglu.language.allocation import Limit

PERIODS = ("hour", "day", "month")
Slot = tuple[int, datetime, datetime, datetime | None]


def start_of(instant: datetime, period: str, zone: ZoneInfo) -> datetime:
    """The beginning of the hour, day or month of the bank's clock that an instant lies in."""
    here = local(instant, zone).replace(minute=0, second=0, microsecond=0)
    if period != "hour":
        here = here.replace(hour=0)
    return to_utc(here.replace(day=1) if period == "month" else here, zone)


def end_of(start: datetime, period: str, zone: ZoneInfo) -> datetime:
    """The end of a period that begins at `start`."""
    here = local(start, zone)
    if period == "month":
        return to_utc((here + timedelta(days=32)).replace(day=1), zone)
    return to_utc(here + (timedelta(hours=1) if period == "hour" else timedelta(days=1)), zone)


def shortest_period(channel: str, limits: Iterable[Limit]) -> str:
    """The shortest period in which a limit of the channel counts."""
    return min((one.per for one in limits if one.channel in (None, channel)), key=PERIODS.index)


def slots(chain: Chain, channel: str, hours: int, period: str, first: datetime, latest: datetime) -> Iterator[Slot]:
    """Number, begin, end and the instant to plan at (None where the channel stays closed) of every slot from `first` to `latest`.

    Args:
        chain: the run's policy and zone.
        channel: the channel.
        hours: which of its hours the touches heed, see `open_hours`.
        period: how long a slot is.
        first: an instant inside the first slot.
        latest: the last instant that anything may be planned at.
    """
    starts, number = start_of(first, period, chain.zone), 0
    while starts <= latest:
        ends = end_of(starts, period, chain.zone)
        opens = opening(chain, channel, hours, starts)
        yield number, starts, ends, opens if opens < ends else None
        starts, number = ends, number + 1
