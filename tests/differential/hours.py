"""When a channel is open for a customer."""

from datetime import datetime

from tests.differential.calendar import Windows
from tests.differential.proposal import Proposal
from tests.differential.world import World


def opening(world: World, one: Proposal) -> datetime | None:
    """The first instant from the run's on at which the touch's channel is open for its customer."""
    opens = windows_of(world, one)
    return world.as_of if opens is None else world.calendar.next_open(world.as_of, *opens)


def windows_of(world: World, one: Proposal) -> tuple[Windows, Windows] | None:
    """The windows of workdays and of other days: by the first group that the customer is in, else the channel's own; None: always."""
    hours = None if "quiet_hours" in one.skips else world.policy.open_hours.get(one.channel or "")
    if hours is None:
        return None
    groups = [group for group in hours.groups if world.facts.member(one.entry.customer, group.segment, world.run)]
    rule = groups[0] if groups else hours
    usual = groups[0].hours if groups else hours.default
    worked, free = ([(window.start, window.end) for window in (own or usual).windows] for own in (rule.workdays, rule.weekends))
    return worked, free
