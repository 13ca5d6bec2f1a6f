"""Letting leave what a run decided: everything that is due, through its channel."""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from tonglu.app.governed import governed_now
from tonglu.app.workplace import Workplace
from tonglu.core.clock import next_opening
from tonglu.core.errors import Unavailable
from tonglu.stages import mail

KEPT_FOR = timedelta(days=7)
"""How long payloads, staged files and news that was read are kept after they have settled."""


def deliver_now(place: Workplace, now: datetime) -> dict[str, int]:
    """Let everything leave that is due at `now`; what became of it, by state.

    What heeds quiet hours stays while its channel is closed. At the end payloads and staged files that settled long ago are erased.
    """
    from tonglu.mailroom.deliverer import deliver_due

    hours, zone = governed_now(place).policy.open_hours, place.definitions.project.zone_info
    closed = {name for name, one in hours.items() if next_opening(now, one.start, one.end, zone) > now}
    library = place.library()
    channels = place.channels(library)
    states: Counter[str] = Counter()
    more = True
    while more:
        summary = deliver_due(place.mailroom, channels, now, "tonglu", texts=library, staged_root=place.staged, closed=closed)
        states.update({state.value: count for state, count in summary.states.items()})
        more = summary.more
    with suppress(Unavailable):  # another process keeps the mailroom busy: the next round erases
        place.mailroom.purge(now - KEPT_FOR, place.staged, mail.watermark(place.warehouse, "inbox"))
    return dict(states)
