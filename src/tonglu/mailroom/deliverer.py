"""Delivering what is due: lease, look again, mark, send, write the result; one call does one round and never sleeps.

Every committed touch is handed to its channel at least once, all attempts under one key, and its outcome is recorded exactly
once. A channel that does not honour keys is attempted once; a touch whose fate cannot be known is `unknown`, and stays so.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from tonglu.core.delivery import (
    ADDRESS_GONE,
    Assigned,
    BatchResult,
    BulkChannel,
    Channel,
    Delivered,
    DeliveryState,
    LeftOut,
    MessageChannel,
    OutboundBatch,
    OutboundMessage,
    Outcome,
    Refused,
    Retry,
    Texts,
    Unsure,
)
from tonglu.core.errors import InputError, coded
from tonglu.mailroom.delivery_log import LoggedDelivery
from tonglu.mailroom.outbox import Clearance, Lease
from tonglu.mailroom.parts import Part, write_parts
from tonglu.mailroom.ports import MailroomPort
from tonglu.mailroom.switches import Scope

FIRST_BACKOFF = timedelta(minutes=1)
LONGEST_BACKOFF = timedelta(hours=1)


@dataclass(frozen=True)
class DeliverySummary:
    """One round: rows (touches and batches) by what became of them.

    `states` counts settled rows by state, those swept included; `retried` and `held` went back to waiting; `recovered` came
    back from a deliverer that stopped; `lost` were taken over by another one. `more` says that a channel had at least `limit`
    rows due: call again, with a fresh `now`.
    """

    states: Mapping[DeliveryState, int]
    retried: int = 0
    held: int = 0
    recovered: int = 0
    lost: int = 0
    more: bool = False


def backoff(attempt: int) -> timedelta:
    """The pause after the n-th attempt: one minute, doubling, an hour at most."""
    doublings: int = 1 << min(attempt - 1, 10)
    return min(FIRST_BACKOFF * doublings, LONGEST_BACKOFF)


def deliver_due(
    mailroom: MailroomPort,
    channels: Mapping[str, Channel],
    now: datetime,
    owner: str,
    *,
    texts: Texts,
    staged_root: Path,
    limit: int = 500,
    lease_for: timedelta = timedelta(minutes=10),
    attempts: int = 5,
    closed: Collection[str] = (),
    groups: Mapping[str, Mapping[str, bool]] | None = None,
) -> DeliverySummary:
    """One round over all channels: at most `limit` rows each, each looked at again when its turn comes.

    Args:
        mailroom: the mailroom, shared with other deliverers.
        channels: channels by the name that rows carry; rows of other channels are left to other deliverers.
        now: the instant of the round (UTC). Nothing leaves before its `not_before` or at or after its `expires_at`.
        owner: who delivers, for people who read the mailroom.
        texts: renders the messages of one-by-one channels.
        staged_root: the folder to which batches' paths are relative.
        limit: rows per channel and round; a round should be over well within `lease_for`.
        lease_for: how long others leave this deliverer's rows alone.
        attempts: tries of one key at a receiver that honours keys, or that was not reached at all.
        closed: channels outside their hours at `now`: what heeds them waits, for a round when they are open or for its end.
        groups: by channel, the segments that have hours of their own, and whether these are open at `now`.
    """
    round_ = _Round(mailroom, now, owner, texts, staged_root, now + lease_for, attempts)
    swept = mailroom.outbox.sweep(now, {name: channel.deduplicates for name, channel in channels.items()}, attempts)
    recovered = swept.pop(DeliveryState.WAITING, 0)
    round_.states.update(swept)
    more = False
    for name in sorted(channels):
        more |= round_.channel(name, channels[name], limit, name in closed, (groups or {}).get(name, {}))
    states = {state: count for state, count in round_.states.items() if count}
    went = round_.went
    return DeliverySummary(states, went["retried"], went["held"], recovered, went["lost"], more)


@dataclass
class _Round:
    """One round's settings and counts."""

    mailroom: MailroomPort
    now: datetime
    owner: str
    texts: Texts
    staged_root: Path
    until: datetime
    attempts: int
    states: Counter[DeliveryState] = field(default_factory=Counter)
    went: Counter[str] = field(default_factory=Counter)

    def channel(self, name: str, channel: Channel, limit: int, closed: bool, groups: Mapping[str, bool]) -> bool:
        """Deliver a channel's due rows; whether there may be more."""
        unit = "batch" if isinstance(channel, BulkChannel) else "touch"
        leases = self.mailroom.outbox.lease(
            unit, name, self.now, owner=self.owner, until=self.until, limit=limit, closed=closed, groups=groups
        )
        for lease in leases:
            if isinstance(channel, BulkChannel):
                self._batch(lease, channel)
            else:
                self._message(lease, channel)
        return len(leases) == limit

    def _message(self, lease: Lease, channel: MessageChannel) -> None:
        message = self._rendered(lease)
        if message is None or not self._cleared(lease):
            return
        try:
            outcome = channel.send(message)
        except Exception as error:  # a channel's bug or a library's error: nobody can tell whether the message left
            outcome = Unsure(f"{type(error).__name__} while sending")
        self._write(lease, outcome, channel.deduplicates)

    def _rendered(self, lease: Lease) -> OutboundMessage | None:
        payload = lease.payload
        if payload.get("address", "") is None:
            self._fail(lease, ADDRESS_GONE)
            return None
        message, arm, version, address = (str(payload.get(name) or "") for name in ("message", "arm", "version", "address"))
        variables = cast("Mapping[str, object]", payload.get("variables") or {})
        try:
            text = self.texts.text(message, version, arm, lease.channel, variables)
        except InputError as error:
            self._fail(lease, f"text: {coded(error)}")
            return None
        return OutboundMessage(
            lease.key,
            lease.channel,
            lease.customer_id or 0,
            address,
            message,
            arm,
            text.title,
            text.body,
            lease.attempt + 1,
            lease.journey,
            _assigned(payload),
            lease.not_before,
            lease.expires_at,
            lease.heeds_hours,
            lease.heeds_opt_out,
        )

    def _fail(self, lease: Lease, reason: str) -> None:
        if self.mailroom.outbox.settle(lease, DeliveryState.FAILED, self.now, reason):
            self.states[DeliveryState.FAILED] += 1
        else:
            self.went["lost"] += 1

    def _batch(self, lease: Lease, channel: BulkChannel) -> None:
        if not self._cleared(lease):
            return
        staged = self.mailroom.batches.staged(lease.key)
        if staged is None or staged.path is None:
            self._write(lease, Refused("the staged file was erased"), channel.deduplicates)
            return
        # Read after the mark: from then on nothing more is excluded, so what is read here is what leaves.
        batch = OutboundBatch(
            lease.key,
            lease.channel,
            self.now,
            staged.made_at,
            self.staged_root / staged.path,
            staged.rows,
            staged.sha256,
            self.mailroom.batches.excluded(lease.key),
            self.mailroom.optouts.out_of(lease.channel, lease.purpose),
            self.mailroom.switches.stopped_within(lease.key, Scope.JOURNEY),
            lease.attempt + 1,
            self.mailroom.switches.killed_within(lease.key, Scope.BRANCH),
            self.mailroom.switches.paused(Scope.BRANCH),
        )
        try:
            result = channel.send_batch(batch)
        except Exception as error:  # as above
            result = BatchResult(Unsure(f"{type(error).__name__} while sending"))
        left_out = [part for part in result.left_out if part.touch_key not in batch.excluded]
        behind = [part.touch_key for part in left_out if part.state is DeliveryState.WAITING]
        leaves = isinstance(result.outcome, Delivered) and behind
        parts = write_parts(self.staged_root, staged.path, lease.key, behind) if leaves else []
        self._write(lease, result.outcome, channel.deduplicates, left_out, f"{result.rows} rows", parts)

    def _cleared(self, lease: Lease) -> bool:
        clearance = self.mailroom.outbox.begin(lease, self.now)
        if clearance is Clearance.EXPIRED or clearance is Clearance.CANCELLED:
            self.states[DeliveryState(clearance.value)] += 1
        elif clearance is not Clearance.GO:
            self.went[clearance.value] += 1
        return clearance is Clearance.GO

    def _write(
        self,
        lease: Lease,
        outcome: Outcome,
        deduplicates: bool,
        left_out: Collection[LeftOut] = (),
        said: str = "",
        parts: Collection[Part] = (),
    ) -> None:
        attempt = lease.attempt + 1
        if self._again(outcome, deduplicates, attempt):
            reason = outcome.reason if isinstance(outcome, Retry | Unsure) else ""
            done = self.mailroom.outbox.reschedule(lease, self.now + backoff(attempt), self.now, reason)
            self.went["retried" if done else "lost"] += 1
            return
        state, detail = _settled(outcome)
        more = [
            LoggedDelivery(part.touch_key, lease.key, part.state, self.now, attempt, part.reason)
            for part in (left_out if isinstance(outcome, Delivered) else ())
        ]
        if self.mailroom.outbox.settle(lease, state, self.now, detail or said, more, parts):
            self.states[state] += 1
        else:
            self.went["lost"] += 1

    def _again(self, outcome: Outcome, deduplicates: bool, attempt: int) -> bool:
        if isinstance(outcome, Retry):
            return attempt < self.attempts and (deduplicates or not outcome.reached)
        return isinstance(outcome, Unsure) and deduplicates and attempt < self.attempts


def _assigned(payload: Mapping[str, object]) -> Assigned | None:
    given = payload.get("assigned")
    return Assigned(**given) if isinstance(given, dict) else None


def _settled(outcome: Outcome) -> tuple[DeliveryState, str]:
    if isinstance(outcome, Delivered):
        return outcome.state, outcome.reference
    return (DeliveryState.UNKNOWN if isinstance(outcome, Unsure) else DeliveryState.FAILED), outcome.reason
