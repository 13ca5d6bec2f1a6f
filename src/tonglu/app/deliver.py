"""One round of delivery over everything that is due, with the hours of the policy of today."""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from tonglu.app.governed import governed_now
from tonglu.app.loop import hand_over_unfinished
from tonglu.app.workplace import Workplace
from tonglu.core.clock import day_of
from tonglu.core.errors import Unavailable
from tonglu.core.workdays import work_calendar
from tonglu.language.hours import Days, next_opening_of
from tonglu.stages import mail

KEPT_FOR = timedelta(days=7)
"""How long payloads, staged files and news that was read are kept after they have settled."""


def deliver_now(place: Workplace, now: datetime) -> dict[str, int]:
    """Let everything leave that is due at `now`; what became of it, by state.

    A run that was killed between its commit and its hand-over is handed over first: what it learned may stop what waits.
    What heeds quiet hours stays while its channel is closed. At the end payloads and staged files that settled long ago are erased.
    """
    from tonglu.mailroom.deliverer import deliver_due

    hand_over_unfinished(place)
    closed, groups = _hours_at(place, now)
    library = place.library()
    channels = place.channels(library)
    states = Counter({state.value: count for state, count in place.mailroom.worklist.sweep(now).items()})
    more = True
    while more:
        summary = deliver_due(
            place.mailroom, channels, now, "tonglu", texts=library, staged_root=place.staged, closed=closed, groups=groups
        )
        states.update({state.value: count for state, count in summary.states.items()})
        more = summary.more
    with suppress(Unavailable):  # another process keeps the mailroom busy: the next round erases
        place.mailroom.purge(now - KEPT_FOR, place.staged, mail.watermark(place.warehouse, "inbox"))
    return dict(states)


def _hours_at(place: Workplace, now: datetime) -> tuple[set[str], dict[str, dict[str, bool]]]:
    """The channels that are closed at an instant, and by channel the groups with hours of their own and whether these are open."""
    project = place.definitions.project
    zone, days = project.zone_info, Days(work_calendar(project.calendar), day_of(now, project.zone_info))
    hours = governed_now(place).policy.open_hours
    closed = {name for name, one in hours.items() if next_opening_of(one, now, zone, days) > now}
    groups = {
        name: {group.segment: next_opening_of(group, now, zone, days) <= now for group in one.groups}
        for name, one in hours.items()
    }
    return closed, groups
