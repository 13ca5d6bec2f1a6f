"""Monthly money by instant: salaries and pensions of neighbouring months, worked out once each and kept while needed."""

from collections import OrderedDict

import numpy as np

from tonglu.bank.calendar import DAY, month_of
from tonglu.bank.money import Money
from tonglu.bank.payroll import MonthOfPay, Outflows, pay_month
from tonglu.bank.roster import Roster
from tonglu.bank.spending import other_month

KEPT = 4


class Ledger:
    """Looks money up by span. Keeps the last few months in memory, because consecutive days ask for the same ones."""

    def __init__(self, bank: Roster) -> None:
        self._bank = bank
        self._pay: OrderedDict[int, MonthOfPay] = OrderedDict()
        self._other: OrderedDict[int, Money] = OrderedDict()

    @property
    def no_outflows(self) -> Outflows:
        """No outflow at all."""
        none = np.empty(0, dtype=np.int64)
        return Outflows(none, none, none)

    def monthly(self, start: int, end: int) -> Money:
        """Salaries, bonuses, outflows, pensions, repayments and the like with start <= instant (microseconds) < end."""
        first, last = month_of(start // DAY), month_of((end - 1) // DAY)
        # A pay-day on the 1st to 8th may move into the month before; a late batch or an outflow into the month after.
        months = [self._month(m) for m in range(first - 1, last + 2) if m <= self._bank.last_month]
        parts = [m.money.between(start, end) for m in months]
        parts += [self._others(m).between(start, end) for m in range(first - 1, last + 1)]
        return Money.together(parts)

    def outflows(self, start: int, end: int) -> Outflows:
        """Salary outflows with start <= instant (microseconds) < end."""
        first, last = month_of(start // DAY), month_of((end - 1) // DAY)
        months = [self._month(m).outflows for m in range(first - 1, last + 2) if m <= self._bank.last_month]
        keep = [(o.at >= start) & (o.at < end) for o in months]
        return Outflows(
            np.concatenate([o.person[k] for o, k in zip(months, keep, strict=True)]),
            np.concatenate([o.at[k] for o, k in zip(months, keep, strict=True)]),
            np.concatenate([o.amount[k] for o, k in zip(months, keep, strict=True)]),
        )

    def _month(self, month: int) -> MonthOfPay:
        if month not in self._pay:
            self._pay[month] = pay_month(self._bank, month)
            if len(self._pay) > KEPT:
                self._pay.popitem(last=False)
        self._pay.move_to_end(month)
        return self._pay[month]

    def _others(self, month: int) -> Money:
        if month not in self._other:
            self._other[month] = other_month(self._bank, month)
            if len(self._other) > KEPT:
                self._other.popitem(last=False)
        self._other.move_to_end(month)
        return self._other[month]
