"""The world: plays the bank day by day, answers touches, and remembers what happened for the truth.

A span (usually 08:00 to 08:00 Asia/Shanghai) writes `landing/<table>/<local date of its start>/<table>-<local HHMM>.parquet`
and one folder of hidden state. Everything in a span follows from the seed, the state of earlier spans and the files handed
over, so that playing a span again with the same files writes the same bytes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from tonglu.bank import cases, registers
from tonglu.bank.behaviour import (
    Behaviour,
    Moments,
    Outcome,
    browsing,
    login_events,
    opening_events,
    other_openings,
    service_calls,
)
from tonglu.bank.calendar import DAY, HOUR, SECOND, micros
from tonglu.bank.chance import Ints, text_words
from tonglu.bank.effects import LASTS_DAYS, read_effects
from tonglu.bank.handover import read_batches
from tonglu.bank.ledger import Ledger
from tonglu.bank.money import Code, Kind, Money
from tonglu.bank.payroll import Outflows
from tonglu.bank.people import FIRST_CUSTOMER
from tonglu.bank.places import CHANNELS, COMPLAINT_TOPICS, PRODUCTS
from tonglu.bank.roster import load_roster
from tonglu.bank.spending import money_of, spend_day
from tonglu.bank.state import Happened, Played
from tonglu.bank.tables import constant, dates, event_rows, instants, joined, numbers, put, texts, transactions, words
from tonglu.bank.touches import NEVER, Boosts, Touches, fates, outcome_rows, receipt_rows
from tonglu.bank.truth import Goal, Replay, true_lift
from tonglu.bank.value import Shown, Values, values

LOCAL = timedelta(hours=8)
"""Asia/Shanghai is eight hours ahead of UTC all year."""
EVERY_SPAN = ("transactions", "events", "receipts")
"""Tables that get a file in each span, be it without rows."""
SOMETIMES = (
    "customers",
    "contacts",
    "addresses",
    "consents",
    "agreements",
    "accounts",
    "holdings",
    "loans",
    "complaints",
    "risk_alerts",
)
REACH_BACK = (LASTS_DAYS + 9) * DAY
"""How far back a span may have received a touch that still matters."""
GOAL_PRODUCT = {Outcome.SALARY_PLAN: 0, Outcome.PENSION_DEPOSIT: 1}


class World:
    """The bundled bank from its opening on, in the folder that `make_bank` filled. Employees report to `<folder>/outcomes`."""

    def __init__(self, folder: Path) -> None:
        """Open a bank. Raises FileNotFoundError where none was made."""
        self._folder = folder
        self._bank = load_roster(folder / "hidden")
        self._effects, self._sides = read_effects(folder / "hidden")
        self._behaviour = Behaviour(self._bank)
        self._ledger = Ledger(self._bank)
        self._pipeline = cases.make_loans(self._bank)
        self._played = Played(folder / "hidden")
        self._arisen: dict[tuple[str, int], cases.Cases] = {}

    @property
    def opening(self) -> datetime:
        """The opening instant (naive UTC): 08:00 local of the opening day, where history ends and play begins."""
        return datetime(1970, 1, 1) + timedelta(days=self._bank.opening)

    def play(self, start: datetime, end: datetime, handed_over: Sequence[Path]) -> dict[str, int]:
        """Play from `start` to `end` (naive UTC); returns the rows written per table.

        `handed_over` are hand-over files, or folders of them; batches that an earlier span received are passed over. A span that
        crosses 08:00 local is played as several. Raises ValueError for a span before the opening, backwards, or beyond the known
        holidays, and for a batch that differs from its manifest.
        """
        first, last = micros(start), micros(end)
        if first < self._bank.opening * DAY or last <= first:
            raise ValueError(f"cannot play from {start} to {end}: the bank opens at {self.opening}")
        if (last - 1) // DAY > self._bank.workdays.last:
            raise ValueError(f"cannot play to {end}: the holiday calendar ends before")
        rows: dict[str, int] = dict.fromkeys((*EVERY_SPAN, *SOMETIMES), 0)
        while first < last:
            stop = min(last, (first // DAY + 1) * DAY)
            for name, count in self._play_span(first, stop, handed_over).items():
                rows[name] += count
            first = stop
        return rows

    def truth(self, assignments: pa.Table, goals: Mapping[str, Goal], until: datetime) -> pa.Table:
        """The true effect on the treated; see `tonglu.bank.truth.true_lift`."""
        return true_lift(self.replay, assignments, goals, until)

    @property
    def replay(self) -> Replay:
        """What truths are computed from."""
        return Replay(self._bank, self._behaviour, self._ledger, self._played)

    def values(self, shown: Shown) -> Values:
        """What each way of choosing the arms of a step would have brought about; see `tonglu.bank.value`."""
        return values(self.replay, self._effects, shown)

    def _play_span(self, start: int, end: int, handed_over: Sequence[Path]) -> dict[str, int]:
        day = start // DAY
        batches = read_batches(handed_over, self._played.batches(start))
        received = fates(self._bank, batches, start, self._sides)
        earlier = [Touches.of_table(t) for t in self._played.touches(start - REACH_BACK, start)]
        touches = Touches.together([*earlier, received])
        outflows = self._ledger.outflows(day * DAY - 11 * DAY, (day + 1) * DAY)
        moments = self._outcomes(day, start, end, touches, outflows)
        clicks = (touches.at["clicked"] >= start) & (touches.at["clicked"] < end)
        tables = self._tables(start, end, touches, moments, outflows=outflows, clicks=np.flatnonzero(clicks))
        happened = {goal.value: Happened(m.person, m.at) for goal, m in moments.items()}
        logins = happened[Outcome.APP_LOGIN.value]
        happened[Outcome.APP_LOGIN.value] = Happened(
            np.concatenate([logins.person, touches.person[clicks]]), np.concatenate([logins.at, touches.at["clicked"][clicks]])
        )
        rows = self._write(start, tables)
        self._report(start, outcome_rows(self._bank, touches, start, end))
        self._played.keep(start, end, [b.batch_id for b in batches], received.table(), happened)
        return rows

    def _outcomes(self, day: int, start: int, end: int, touches: Touches, outflows: Outflows) -> dict[Outcome, Moments]:
        boosts = Boosts(self._bank, touches, self._effects)
        result = {}
        for goal in Outcome:
            m = self._behaviour.moments(goal, day, self._behaviour.candidates(goal), outflows)
            comes = m.u < m.base * boosts.at(goal.value, m.person, m.at)
            comes &= (m.at >= start) & (m.at < end)
            if goal.once:
                comes &= ~self._holders(goal, start)[m.person]
            result[goal] = m.where(comes)
        return result

    def _holders(self, goal: Outcome, before: int) -> np.ndarray:
        people = self._bank.people
        holders = (people.has_plan if goal is Outcome.SALARY_PLAN else people.has_pension_deposit).copy()
        holders[self._played.outcomes(goal.value, before).person] = True
        return holders

    def _tables(
        self, start: int, end: int, touches: Touches, moments: dict[Outcome, Moments], *, outflows: Outflows, clicks: Ints
    ) -> dict[str, list[pa.Table]]:
        bank, day = self._bank, start // DAY
        logins = moments[Outcome.APP_LOGIN]
        who, product, opened_at = other_openings(bank, day, logins.person, logins.at)
        calls = service_calls(bank, day)
        events = [
            login_events(day, logins.person, logins.at),
            browsing(bank, day, logins.person, logins.at),
            _inside(calls, start, end),
            *_click_events(touches, clicks),
            cases.loan_moves(self._pipeline, start, end),
        ]
        tables: dict[str, list[pa.Table]] = {"receipts": [receipt_rows(touches, start, end)], "events": events, "holdings": []}
        money = [self._ledger.monthly(start, end), spend_day(bank, day).between(start, end)]
        for goal, number in GOAL_PRODUCT.items():
            m = moments[goal]
            self._opened(number, m.person, m.at, prefix="g", tables=tables, money=money)
        for number in range(2, 5):
            at = product == number
            self._opened(number, who[at], opened_at[at], prefix="n", tables=tables, money=money)
        returned, back = self._returns(moments[Outcome.FUNDS_RETURNED], outflows)
        tables["transactions"] = [transactions(Money.together([*money, back]), day * 10_000_000 + start % DAY // SECOND * 100)]
        events.append(returned)
        self._case_tables(start, end, touches, tables)
        self._consents(start, end, touches, tables)
        self._registers(start, end, tables)
        return tables

    def _opened(
        self, product: int, who: Ints, at: Ints, *, prefix: str, tables: dict[str, list[pa.Table]], money: list[Money]
    ) -> None:
        amount = registers.amounts(self._bank, product, who)
        number = (who + FIRST_CUSTOMER) * 10 + product if prefix == "g" else 10**15 + at // DAY * 10**9 + who
        tables["events"].append(opening_events(product, who, at, amount, prefix))
        tables["holdings"].append(
            pa.table(
                {
                    "holding_id": numbers(number),
                    "customer_id": numbers(who + FIRST_CUSTOMER),
                    "product": constant(PRODUCTS[product], len(who)),
                    "amount": numbers(amount),
                    "since_on": dates(at // DAY),
                    "ended_on": pa.nulls(len(who), pa.date32()),
                }
            )
        )
        money.append(
            money_of(who, at + SECOND, False, amount, np.full(len(who), 600_003), kind=Kind.BANK_PRODUCT, code=Code.WEALTH)
        )

    def _returns(self, m: Moments, outflows: Outflows) -> tuple[pa.Table, Money]:
        """`funds_returned`: most of the last outflow comes back from the customer's account elsewhere."""
        left = np.zeros(len(self._bank.people), dtype=np.int64)
        order = np.argsort(outflows.at, kind="stable")
        left[outflows.person[order]] = outflows.amount[order]
        share = 0.6 + 0.4 * self._bank.dice.uniform("returned.share", m.at // DAY, m.person)
        amount = np.maximum(1, np.round(left[m.person] * share)).astype(np.int64)
        told = texts('{"amount": ', amount, "}")
        ids = texts("f", m.at // DAY * 10**9 + m.person)
        money = money_of(m.person, m.at, True, amount, 3_000_000_000 + m.person, kind=Kind.OWN_ACCOUNT, code=Code.TRANSFER)
        return event_rows(ids, m.person, "funds_returned", m.at, told), money

    def _case_tables(self, start: int, end: int, touches: Touches, tables: dict[str, list[pa.Table]]) -> None:
        day = start // DAY
        complained = touches.complaint < NEVER
        key, person, at = touches.key.filter(pa.array(complained)), touches.person[complained], touches.complaint[complained]
        number = text_words(key.to_pylist())
        length = ((2 + 14 * self._bank.dice.uniform("complaint.touch", number)) * DAY).astype(np.int64)
        topic = np.full(len(person), COMPLAINT_TOPICS.index("marketing"), dtype=np.int64)
        annoyed = cases.Cases(10**15 + (number >> np.uint64(16)).astype(np.int64), person, at, at + length, topic)
        days = range(max(self._bank.first, day - cases.LONGEST), day + 1)
        complaints = cases.Cases.together([annoyed, *(self._arising("complaint", d) for d in days)])
        alerts = cases.Cases.together([self._arising("alert", d) for d in days])
        tables["events"] += cases.complaint_events(complaints, start, end)
        tables["complaints"] = [cases.complaints(complaints.changing(start, end), end)]
        tables["risk_alerts"] = [cases.alerts(alerts.changing(start, end), end)]
        moved = np.flatnonzero(((self._pipeline.reached >= start) & (self._pipeline.reached < end)).any(axis=1))
        late = np.flatnonzero(self._pipeline.overdue_at(end - 1) != self._pipeline.overdue_at(start - 1))
        moved = np.union1d(moved, late)
        tables["loans"] = [cases.loans(self._pipeline, end - 1, moved)]

    def _arising(self, kind: str, day: int) -> cases.Cases:
        if (kind, day) not in self._arisen:
            make = cases.complaints_of_day if kind == "complaint" else cases.alerts_of_day
            self._arisen[kind, day] = make(self._bank, day)
        return self._arisen[kind, day]

    def _consents(self, start: int, end: int, touches: Touches, tables: dict[str, list[pa.Table]]) -> None:
        """Opt-outs: the event, and the marketing consent of that channel withdrawn."""
        inside = (touches.opt_out >= start) & (touches.opt_out < end)
        person, at = touches.person[inside], touches.opt_out[inside]
        channel = words(CHANNELS, touches.channel[inside]).cast(pa.string())
        ids = joined("o-", touches.key.filter(pa.array(inside)))
        tables["events"].append(event_rows(ids, person, "opt_out", at, joined('{"channel": "', channel, '"}')))
        # Two opt-outs of one customer and channel in a span are one withdrawal, the first.
        order = np.argsort(at, kind="stable")
        _, firsts = np.unique(person[order] * len(CHANNELS) + touches.channel[inside][order], return_index=True)
        keep = order[firsts]
        tables["consents"] = [
            pa.table(
                {
                    "customer_id": numbers(person[keep] + FIRST_CUSTOMER),
                    "purpose": constant("marketing", len(keep)),
                    "channel": channel.take(pa.array(keep)),
                    "granted": pa.array(np.zeros(len(keep), dtype=np.bool_)),
                    "changed_at": instants(at[keep]),
                }
            )
        ]

    def _registers(self, start: int, end: int, tables: dict[str, list[pa.Table]]) -> None:
        """Customers who join, leave or change their job on this bank day, agreements signed or ended; known at 10:00 local."""
        bank, day = self._bank, start // DAY
        if not start <= day * DAY + 2 * HOUR < end:
            return
        p, e = bank.people, bank.employers
        comes, goes = p.opened == day, p.closed == day
        moves = (p.opened < day) & (p.closed > day) & (p.employer >= 0) & ((p.job_from == day) | (p.job_to == day))
        joins, changed = np.flatnonzero(comes), np.flatnonzero(comes | goes | moves)
        signed = np.flatnonzero(e.labelled & ((e.signed_on == day) | (e.ended_on == day)))
        tables["customers"] = [registers.customers(bank, changed, day)]
        tables["contacts"] = [registers.contacts(bank, joins)]
        tables["addresses"] = [registers.addresses(bank, joins)]
        tables["consents"].append(registers.consents(bank, joins))
        tables["accounts"] = [registers.accounts(bank, np.flatnonzero(comes | goes), day)]
        tables["agreements"] = [registers.agreements(bank, signed, day)]

    def outcomes(self) -> list[Path]:
        """The files of outcomes that employees reported, oldest first: CSV with key, outcome, at (the bank's clock)."""
        return sorted((self._folder / "outcomes").rglob("*.csv"))

    def _report(self, start: int, reported: list[tuple[str, str, int]]) -> None:
        """Write what employees report of their lists in a span; no file where they report nothing."""
        local = datetime(1970, 1, 1) + timedelta(microseconds=start) + LOCAL
        path = self._folder / "outcomes" / local.date().isoformat() / f"outcomes-{local:%H%M}.csv"
        path.unlink(missing_ok=True)
        if reported:
            path.parent.mkdir(parents=True, exist_ok=True)
            times = [datetime(1970, 1, 1) + timedelta(microseconds=at) + LOCAL for _, _, at in reported]
            lines = [f"{key},{outcome},{at.isoformat()}" for (key, outcome, _), at in zip(reported, times, strict=True)]
            path.write_text("\n".join(["key,outcome,at", *lines]) + "\n", encoding="utf-8")

    def _write(self, start: int, tables: dict[str, list[pa.Table]]) -> dict[str, int]:
        local = datetime(1970, 1, 1) + timedelta(microseconds=start) + LOCAL
        rows = {}
        for name in (*EVERY_SPAN, *SOMETIMES):
            parts = [t for t in tables.get(name, []) if t.num_rows or name in EVERY_SPAN]
            path = self._folder / "landing" / name / local.date().isoformat() / f"{name}-{local:%H%M}.parquet"
            table = pa.concat_tables(parts) if parts else None
            if table is None:
                path.unlink(missing_ok=True)
            else:
                put(path, table)
            rows[name] = 0 if table is None else table.num_rows
        return rows


def _inside(events: pa.Table, start: int, end: int) -> pa.Table:
    at = events["occurred_at"].cast(pa.int64()).to_numpy()
    return events.filter(pa.array((at >= start) & (at < end)))


def _click_events(touches: Touches, clicks: Ints) -> list[pa.Table]:
    """A click opens the app."""
    key, person, at = touches.key.take(pa.array(clicks)), touches.person[clicks], touches.at["clicked"][clicks]
    return [event_rows(joined("k-", key), person, "app_login", at, constant("{}", len(clicks)))]
