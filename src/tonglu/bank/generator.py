"""The bank on its opening day: `make_bank` writes a year of history and the hidden roster."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tonglu.bank import cases, registers
from tonglu.bank.behaviour import Behaviour, Outcome, browsing, login_events, opening_events, service_calls
from tonglu.bank.calendar import DAY, HOUR, month_of, month_start
from tonglu.bank.effects import write_effects
from tonglu.bank.ledger import Ledger
from tonglu.bank.money import Money
from tonglu.bank.places import PRODUCTS
from tonglu.bank.roster import Roster, draw_roster, save_roster
from tonglu.bank.spending import spend_day
from tonglu.bank.tables import put, put_parts, transactions

OPENING = date(2026, 6, 1)
"""Default opening day: Spring Festival lies in the year before, and seven months of known holidays after."""
IDS_A_DAY = 10_000_000


@dataclass(frozen=True)
class BankSummary:
    """What was made: where, and how many rows per table."""

    folder: Path
    customers: int
    seed: int
    opening: date
    rows: dict[str, int] = field(default_factory=dict)


def make_bank(customers: int, seed: int, out: Path, opening: date = OPENING, months: int = 12) -> BankSummary:
    """Write `out/landing/<table>/<opening>/` (facts before 08:00 Asia/Shanghai of the opening day) and `out/hidden/`.

    The same arguments give the same bytes. Raises ValueError for an empty bank, under three months, or an opening or history
    outside the years whose holidays are known.
    """
    bank = draw_roster(customers, seed, opening, months)
    landing = out / "landing"
    rows: dict[str, int] = {}
    for name, table in _registers(bank):
        rows[name] = put_parts(landing / name / opening.isoformat(), name, table)
    rows["transactions"] = _history_of_money(bank, landing / "transactions" / opening.isoformat())
    rows["events"] = _history_of_events(bank, landing / "events" / opening.isoformat())
    hidden = out / "hidden"
    save_roster(bank, hidden)
    write_effects(hidden)
    return BankSummary(out, customers, seed, opening, rows)


def _registers(bank: Roster) -> Iterator[tuple[str, pa.Table]]:
    who = np.arange(bank.customers, dtype=np.int64)
    yield "customers", registers.customers(bank, who, bank.opening)
    yield "contacts", registers.contacts(bank, who)
    yield "addresses", registers.addresses(bank, who)
    yield "consents", registers.consents(bank, who)
    yield "employers", registers.employers(bank)
    yield "employees", registers.employees(bank)
    signed = np.flatnonzero(bank.employers.labelled & (bank.employers.signed_on < bank.opening))
    yield "agreements", registers.agreements(bank, signed, bank.opening)
    yield "accounts", registers.accounts(bank, who, bank.opening)
    yield "holdings", registers.holdings(bank)
    at = bank.opening * DAY
    pipeline = cases.make_loans(bank)
    yield "loans", cases.loans(pipeline, at - 1, np.flatnonzero(pipeline.stage_at(at - 1) >= 0))
    days = range(bank.first, bank.opening)
    yield "complaints", cases.complaints(cases.Cases.together([cases.complaints_of_day(bank, d) for d in days]), at)
    yield "risk_alerts", cases.alerts(cases.Cases.together([cases.alerts_of_day(bank, d) for d in days]), at)


def _chunks(bank: Roster) -> Iterator[tuple[int, int]]:
    """History by calendar month, as bank days [from, to)."""
    for month in range(month_of(bank.first), month_of(bank.opening) + 1):
        start, end = max(bank.first, month_start(month)), min(bank.opening, month_start(month + 1))
        if start < end:
            yield start, end


def _history_of_money(bank: Roster, folder: Path) -> int:
    ledger, rows = Ledger(bank), 0
    for part, (start, end) in enumerate(_chunks(bank), 1):
        parts = [ledger.monthly(start * DAY, end * DAY), *(spend_day(bank, d) for d in range(start, end))]
        money = Money.together(parts).between(start * DAY, end * DAY)
        money = money.where(money.person < bank.customers)
        put(folder / f"transactions-{part:02d}.parquet", transactions(money, start * IDS_A_DAY))
        rows += len(money)
    return rows


def _history_of_events(bank: Roster, folder: Path) -> int:
    behaviour, ledger, rows = Behaviour(bank), Ledger(bank), 0
    everyone = np.arange(bank.customers, dtype=np.int64)
    pipeline = cases.make_loans(bank)
    for part, (start, end) in enumerate(_chunks(bank), 1):
        tables = [cases.loan_moves(pipeline, start * DAY, end * DAY), *_held_openings(bank, start, end)]
        # A complaint that closes in this month may have been opened up to LONGEST days before it.
        opened = [cases.complaints_of_day(bank, d) for d in range(max(bank.first, start - cases.LONGEST), end)]
        tables += cases.complaint_events(cases.Cases.together(opened), start * DAY, end * DAY)
        for day in range(start, end):
            seen = behaviour.moments(Outcome.APP_LOGIN, day, everyone, ledger.no_outflows)
            logs = seen.u < seen.base
            person, at = seen.person[logs], seen.at[logs]
            tables += [login_events(day, person, at), browsing(bank, day, person, at), service_calls(bank, day)]
        table = pa.concat_tables(tables)
        inside = pc.less(table["occurred_at"], pa.scalar(end * DAY).cast(pa.timestamp("us")))
        table = table.filter(inside)
        put(folder / f"events-{part:02d}.parquet", table)
        rows += table.num_rows
    return rows


def _held_openings(bank: Roster, start: int, end: int) -> Iterator[pa.Table]:
    for product in range(len(PRODUCTS)):
        who, since = registers.held(bank, product)
        inside = (since >= start) & (since < end)
        who, day = who[inside], since[inside]
        at = day * DAY + HOUR + (bank.dice.uniform("held.time", product, who) * 12 * HOUR).astype(np.int64)
        yield opening_events(product, who, at, registers.amounts(bank, product, who), "h")
