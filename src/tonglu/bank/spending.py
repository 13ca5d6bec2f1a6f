"""Everyday money: card purchases, transfers, cash, repayments, refunds, and payments that look like wages and are not.

Assumptions of ours: 1.4 card purchases a month on average (kept modest, a real bank has more), 0.35 transfers, 15 % of the
employed pay a mortgage on a fixed day, 25 % a card bill. Distractors for whoever looks for wages without labels: freelancers
get 0 to 3 payments a month of very different size from three clients, 5 % of the employed get refunds of expenses from their
employer, 70 % of students get a parent's allowance about the same day each month.
"""

import numpy as np

from tonglu.bank.calendar import DAY, HOUR, SECOND, month_start
from tonglu.bank.chance import Flags, Ints
from tonglu.bank.employers import EMPLOYER_BASE
from tonglu.bank.money import Code, Kind, Money
from tonglu.bank.places import FREELANCER, STUDENT
from tonglu.bank.roster import Roster

MERCHANT_BASE = 5_000_000_000


def spend_day(bank: Roster, day: int) -> Money:
    """Purchases, transfers and cash of one bank day, by customer within each kind."""
    people, dice = bank.people, bank.dice
    everyone = np.arange(len(people), dtype=np.int64)
    u = dice.uniform("spend", day, everyone)
    buys = np.flatnonzero(u < people.card_rate)
    moves = np.flatnonzero((u > 0.5) & (u < 0.5115))
    purchase = np.round(np.exp(4.4 + 1.1 * dice.normal("spend.amount", day, buys)) * 100).astype(np.int64) + 1
    card = money_of(
        buys,
        _instants(bank, "spend.time", day, buys),
        False,
        purchase,
        MERCHANT_BASE + dice.whole("spend.merchant", 0, 50_000, day, buys),
        kind=Kind.MERCHANT,
        code=Code.PURCHASE,
    )
    card = _on_account(card, np.where(dice.uniform("spend.credit", buys) < 0.3, 2, 1))
    style = dice.uniform("move.style", day, moves)
    incoming = style < 0.45
    cash = style > 0.9
    amount = np.maximum(1, np.round(people.income[moves] * 0.6 * dice.uniform("move.amount", day, moves) ** 2)).astype(np.int64)
    other = np.where(cash, 0, 4_000_000_000 + dice.whole("move.other", 0, 10**8, day, moves))
    transfer = money_of(
        moves, _instants(bank, "move.time", day, moves), incoming, amount, other, kind=Kind.PERSON, code=Code.TRANSFER
    )
    codes = np.where(cash, int(Code.CASH), transfer.code)
    transfer = Money(**{**vars(transfer), "code": codes.astype(np.int64)})
    return _open_only(bank, Money.together([card, transfer]))


def other_month(bank: Roster, month: int) -> Money:
    """Repayments, refunds, freelance pay and allowances of one calendar month, all instants inside it."""
    parts = [_repayments(bank, month), _refunds(bank, month), _allowances(bank, month)]
    parts += [_freelance(bank, month, turn) for turn in range(3)]
    return _open_only(bank, Money.together(parts))


def _repayments(bank: Roster, month: int) -> Money:
    people, dice = bank.people, bank.dice
    paid = np.flatnonzero((people.employer >= 0) & (people.age >= 24))
    u = dice.uniform("repay.kind", paid)
    owes = paid[(u < 0.15) | (u > 0.75)]
    mortgage = dice.uniform("repay.kind", owes) < 0.15
    day = month_start(month) + dice.whole("repay.day", 3, 27, owes)
    wobble = np.where(mortgage, 1.0, 0.3 + 1.4 * dice.uniform("repay.size", month, owes))
    amount = np.round(people.income[owes] * np.where(mortgage, 0.35, 0.2) * wobble).astype(np.int64) + 1
    at = day * DAY + dice.whole("repay.second", 3600, 50_000, month, owes) * SECOND
    money = money_of(owes, at, False, amount, np.where(mortgage, 600_001, 600_002), kind=Kind.MORTGAGE, code=Code.REPAYMENT)
    return Money(**{**vars(money), "kind": np.where(mortgage, int(Kind.MORTGAGE), int(Kind.BANK_PRODUCT)).astype(np.int64)})


def _refunds(bank: Roster, month: int) -> Money:
    people, dice = bank.people, bank.dice
    who = np.flatnonzero(
        (people.employer >= 0) & (people.job_from < month_start(month)) & (people.job_to > month_start(month + 1))
    )
    who = who[dice.uniform("refund", month, who) < 0.05]
    amount = np.round(np.exp(11.3 + 0.9 * dice.normal("refund.amount", month, who))).astype(np.int64) + 100
    payer = EMPLOYER_BASE + people.employer[who]
    return money_of(who, _some_day(bank, "refund", month, who), True, amount, payer, kind=Kind.EMPLOYER, code=Code.REFUND)


def _allowances(bank: Roster, month: int) -> Money:
    people, dice = bank.people, bank.dice
    who = np.flatnonzero(people.occupation == STUDENT)
    who = who[(dice.uniform("allowance", who) < 0.7) & (dice.uniform("allowance.missed", month, who) > 0.15)]
    day = month_start(month) + dice.whole("allowance.day", 1, 22, who) + dice.whole("allowance.shift", 0, 6, month, who)
    at = day * DAY + dice.whole("allowance.second", 0, 50_000, month, who) * SECOND
    amount = (100_000 + 10_000 * dice.whole("allowance.amount", 0, 15, who)) * (
        1 + (dice.uniform("allowance.extra", month, who) < 0.2)
    )
    return money_of(who, at, True, amount, 4_200_000_000 + who, kind=Kind.PERSON, code=Code.TRANSFER)


def _freelance(bank: Roster, month: int, turn: int) -> Money:
    people, dice = bank.people, bank.dice
    who = np.flatnonzero(people.occupation == FREELANCER)
    who = who[dice.uniform("freelance", month, turn, who) < 0.5]
    client = dice.whole("freelance.client", 0, 3, month, turn, who)
    payer = EMPLOYER_BASE + dice.whole("freelance.payer", 0, len(bank.employers), who, client)
    amount = (
        np.round(people.income[who] * np.exp(0.9 * dice.normal("freelance.amount", month, turn, who)) * 0.6).astype(np.int64) + 1
    )
    return money_of(
        who, _some_day(bank, f"freelance{turn}", month, who), True, amount, payer, kind=Kind.EMPLOYER, code=Code.TRANSFER
    )


def _some_day(bank: Roster, purpose: str, month: int, who: Ints) -> Ints:
    length = month_start(month + 1) - month_start(month)
    day = month_start(month) + bank.dice.whole(f"{purpose}.day", 0, length, month, who)
    return day * DAY + bank.dice.whole(f"{purpose}.second", 3600, 40_000, month, who) * SECOND


def _instants(bank: Roster, purpose: str, day: int, who: Ints) -> Ints:
    """Mostly between 08:00 and 23:00 local, which is the first 15 hours of a bank day."""
    return day * DAY + np.asarray(bank.dice.uniform(purpose, day, who) * 15 * HOUR).astype(np.int64)


def money_of(who: Ints, at: Ints, incoming: bool | Flags, amount: Ints, other: Ints, *, kind: Kind, code: Code) -> Money:
    """Transactions on the debit account that share direction (or have one each), kind and code."""
    n = len(who)
    return Money(
        person=who,
        at=at,
        incoming=np.broadcast_to(np.asarray(incoming, dtype=np.bool_), (n,)),
        amount=amount,
        counterparty=np.asarray(other, dtype=np.int64),
        kind=np.full(n, int(kind), dtype=np.int64),
        code=np.full(n, int(code), dtype=np.int64),
        account=np.ones(n, dtype=np.int64),
    )


def _on_account(money: Money, account: Ints) -> Money:
    return Money(**{**vars(money), "account": account.astype(np.int64)})


def _open_only(bank: Roster, money: Money) -> Money:
    people = bank.people
    return money.where((people.opened[money.person] * DAY <= money.at) & (money.at < people.closed[money.person] * DAY))
