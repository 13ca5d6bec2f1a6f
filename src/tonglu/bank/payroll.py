"""Money that comes by the month: salaries, bonuses, salary leaving again, pensions.

Assumptions of ours: wages vary by 3 % (standard deviation) from month to month; 0.4 % of a month's salaries are missed and
1.5 % of employers' batches come 1 to 6 days late; 60 % of employers pay a bonus of 0.5 to 3 wages in January or February,
before Spring Festival; batches are booked between 09:00 and 16:00. Money that leaves goes to an own account elsewhere (65 %)
or a wallet (35 %), 72 to 98 % of the wage, half an hour to 46 hours after it. Pensions come on the day of the customer's
pooling area (the city), half of the areas on the preceding working day when that is a day off; they rise by 3 % in January.
"""

from dataclasses import dataclass

import numpy as np

from tonglu.bank.calendar import DAY, HOUR, SECOND, calendar_month, month_start
from tonglu.bank.chance import Ints
from tonglu.bank.employers import CITIES, Employers
from tonglu.bank.money import Code, Kind, Money
from tonglu.bank.people import People, january_raises
from tonglu.bank.roster import Roster

OUTFLOW_WITHIN = 48 * HOUR
PENSION_FUND_BASE = 500_001


@dataclass(frozen=True)
class Outflows:
    """Salary money that left within 48 hours: position of the customer, instant (microseconds), amount in fen."""

    person: Ints
    at: Ints
    amount: Ints


@dataclass(frozen=True)
class MonthOfPay:
    """What one calendar month's pay-days bring; instants may lie in a neighbouring month."""

    money: Money
    outflows: Outflows


def pay_month(bank: Roster, month: int) -> MonthOfPay:
    """Salaries, bonuses, outflows and pensions of a month counted from 1970-01."""
    emp, people = bank.employers, bank.people
    dates = bank.workdays.pay_dates(month, emp.pay_day, emp.shifts)
    batches = _batch_days(bank, month, dates)
    legs = [_salaries(bank, month, batches, current=True), _salaries(bank, month, batches, current=False)]
    salaries = Money.together(legs)
    outflows, leaving = _outflows(bank, month, salaries)
    parts = [salaries, leaving, _pensions(bank, month)]
    if calendar_month(month) in (1, 2):
        parts.append(_bonuses(bank, month, salaries))
    money = Money.together(parts)
    open_then = (people.opened[money.person] * DAY <= money.at) & (money.at < people.closed[money.person] * DAY)
    return MonthOfPay(money.where(open_then), outflows)


def pension_dates(bank: Roster, month: int) -> Ints:
    """Bank day on which each city's pensions are paid in a month."""
    # Ranks in a shuffled order: every day of the month is some area's, and one of those does not shift.
    rank = np.argsort(bank.dice.uniform("pension.order", np.arange(len(CITIES))), kind="stable")
    rank = np.argsort(rank, kind="stable").astype(np.int64)
    return bank.workdays.pay_dates(month, rank % 31 + 1, rank // 31 % 2 == 1)


def _batch_days(bank: Roster, month: int, dates: Ints) -> Ints:
    e = np.arange(len(dates), dtype=np.int64)
    late = (bank.dice.uniform("batch.late", month, e) < 0.015) & bank.employers.shifts
    moved = np.minimum(dates + np.where(late, bank.dice.whole("batch.delay", 1, 7, month, e), 0), bank.workdays.last)
    return np.where(late, np.minimum(bank.workdays.at_or_after(moved), bank.workdays.last), dates)


def _salaries(bank: Roster, month: int, batches: Ints, *, current: bool) -> Money:
    people, emp, dice = bank.people, bank.employers, bank.dice
    everyone = people.employer if current else people.prev_employer
    who = np.flatnonzero(everyone >= 0)
    at_firm = everyone[who]
    day = batches[at_firm]
    hired, gone = people.job_from[who], people.job_to[who]
    works = (day >= hired) & (day < gone) if current else day < hired - 15
    works &= (day >= np.where(emp.labelled[at_firm], emp.signed_on[at_firm], 0)) & (day < emp.ended_on[at_firm])
    works &= dice.uniform("salary.missed", month, int(current), who) >= 0.004
    who, at_firm, day = who[works], at_firm[works], day[works]
    wage = people.income[who] * (1.0 if current else 0.9)
    amount = np.round(wage * np.maximum(0.5, 1 + 0.03 * dice.normal("salary.jitter", month, int(current), who))).astype(np.int64)
    hour = HOUR + dice.whole("batch.second", 0, 7 * 3600, month, np.arange(len(emp)))[at_firm] * SECOND
    at = day * DAY + hour + dice.whole("salary.second", 0, 1200, month, who) * SECOND
    return Money(
        person=who,
        at=at,
        incoming=np.ones(len(who), dtype=np.bool_),
        amount=amount,
        counterparty=emp.payer[at_firm],
        kind=_payer_kind(emp, at_firm),
        code=np.where(emp.labelled[at_firm], Code.SALARY, Code.TRANSFER).astype(np.int64),
        account=np.ones(len(who), dtype=np.int64),
    )


def _payer_kind(emp: Employers, at_firm: Ints) -> Ints:
    return np.where(emp.owner_pays[at_firm], int(Kind.PERSON), int(Kind.EMPLOYER)).astype(np.int64)


def _bonuses(bank: Roster, month: int, salaries: Money) -> Money:
    """Bonuses on a working day before Spring Festival, for those who got a salary in the month."""
    dice = bank.dice
    year = month // 12
    in_january = dice.uniform("bonus.january", year, salaries.counterparty) < 0.5
    gets = (dice.uniform("bonus.firm", year, salaries.counterparty) < 0.6) & (in_january == (calendar_month(month) == 1))
    base = salaries.where(gets)
    day = month_start(month) + dice.whole("bonus.day", 1, 11, year, base.counterparty)
    if calendar_month(month) == 1:
        day += 8
    times = 0.5 + 2.5 * dice.uniform("bonus.size", year, base.person) ** 1.5
    return Money(
        person=base.person,
        at=bank.workdays.at_or_before(day) * DAY + base.at % DAY,
        incoming=base.incoming,
        amount=np.round(base.amount * times).astype(np.int64),
        counterparty=base.counterparty,
        kind=base.kind,
        code=np.where(base.code == Code.SALARY, int(Code.BONUS), base.code),
        account=base.account,
    )


def _outflows(bank: Roster, month: int, salaries: Money) -> tuple[Outflows, Money]:
    dice, people = bank.dice, bank.people
    leaves = dice.uniform("outflow", month, salaries.person) < people.moves_out[salaries.person]
    base = salaries.where(leaves)
    n = len(base.person)
    share = 0.72 + 0.26 * dice.uniform("outflow.share", month, base.person)
    wait = HOUR // 2 + (dice.uniform("outflow.wait", month, base.person) ** 2 * 45.5 * HOUR).astype(np.int64)
    to_wallet = dice.uniform("outflow.wallet", base.person) < 0.35
    amount, at = np.round(base.amount * share).astype(np.int64), base.at + wait
    money = Money(
        person=base.person,
        at=at,
        incoming=np.zeros(n, dtype=np.bool_),
        amount=amount,
        counterparty=np.where(to_wallet, 900_001, 3_000_000_000 + base.person),
        kind=np.where(to_wallet, int(Kind.WALLET), int(Kind.OWN_ACCOUNT)).astype(np.int64),
        code=np.full(n, int(Code.TRANSFER), dtype=np.int64),
        account=np.ones(n, dtype=np.int64),
    )
    open_then = (people.opened[base.person] * DAY <= at) & (at < people.closed[base.person] * DAY)
    return Outflows(base.person[open_then], at[open_then], amount[open_then]), money


def _pensions(bank: Roster, month: int) -> Money:
    people, dice = bank.people, bank.dice
    who = np.flatnonzero(people.pension > 0)
    raised = people.pension[who] * 1.03 ** january_raises(month, bank.first_month)
    city = people.city[who]
    at = pension_dates(bank, month)[city] * DAY + 30 * 60 * SECOND
    at = at + dice.whole("pension.second", 0, 3600, month, who) * SECOND
    n = len(who)
    return Money(
        person=who,
        at=at,
        incoming=np.ones(n, dtype=np.bool_),
        amount=np.round(raised).astype(np.int64),
        counterparty=PENSION_FUND_BASE + city,
        kind=np.full(n, int(Kind.PENSION_FUND), dtype=np.int64),
        code=np.full(n, int(Code.PENSION), dtype=np.int64),
        account=np.ones(n, dtype=np.int64),
    )


def since_pension(bank: Roster, people: People) -> Ints:
    """Matrix city x bank day (from `workdays.first`): days since the area's last pension day, a large number before any."""
    days = len(bank.workdays.open)
    last = np.full((len(CITIES), days), -10_000, dtype=np.int64)
    for month in range(bank.first_month, bank.last_month + 1):
        dates = pension_dates(bank, month) - bank.workdays.first
        inside = (dates >= 0) & (dates < days)
        last[np.flatnonzero(inside), dates[inside]] = dates[inside]
    return np.asarray(np.arange(days)[None, :] - np.maximum.accumulate(last, axis=1))
