"""Which open hours a touch heeds, and when they open: the one place from which slots take them."""

from datetime import datetime

from tonglu.gates.gate import Chain
from tonglu.language.hours import next_opening_of

NO_HOURS = -1
"""Touches whose purpose skips quiet hours heed none."""
HEEDED = """
    UPDATE contender SET hours = CASE WHEN list_contains($unquiet, purpose) THEN -1 ELSE coalesce(
        (SELECT min(t.place) FROM hours_theirs AS t WHERE t.proposal_no = contender.proposal_no),
        (SELECT h.place FROM hours_now AS h WHERE h.channel = contender.channel AND h.segment IS NULL), 0) END
"""
"""Which hours of its channel each contender heeds: `NO_HOURS`, the place of its group, or the place after all groups for the channel's own."""


def heed(chain: Chain) -> None:
    """Write down which hours each contender heeds."""
    chain.warehouse.execute(HEEDED, unquiet=chain.skipping("quiet_hours"))


def opening(chain: Chain, channel: str, hours: int, instant: datetime) -> datetime:
    """The first instant from `instant` on at which a channel is open to those who heed these hours of it.

    Args:
        chain: the run's policy, zone and worked days.
        channel: the channel.
        hours: which of its hours, as `heed` wrote them down.
        instant: where to look from, UTC.
    """
    written = None if hours == NO_HOURS else chain.policy.open_hours.get(channel)
    if written is None:
        return instant
    rule = written.groups[hours] if hours < len(written.groups) else written
    return next_opening_of(rule, instant, chain.zone, chain.days)
