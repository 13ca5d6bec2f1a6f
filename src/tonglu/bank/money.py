"""Columns of transactions before they become rows of a table."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from tonglu.bank.chance import Flags, Ints

KINDS = ("employer", "pension_fund", "own_account", "wallet", "person", "merchant", "bank_product", "mortgage")
CODES = ("工资", "奖金", "养老金", "报销", "转账", "消费", "还款", "理财", "现金")


class Kind(IntEnum):
    """Who stands on the other side; the position in `KINDS`."""

    EMPLOYER = 0
    PENSION_FUND = 1
    OWN_ACCOUNT = 2
    WALLET = 3
    PERSON = 4
    MERCHANT = 5
    BANK_PRODUCT = 6
    MORTGAGE = 7


class Code(IntEnum):
    """What the entry is called; the position in `CODES`."""

    SALARY = 0
    BONUS = 1
    PENSION = 2
    REFUND = 3
    TRANSFER = 4
    PURCHASE = 5
    REPAYMENT = 6
    WEALTH = 7
    CASH = 8


@dataclass(frozen=True)
class Money:
    """Transactions as parallel arrays: customer position, instant (microseconds), in or out, fen, the other side, code.

    `counterparty` 0 means none is named; `account` is 1 for the debit account and 2 for the credit card.
    """

    person: Ints
    at: Ints
    incoming: Flags
    amount: Ints
    counterparty: Ints
    kind: Ints
    code: Ints
    account: Ints

    def __len__(self) -> int:
        return len(self.person)

    def where(self, keep: Flags) -> "Money":
        """The transactions at which `keep` is true."""
        return Money(**{f.name: getattr(self, f.name)[keep] for f in fields(self)})

    def between(self, start: int, end: int) -> "Money":
        """The transactions with start <= instant < end."""
        return self.where((self.at >= start) & (self.at < end))

    @staticmethod
    def together(parts: Sequence["Money"]) -> "Money":
        """All parts, in their order."""
        return Money(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Money)})
