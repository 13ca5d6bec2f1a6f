"""By which channels a real customer could be reached during a trip, as a test of its journey says it: consents, addresses, opt-outs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tonglu.warehouse.overlay import Overlay

OPT_OUT = "opt_out"
"""The event by which a test, as a bank, tells an opt-out."""
JUDGED = "SELECT permitted, addressed FROM tonglu.judged WHERE entry_id = $entry_id"
OPT_OUTS = """
    SELECT DISTINCT o.channel, o.opted_out_at FROM tonglu.opt_out AS o
    WHERE o.customer_id = $customer_id AND o.word = 'out' AND o.opted_out_at <= $until AND (o.channel = '*' OR list_contains($used, o.channel))
      AND NOT EXISTS (SELECT 1 FROM tonglu.opt_out AS i WHERE i.customer_id = o.customer_id AND i.word = 'in'
                      AND i.channel IN (o.channel, '*') AND i.opted_out_at > o.opted_out_at AND i.opted_out_at <= $since)
      AND NOT EXISTS (SELECT 1 FROM source.consents AS c WHERE c.customer_id = o.customer_id AND c.purpose = $purpose
                      AND c.channel = o.channel AND c.granted AND c.changed_at > o.opted_out_at AND c.changed_at <= $since)
    ORDER BY ALL
"""


@dataclass(frozen=True)
class Reach:
    """How a trip's customer could be reached.

    Attributes:
        consents: the channels with consent, an opt-out aside; None where that is all that the journey uses.
        channels: the channels with an address; None where that is all that the journey uses.
        opt_outs: (instant, channel) of each opt-out that held in the trip, '*' for all channels.
    """

    consents: tuple[str, ...] | None
    channels: tuple[str, ...] | None
    opt_outs: tuple[tuple[datetime, str], ...]


def reach(overlay: Overlay, about: Mapping[str, object], used: frozenset[str], declared: Mapping[str, object] | None) -> Reach:
    """How the customer of a trip could be reached.

    Args:
        overlay: the live warehouse.
        about: `entry_id`, `customer_id`, `purpose`, and the trip's time: `since` and `until`.
        used: the channels that the journey uses.
        declared: the properties of the event `opt_out`; None where the bank has no such event, so that a test can tell of none.
    """
    rows = overlay.fetch(JUDGED, entry_id=about["entry_id"])
    permitted = {channel for row in rows for channel in row[0] or ()}
    addressed = {channel for row in rows for channel in row[1] or ()}
    asked = {name: about[name] for name in ("customer_id", "purpose", "since", "until")}
    told = overlay.fetch(OPT_OUTS, used=sorted(used), **asked) if declared is not None else []
    outs = tuple((at, channel) for channel, at in told if channel == "*" or "channel" in (declared or ()))
    consented = permitted | {one for _, channel in outs for one in (used if channel == "*" else {channel})}
    return Reach(
        tuple(sorted(consented)) if rows and consented != used else None,
        tuple(sorted((used - permitted) | addressed)) if permitted - addressed else None,
        outs,
    )
