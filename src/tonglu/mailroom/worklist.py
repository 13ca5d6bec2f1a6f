"""The worklist: touches that wait for a person, taken by one at a time, tried as often as their channel allows, settled once.

An item is `pending` in the outbox from the moment it is on the list until an outcome settles it, it expires, or it is taken back. A
lease with a rising token keeps two people off one item; `version` rises with every change, for sheets that were exported. An
outcome, the delivery state that follows from it and the receipt that journeys wait for are one transaction.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tonglu.core.clock import day_of, to_utc
from tonglu.core.delivery import DeliveryState, instant_of, instant_text
from tonglu.core.work import DISPOSITIONS, Disposition, NewItem, Terms, WorkItem, WorkState
from tonglu.mailroom import outbox_sql
from tonglu.mailroom import worklist_sql as sql
from tonglu.mailroom.connection import Database
from tonglu.mailroom.inbox import Inbox, InboxItem
from tonglu.mailroom.optouts import OptOuts
from tonglu.mailroom.outbox import Outbox
from tonglu.mailroom.switches import Action, Scope, Switches
from tonglu.mailroom.work_answers import REFUSED, Answer, Asked, Attempt, Noted, Refusals, Report, Took
from tonglu.mailroom.work_rows import Held
from tonglu.mailroom.work_rows import held as held_of

LEASE = timedelta(minutes=30)  # how long an item stays with whoever took it
LEAST_PREFIX = 4  # the least characters by which a key can be called


class Worklist:
    """The lists of all branches and employees; every writing call is one durable transaction."""

    def __init__(self, database: Database, outbox: Outbox, switches: Switches, optouts: OptOuts, inbox: Inbox) -> None:
        self._database = database
        self._outbox = outbox
        self._switches = switches
        self._optouts = optouts
        self._inbox = inbox

    # reading

    def items(self, asked: Asked, now: datetime) -> list[WorkItem]:
        """The open items that are asked for, what is due first. Nothing is changed by looking.

        Those that a pause or a kill reaches, or whose customer opted out, are not shown, but for what somebody has in their hands.
        """
        parameters = {**vars(asked), "now": instant_text(now)}
        found = [held_of(row, now) for row in self._database.rows(sql.LISTED, parameters)]
        about = {(one.item.channel, one.item.purpose) for one in found if one.heeds_opt_out}
        out = {one: self._optouts.out_of(*one) for one in about}
        rows = [one.item for one in found if one.item.taken_by or not _is_out(one, out)]
        if not self._switches.in_force():
            return rows
        scopes = {(item.channel, item.journey, item.product, item.branch) for item in rows}
        stopped = {scope for scope in scopes if self._switches.stop_of(*scope) is not None}
        return [item for item in rows if (item.channel, item.journey, item.product, item.branch) not in stopped]

    def item(self, key: str, now: datetime) -> WorkItem | None:
        """One item, whatever became of it; None when it never was on a list."""
        held = self._find(key, now)
        return held.item if held else None

    def keys_like(self, prefix: str) -> list[str]:
        """The keys that begin so, two at most: one is what was meant."""
        if len(prefix) < LEAST_PREFIX:
            return []
        return [str(key) for (key,) in self._database.rows(sql.LIKE, {"prefix": prefix})]

    def attempts(self, key: str) -> list[Attempt]:
        """Every attempt of an item, in order."""
        return [
            Attempt(number, outcome, receipt, instant_of(at), by, note or "", instant_of(back) if back else None)
            for number, outcome, receipt, at, by, note, back in self._database.rows(sql.ATTEMPTS, {"key": key})
        ]

    def noted(self) -> list[Noted]:
        """Who did what and who looked at whom, oldest first."""
        return [
            Noted(key or "", action, by, instant_of(at), detail) for key, action, by, at, detail in self._database.rows(sql.NOTED)
        ]

    # putting and taking

    def put(self, item: NewItem) -> bool:
        """Put a touch on its list, durably; False when it is there already. It can be worked when its outbox row is pending."""
        plain = {name: value for name, value in vars(item).items() if name != "assigned"}
        times = {name: instant_text(plain[name]) for name in ("not_before", "expires_at")}
        with self._database.transaction():
            return self._database.change(sql.PUT, {**plain, **times, **vars(item.assigned)}) > 0

    def take(self, key: str, now: datetime, *, by: str, closed: Collection[str] = (), lease_for: timedelta = LEASE) -> Took:
        """Take an item for a while, never past its end. Opt-outs, kills, pauses and hours are looked at again.

        Args:
            key: the item.
            now: the instant of the take.
            by: who takes it; only they may settle it while the lease lasts.
            closed: channels outside their hours at `now`; an item that need not heed them can be taken all the same.
            lease_for: how long.
        """
        with self._database.transaction():
            held = self._find(key, now)
            if held is None:
                return Took(Answer.UNKNOWN)
            item = held.item
            if item.state not in (WorkState.OPEN, WorkState.TAKEN) or item.expires_at <= now:
                return Took(Answer.LATE, item)
            if item.state is WorkState.TAKEN and item.taken_by != by:
                return Took(Answer.SOMEBODY_ELSE, item)
            stop = self._stop(item)
            if reason := self._gone(held, stop):
                self._end(held, DeliveryState.CANCELLED, now, reason)
                return Took(Answer.CANCELLED, item)
            if stop is Action.PAUSE:
                return Took(Answer.HELD, item)
            if held.heeds_hours and item.channel in closed:
                return Took(Answer.CLOSED, item)
            if item.due_at > now:
                return Took(Answer.TOO_SOON, item)
            token = int(self._database.rows(outbox_sql.NEXT_TOKEN)[0][0])
            until = min(now + lease_for, item.expires_at)
            self._database.change(sql.TAKE, {"key": key, "token": token, "by": by, "until": instant_text(until)})
            self.note_within(Noted(key, "take", by, now, f"until {until.isoformat()}"))
            taken = self._find(key, now)
            assert taken is not None
            return Took(Answer.DONE, taken.item, token)

    def hand_on(self, key: str, now: datetime, *, by: str, employee_id: int | None, branch_id: int | None = None) -> Answer:
        """Give an item to a colleague (None: to whoever of the branch is free), or to another branch."""
        with self._database.transaction():
            held = self._find(key, now)
            if held is None:
                return Answer.UNKNOWN
            if held.item.state not in (WorkState.OPEN, WorkState.TAKEN):
                return Answer.LATE
            if held.item.state is WorkState.TAKEN and held.item.taken_by != by:
                return Answer.SOMEBODY_ELSE
            self._database.change(sql.HAND_ON, {"key": key, "employee_id": employee_id, "branch_id": branch_id})
            self.note_within(Noted(key, "pass", by, now, f"to employee {employee_id}, branch {branch_id or held.item.branch_id}"))
            return Answer.DONE

    # outcomes

    def report(self, report: Report, terms: Terms, zone: ZoneInfo) -> Answer:
        """Record one attempt and what follows from it; a refusal writes nothing. `zone` says which day an attempt is on."""
        with self._database.transaction():
            return self._report(report, terms, zone)

    def report_all(
        self, reports: Sequence[Report], terms: Mapping[str, Terms], zone: ZoneInfo, once: Noted | None = None
    ) -> list[Answer]:
        """Record many attempts in one transaction, each by the terms of its item's channel.

        Args:
            reports: in the order in which they were made.
            terms: by channel.
            zone: the bank's.
            once: a line of the log that goes with them; where it is there already, all of them are known.

        Raises:
            Refusals: at least one of them cannot be taken; nothing was written.
        """
        with self._database.transaction():
            if once is not None:
                if self._database.rows(sql.KNOWN, {"action": once.action, "detail": once.detail}):
                    return [Answer.REPEATED] * len(reports)
                self.note_within(once)
            answers = []
            for one in reports:
                held = self._find(one.key, one.at)
                own = terms.get(held.item.channel) if held else None
                answers.append(Answer.UNKNOWN if own is None else self._report(one, own, zone))
            if any(answer in REFUSED for answer in answers):
                raise Refusals(answers)
            return answers

    def _report(self, report: Report, terms: Terms, zone: ZoneInfo) -> Answer:
        meant = DISPOSITIONS.get(report.outcome)
        held = self._find(report.key, report.at)
        if held is None:
            return Answer.UNKNOWN
        if meant is None or report.outcome not in terms.outcomes:
            return Answer.UNKNOWN_OUTCOME
        item = held.item
        if self._known(report) or (item.state is WorkState.DONE and item.outcome == report.outcome):
            return Answer.REPEATED
        if item.state not in (WorkState.OPEN, WorkState.TAKEN) or report.at >= item.expires_at:
            self.note_within(Noted(item.key, "late", report.by, report.at, f"{report.outcome}; it was {item.state.value}"))
            self._heed_no(item, meant, report.at, late=True)
            return Answer.LATE
        if refusal := _refusal(report, held):
            return refusal
        if terms.confirm and meant.receipt == "confirmed":  # confirming is sending, so it is looked at again like any sending
            stop = self._stop(item)
            if reason := self._gone(held, stop):
                self._end(held, DeliveryState.CANCELLED, report.at, reason)
                return Answer.CANCELLED
            if stop is Action.PAUSE:
                return Answer.HELD
        return self._tried(report, held, meant, terms, zone)

    def _heed_no(self, item: WorkItem, meant: Disposition, at: datetime, *, late: bool) -> None:
        """What a customer does not want counts whenever it is reported: an opt-out at once, a refusal by the receipt that runs read.

        The receipt of what came in time is told when the item is settled.
        """
        if meant.opts_out:
            self._optouts.note(item.customer_id, item.channel, at, out=True)
        if late and meant.receipt == "refused":
            self._tell(item, f"late:{meant.name}:{instant_text(at)}", meant.receipt, at, meant.name)

    def _known(self, report: Report) -> bool:
        """Whether this very attempt is recorded already."""
        return any(one.outcome == report.outcome and one.at == report.at for one in self.attempts(report.key))

    def _tried(self, report: Report, held: Held, meant: Disposition, terms: Terms, zone: ZoneInfo) -> Answer:
        item, number = held.item, held.item.attempts + 1
        due_at = self._next_due(report, terms, zone)
        row = {"key": item.key, "attempt": number, "outcome": meant.name, "receipt": meant.receipt, "at": instant_text(report.at)}
        back = instant_text(report.call_back_at) if report.call_back_at else None
        self._database.change(sql.ATTEMPT, {**row, "by": report.by, "note": report.note or None, "call_back_at": back})
        tried = {"key": item.key, "attempt": number, "outcome": meant.name, "due_at": instant_text(due_at)}
        self._database.change(sql.TRIED, tried)
        self.note_within(Noted(item.key, "done", report.by, report.at, meant.name))
        self._heed_no(item, meant, report.at, late=False)
        if not (meant.again and number < terms.total and due_at < item.expires_at):
            self._settle(item, number, meant, report.at)
            return Answer.DONE
        if reason := self._gone(held, self._stop(item)):
            now_held = self._find(item.key, report.at)
            assert now_held is not None
            self._end(now_held, DeliveryState.CANCELLED, report.at, reason)
            return Answer.DONE
        return Answer.STAYS

    def _next_due(self, report: Report, terms: Terms, zone: ZoneInfo) -> datetime:
        """The instant from which another attempt may follow: after `apart`, or when the customer asked to be called, within `per_day`."""
        due = report.call_back_at or report.at + terms.apart
        due = max(due, report.at)
        days = [day_of(one.at, zone) for one in self.attempts(report.key)] + [day_of(report.at, zone)]
        if days.count(day_of(due, zone)) >= terms.per_day:
            due = to_utc(datetime.combine(day_of(due, zone) + timedelta(days=1), time()), zone)
        return due

    # upkeep

    def sweep(self, now: datetime) -> dict[DeliveryState, int]:
        """Put right what time, switches and opt-outs changed: lapsed leases, what was taken back, what is past its end; by new state."""
        with self._database.transaction():
            for switch in self._switches.in_force():
                if switch.action is Action.KILL:
                    self.withdraw_reached(switch.scope, switch.name, f"killed by {switch.by}")
            for channel, purpose in self._database.rows(sql.PENDING_CHANNELS):
                out = self._optouts.out_of(channel, purpose)
                self._withdraw_customers(sorted(out), channel, purpose, "opted out", heedless=False)
            self._database.change(sql.LAPSED, {"now": instant_text(now)})
            return self._clear(now)

    def withdraw(self, keys: Iterable[str], at: datetime, reason: str) -> int:
        """Take items back: off the list at once, or as soon as whoever holds one lets go; how many are off."""
        with self._database.transaction():
            self._database.change(sql.WITHDRAW, {"keys": json.dumps(list(keys)), "reason": reason})
            return sum(self._clear(at).values())

    def withdraw_reached(self, scope: Scope, name: str, reason: str) -> None:
        """Mark what a kill reaches, inside the caller's transaction; `clear` or the next sweep takes it off."""
        self._database.change(sql.WITHDRAW_REACHED, {"scope": scope.value, "name": name, "reason": reason})

    def clear(self, at: datetime) -> int:
        """Take marked items that nobody holds off their lists, inside the caller's transaction; how many."""
        return sum(self._clear(at).values())

    def forget(self, customer_id: int, at: datetime) -> None:
        """Take a customer's items back, whoever holds them, and erase what is kept, inside the caller's transaction."""
        self._withdraw_customers([customer_id], None, None, "forgotten", heedless=True)
        self._database.change(sql.LET_GO, {"customer_id": customer_id})
        self._clear(at)
        self.erase(customer_id, None)
        self._database.change(sql.ERASE_WORDS, {"customer_id": customer_id})

    def erase(self, customer_id: int | None, before: datetime | None) -> None:
        """Erase names, addresses, texts and notes of a customer's items, and of those settled before an instant."""
        asked = {"customer_id": customer_id, "before": instant_text(before) if before else None}
        self._database.change(sql.ERASE, asked)
        self._database.change(sql.ERASE_NOTES, {})

    def note(self, noted: Noted) -> None:
        """Keep who looked at what, and why."""
        with self._database.transaction():
            self.note_within(noted)

    def note_within(self, noted: Noted) -> None:
        """`note` inside the caller's transaction."""
        row = {"key": noted.key or None, "action": noted.action, "by": noted.by, "at": instant_text(noted.at)}
        self._database.change(sql.NOTE, {**row, "detail": noted.detail})

    # inside

    def _find(self, key: str, now: datetime) -> Held | None:
        rows = self._database.rows(sql.ITEM, {"key": key})
        return held_of(rows[0], now) if rows else None

    def _stop(self, item: WorkItem) -> Action | None:
        return self._switches.stop_of(item.channel, item.journey, item.product, item.branch)

    def _gone(self, held: Held, stop: Action | None) -> str:
        """Why nobody may work an item any more, or nothing."""
        if held.item.taken_back:
            return held.item.taken_back
        if stop is Action.KILL:
            return "killed"
        out = held.heeds_opt_out and self._optouts.stops(held.item.customer_id, held.item.channel, held.item.purpose)
        return "opted out" if out else ""

    def _withdraw_customers(
        self, customers: list[int], channel: str | None, purpose: str | None, reason: str, *, heedless: bool
    ) -> None:
        asked = {
            "customers": json.dumps(customers),
            "channel": channel,
            "purpose": purpose,
            "reason": reason,
            "heedless": heedless,
        }
        self._database.change(sql.WITHDRAW_CUSTOMERS, asked)

    def _clear(self, now: datetime) -> dict[DeliveryState, int]:
        ended: dict[DeliveryState, int] = {}
        for row in self._database.rows(sql.OVER, {"now": instant_text(now)}):
            held = held_of(row, now)
            taken_back = bool(held.item.taken_back) and held.item.expires_at > now
            state = DeliveryState.CANCELLED if taken_back else DeliveryState.EXPIRED
            state = self._end(held, state, now, held.item.taken_back if taken_back else "past its end")
            ended[state] = ended.get(state, 0) + 1
        return ended

    def _end(self, held: Held, state: DeliveryState, now: datetime, reason: str) -> DeliveryState:
        """End an item without a settling outcome: what was tried counts as it last came out, else it expires or is cancelled."""
        item, back = held.item, reason if state is DeliveryState.CANCELLED else None
        if item.attempts:
            last = self.attempts(item.key)[-1]
            return self._settle(item, item.attempts, DISPOSITIONS[last.outcome], last.at, back)
        at = item.expires_at if state is DeliveryState.EXPIRED else now
        self._outbox.confirm_within(item.key, state, at, reason)
        self._database.change(sql.CLOSE, {"key": item.key, "reason": back})
        if state is DeliveryState.EXPIRED:
            self._tell(item, "expired", "expired", at, "")
        return state

    def _settle(
        self, item: WorkItem, attempt: int, meant: Disposition, at: datetime, taken_back: str | None = None
    ) -> DeliveryState:
        self._outbox.confirm_within(item.key, meant.state, at, meant.name)
        self._database.change(sql.CLOSE, {"key": item.key, "reason": taken_back})
        self._tell(item, str(attempt), meant.receipt, at, meant.name)
        return meant.state

    def _tell(self, item: WorkItem, number: str, receipt: str, at: datetime, detail: str) -> None:
        """Post the receipt that journeys wait for."""
        identity = f"worklist:{item.key}:{number}"
        payload = {"receipt_id": identity, "touch_key": item.key, "receipt": receipt, "occurred_at": instant_text(at)}
        self._inbox.post_within([InboxItem("receipt", identity, item.customer_id, {**payload, "detail": detail or None}, at)])


def _is_out(held: Held, out: Mapping[tuple[str, str], frozenset[int]]) -> bool:
    item = held.item
    return held.heeds_opt_out and item.customer_id in out[item.channel, item.purpose]


def _refusal(report: Report, held: Held) -> Answer | None:
    item = held.item
    if report.version is not None and report.version != item.version:
        return Answer.CHANGED
    taken = item.state is WorkState.TAKEN
    if (report.token is not None and report.token != held.token) or (
        report.token is None and taken and item.taken_by != report.by
    ):
        return Answer.SOMEBODY_ELSE
    return Answer.TOO_SOON if report.at < item.due_at else None
