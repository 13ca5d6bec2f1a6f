"""Which open hours a touch heeds, and when they open: the one place from which slots take them."""

from datetime import datetime

from tonglu.core.clock import next_opening
from tonglu.gates.gate import Chain

NO_HOURS = -1
"""Touches whose purpose skips quiet hours heed none."""
HEEDED = "UPDATE contender SET hours = CASE WHEN list_contains($unquiet, purpose) THEN -1 ELSE 0 END"
"""Which hours of its channel each contender heeds: `NO_HOURS`, or 0 for the channel's own."""


def heed(chain: Chain) -> None:
    """Write down which hours each contender heeds."""
    chain.warehouse.execute(HEEDED, unquiet=chain.skipping("quiet_hours"))


def opening(chain: Chain, channel: str, hours: int, instant: datetime) -> datetime:
    """The first instant from `instant` on at which a channel is open to those who heed these hours of it.

    Args:
        chain: the run's policy and zone.
        channel: the channel.
        hours: which of its hours, as `heed` wrote them down.
        instant: where to look from, UTC.
    """
    rule = None if hours == NO_HOURS else chain.policy.open_hours.get(channel)
    return instant if rule is None else next_opening(instant, rule.start, rule.end, chain.zone)
