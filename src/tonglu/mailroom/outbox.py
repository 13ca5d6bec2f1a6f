"""The outbox: touches and batches on their way out, each with one delivery state, guarded by leases with fencing tokens.

Only a row whose lease carries the token of the deliverer may change hands; tokens rise strictly, so a deliverer that slept
past its lease finds its token replaced and writes nothing. A row is marked before it is sent: whoever finds the mark without
a result cannot know whether it left.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tonglu.core.delivery import DeliveryState, OutboxRow, instant_of, instant_text
from tonglu.mailroom import outbox_sql as sql
from tonglu.mailroom.connection import Database, Row
from tonglu.mailroom.delivery_log import DeliveryLog, LoggedDelivery
from tonglu.mailroom.optouts import OptOuts
from tonglu.mailroom.parts import WAITS_IN, Part, first_of
from tonglu.mailroom.switches import Action, Scope, Switches


class Clearance(StrEnum):
    """What the last look before sending says: go, or what became of the row instead."""

    GO = "go"
    HELD = "held"  # a pause, or its instant is not here yet; back to waiting
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    LOST = "lost"  # the lease is somebody else's by now; hands off


@dataclass(frozen=True)
class Lease:
    """One row in a deliverer's hands. `payload` is empty for a batch; `attempt` counts the attempts begun before."""

    key: str
    unit: str
    channel: str
    journey: str
    customer_id: int | None = field(repr=False)
    payload: Mapping[str, object] = field(repr=False)
    attempt: int
    token: int
    product: str = ""
    branch: str = ""
    purpose: str = "marketing"
    not_before: datetime | None = None
    expires_at: datetime | None = None
    heeds_hours: bool = True
    heeds_opt_out: bool = True


class Outbox:
    """The life of a row: waiting, leased, and then one of the other states. Batches live here too, under their batch_id."""

    def __init__(self, database: Database, log: DeliveryLog, switches: Switches, optouts: OptOuts) -> None:
        self._database = database
        self._log = log
        self._switches = switches
        self._optouts = optouts

    def hand_over(self, rows: Iterable[OutboxRow]) -> int:
        """Take touches durably, in one transaction; a key that is known is left as it is. How many were new."""
        parameters = [_parameters(row) for row in rows]
        with self._database.transaction():
            return self._database.change_many(sql.HAND_OVER, parameters)

    def sweep(self, now: datetime, served: Mapping[str, bool], attempts: int) -> dict[DeliveryState, int]:
        """Put right what time and switches changed: lapsed leases, rows past their end, rows that a kill in force reaches.

        `served` says of each channel of this deliverer whether it deduplicates. A lapsed row that was not marked goes back
        to waiting; so does a marked one of a deduplicating channel while `attempts` are left; any other marked one becomes
        unknown. Lapsed rows of channels that are not served are left to those who serve them. Rows by their new state.
        """
        at = {"now": instant_text(now)}
        ours = {**at, "served": json.dumps(sorted(served))}
        honest = json.dumps(sorted(name for name, deduplicates in served.items() if deduplicates))
        marked = {**ours, "deduplicating": honest, "attempts": attempts}
        with self._database.transaction():
            lost = self._settled(sql.LAPSED_UNKNOWN, marked, now, "the deliverer stopped while sending")
            back = self._database.change(sql.LAPSED_WAITING, ours)
            late = self._settled(sql.EXPIRE, at, now, "past its end")
            killed = 0
            for switch in self._switches.in_force():
                if switch.action is Action.KILL:
                    killed += self.cancel_reached(switch.scope, switch.name, now, f"killed by {switch.by}")
        return {
            DeliveryState.UNKNOWN: lost,
            DeliveryState.WAITING: back,
            DeliveryState.EXPIRED: late,
            DeliveryState.CANCELLED: killed,
        }

    def lease(
        self,
        unit: str,
        channel: str,
        now: datetime,
        *,
        owner: str,
        until: datetime,
        limit: int,
        closed: bool = False,
        groups: Mapping[str, bool] | None = None,
    ) -> list[Lease]:
        """Take up to `limit` due rows of a channel, oldest first; nobody else gets them before `until`.

        Paused ones stay; so do, when the channel is `closed`, all that heed its hours. `groups` says of segments with hours of
        their own whether they are open.
        """
        with self._database.transaction():
            if self._switches.stop_of(channel) is not None:
                return []
            due = {"unit": unit, "channel": channel, "now": instant_text(now), "limit": limit}
            due |= {"closed": closed, "groups": json.dumps(dict(groups or {}))}
            for name, scope in (("journeys", Scope.JOURNEY), ("products", Scope.PRODUCT), ("branches", Scope.BRANCH)):
                due[name] = json.dumps(self._switches.stopped(scope))
            keys = [str(row[0]) for row in self._database.rows(sql.DUE, due)]
            if not keys:
                return []
            token = int(self._database.rows(sql.NEXT_TOKEN)[0][0])
            lease = {"keys": json.dumps(keys), "token": token, "owner": owner, "until": instant_text(until)}
            self._database.change(sql.LEASE, lease)
            return [_lease(row, token) for row in self._database.rows(sql.LEASED, {"keys": json.dumps(keys)})]

    def begin(self, lease: Lease, now: datetime) -> Clearance:
        """The last look: the lease, the clock, switches and opt-outs; on GO the attempt is marked, durably, before it is made."""
        with self._database.transaction():
            found = self._database.rows(sql.HELD_BY, {"key": lease.key, "token": lease.token, "now": instant_text(now)})
            if not found:
                return Clearance.LOST
            not_before, expires_at = (instant_of(text) for text in found[0][:2])
            heeds_opt_out = bool(found[0][2])
            stop = self._switches.stop_of(lease.channel, lease.journey, lease.product, lease.branch)
            if expires_at <= now:
                self._close(lease, DeliveryState.EXPIRED, now, "past its end")
                return Clearance.EXPIRED
            if stop is Action.KILL:
                self._close(lease, DeliveryState.CANCELLED, now, "killed")
                return Clearance.CANCELLED
            customer_id = lease.customer_id if heeds_opt_out else None
            if customer_id is not None and self._optouts.stops(customer_id, lease.channel, lease.purpose):
                self._close(lease, DeliveryState.CANCELLED, now, "opted out")
                return Clearance.CANCELLED
            if stop is Action.PAUSE or not_before > now:
                self._database.change(sql.RELEASE, {"key": lease.key, "token": lease.token})
                return Clearance.HELD
            self._database.change(sql.MARK, {"key": lease.key, "token": lease.token})
            return Clearance.GO

    def settle(
        self,
        lease: Lease,
        state: DeliveryState,
        now: datetime,
        detail: str = "",
        more: Iterable[LoggedDelivery] = (),
        parts: Iterable[Part] = (),
    ) -> bool:
        """Write a result and its log line, `more` lines with it, and the parts of a batch that wait on as batches of their own.

        False, and nothing is written, when the lease is lost.
        """
        told = list(more)
        with self._database.transaction():
            if not self._close(lease, state, now, detail, {line.touch_key for line in told}):
                return False
            for part in parts:
                self._keep(lease.key, part)
            self._log.append(told)
            return True

    def reschedule(self, lease: Lease, due_at: datetime, now: datetime, detail: str) -> bool:
        """Back to waiting, not before `due_at`. False, and nothing is written, when the lease is lost."""
        with self._database.transaction():
            asked = {"key": lease.key, "token": lease.token, "due_at": instant_text(due_at)}
            if not (rows := self._database.rows(sql.RESCHEDULE, asked)):
                return False
            self._log.append(self._lines(rows[0], DeliveryState.WAITING, now, detail))
            return True

    def confirm(self, key: str, state: DeliveryState, at: datetime, detail: str = "") -> bool:
        """What became known later of a row that is accepted, pending or unknown; False when it is in another state."""
        with self._database.transaction():
            return self.confirm_within(key, state, at, detail)

    def confirm_within(self, key: str, state: DeliveryState, at: datetime, detail: str = "") -> bool:
        """`confirm` inside the caller's transaction."""
        return self._settled(sql.CONFIRM, {"key": key, "state": state.value, "now": instant_text(at)}, at, detail) > 0

    def cancel(self, keys: Iterable[str], at: datetime, reason: str) -> int:
        """Cancel what has not begun to leave; how many. The others are not touched."""
        asked = {"keys": json.dumps(list(keys)), "now": instant_text(at)}
        with self._database.transaction():
            return self._settled(sql.CANCEL, asked, at, reason)

    def cancel_reached(self, scope: Scope, name: str, at: datetime, reason: str) -> int:
        """Cancel every unsent row that a kill reaches, inside the caller's transaction."""
        return self._settled(sql.CANCEL_REACHED, {"scope": scope.value, "name": name, "now": instant_text(at)}, at, reason)

    def cancel_customer(self, customer_id: int, at: datetime, reason: str) -> int:
        """Cancel every unsent row of a customer, inside the caller's transaction."""
        return self._settled(sql.CANCEL_CUSTOMER, {"customer_id": customer_id, "now": instant_text(at)}, at, reason)

    def state_of(self, key: str) -> DeliveryState | None:
        """The row's state; None when the key was never handed over."""
        found = self._database.rows(sql.STATE, {"key": key})
        return DeliveryState(found[0][0]) if found else None

    def counts(self) -> dict[tuple[str, str, DeliveryState], int]:
        """Rows by unit ('touch' or 'batch'), channel and state."""
        return {(unit, channel, DeliveryState(state)): n for unit, channel, state, n in self._database.rows(sql.COUNTS)}

    def next_due(self) -> datetime | None:
        """The instant at which the next waiting row is due; None when nothing waits."""
        found = self._database.rows(sql.NEXT_DUE)[0][0]
        return None if found is None else instant_of(found)

    def _close(self, lease: Lease, state: DeliveryState, now: datetime, detail: str, told: Collection[str | None] = ()) -> bool:
        asked = {"key": lease.key, "token": lease.token, "state": state.value, "now": instant_text(now)}
        return self._settled(sql.SETTLE, asked, now, detail, told) > 0

    def _settled(
        self, statement: str, parameters: Mapping[str, object], at: datetime, detail: str, told: Collection[str | None] = ()
    ) -> int:
        rows = self._database.rows(statement, parameters)
        lines = (line for row in rows for line in self._lines(row, DeliveryState(row[3]), at, detail))
        self._log.append([line for line in lines if line.touch_key is None or line.touch_key not in told])
        return len(rows)

    def _lines(self, row: Row, state: DeliveryState, at: datetime, detail: str) -> list[LoggedDelivery]:
        """What the log says of a row: one line, but of a part of a batch one for each of its touches."""
        key, unit, attempt = row[:3]
        if unit == "touch":
            return [LoggedDelivery(key, None, state, at, attempt, detail)]
        if key == first_of(key):
            return [LoggedDelivery(None, key, state, at, attempt, detail)]
        asked = {"first": first_of(key), "reason": WAITS_IN + key, "key": key}
        touches = self._database.rows(sql.TOUCHES_OF_PART, asked)
        return [LoggedDelivery(touch_key, key, state, at, attempt, detail) for (touch_key,) in touches]

    def _keep(self, batch_id: str, part: Part) -> None:
        """Let a part of a batch wait on, under the switches of the first hand-over."""
        named = {"of": batch_id, "key": part.key}
        self._database.change(sql.PART, {**named, "branch": part.branch})
        self._database.change(sql.PART_FILE, {**named, "path": part.path, "rows": len(part.touch_keys), "sha256": part.sha256})
        own = {"first": first_of(batch_id), "reason": WAITS_IN + part.key, "keys": json.dumps(part.touch_keys)}
        self._database.change(sql.PART_TOUCHES, own)


def _lease(row: Row, token: int) -> Lease:
    key, unit, channel, journey, customer_id, payload, attempt, product, branch, purpose = row[:10]
    not_before, expires_at, hours, opt_out = row[10:]
    times = instant_of(not_before), instant_of(expires_at)
    content = json.loads(payload or "{}")
    scopes = product, branch, purpose
    return Lease(key, unit, channel, journey, customer_id, content, attempt, token, *scopes, *times, bool(hours), bool(opt_out))


def _parameters(row: OutboxRow) -> dict[str, object]:
    payload: dict[str, object] = {
        "address": row.address,
        "message": row.message,
        "arm": row.arm,
        "version": row.version,
        "variables": dict(row.variables),
    }
    if row.assigned is not None:
        payload["assigned"] = vars(row.assigned)
    return {
        "key": row.touch_key,
        "unit": "touch",
        "run_no": row.run_no,
        "channel": row.channel,
        "journey": row.journey,
        "customer_id": row.customer_id,
        "payload": json.dumps(payload, ensure_ascii=False),
        "not_before": instant_text(row.not_before),
        "expires_at": instant_text(row.expires_at),
        "heeds_hours": row.heeds_hours,
        "heeds_opt_out": row.heeds_opt_out,
        "product": row.product,
        "branch": row.branch,
        "purpose": row.purpose,
        "hours": row.hours,
    }
