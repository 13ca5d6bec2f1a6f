"""What customers do of themselves: the base hazards of the goals, the uniforms behind them, and everyday events.

Per customer, bank day and goal there is one uniform u and one instant t, both functions of the seed. The goal happens at t if
u < hazard(t). The hazard is the base hazard below times the boosts of touches delivered before t (`effects`); without touches
it is the base hazard. Assumptions of ours, per day and by group (young, prime, mature, silver):

- salary_plan opened: 0.0090, 0.0080, 0.0065, 0.0045 in the 60 days from the first salary (3 to 6 % in a week), 0.0004 for
  other salary receivers, 0.00002 for the rest; never again once held;
- pension_deposit opened: 0.0065 in the 7 days after a pension, 0.0005 between (pensioners only); never again once held;
- funds_returned: 0.0085, 0.0075, 0.0060, 0.0050 in the 10 days after a salary outflow, else never;
- app_login: the customer's own rate, 0.003, 0.025 or 0.10.

Everyday events: 35 % of logins view a product, one view in forty ends in opening a fund, wealth product or deposit; one
service call per 1,600 customers and day.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import pyarrow as pa

from tonglu.bank.calendar import DAY, FAR, HOUR, SECOND
from tonglu.bank.chance import Flags, Floats, Ints
from tonglu.bank.payroll import Outflows, since_pension
from tonglu.bank.people import first_pay_instant
from tonglu.bank.places import PRODUCTS, SERVICE_INTENTS
from tonglu.bank.roster import Roster
from tonglu.bank.tables import constant, event_rows, joined, texts, words

NEW_DAYS = 60
PENSION_DAYS = 7
RETURN_DAYS = 10
PLAN_NEW = np.array([0.0090, 0.0080, 0.0065, 0.0045])
PLAN_PAID, PLAN_OTHER = 0.0004, 0.00002
PENSION_FRESH, PENSION_LATER = 0.0065, 0.0005
RETURNS = np.array([0.0085, 0.0075, 0.0060, 0.0050])
VIEWED = (2, 3, 4, 5, 6, 0, 1)
VIEWED_WEIGHTS = (20.0, 22.0, 22.0, 8.0, 12.0, 10.0, 6.0)


class Outcome(Enum):
    """What may happen to a customer on a day, with a common uniform; the value names them in the hidden state."""

    SALARY_PLAN = "salary_plan"
    PENSION_DEPOSIT = "pension_deposit"
    FUNDS_RETURNED = "funds_returned"
    APP_LOGIN = "app_login"

    @property
    def once(self) -> bool:
        """Whether it happens once at most (a product is held from then on)."""
        return self in (Outcome.SALARY_PLAN, Outcome.PENSION_DEPOSIT)


@dataclass(frozen=True)
class Moments:
    """For customers `person` on one bank day: instant t (microseconds), uniform u, base hazard."""

    person: Ints
    at: Ints
    u: Floats
    base: Floats

    def where(self, keep: Flags) -> "Moments":
        """The moments at which `keep` is true."""
        return Moments(self.person[keep], self.at[keep], self.u[keep], self.base[keep])


class Behaviour:
    """Base hazards of a roster; holds the small tables that they need."""

    def __init__(self, bank: Roster) -> None:
        self._bank = bank
        self._since_pension = since_pension(bank, bank.people)
        self._new_from = first_pay_instant(bank.people)
        self._group = bank.people.group

    def candidates(self, goal: Outcome) -> Ints:
        """Customers for whom a goal is possible at all (funds_returned: see `moments`)."""
        people = self._bank.people
        if goal is Outcome.PENSION_DEPOSIT:
            return np.flatnonzero(people.pension > 0)
        return np.arange(len(people), dtype=np.int64)

    def moments(self, goal: Outcome, day: int, who: Ints, outflows: Outflows) -> Moments:
        """Instants, uniforms and base hazards of customers `who` on a bank day; `outflows` covers the 11 days before its end."""
        bank = self._bank
        if goal is Outcome.FUNDS_RETURNED:
            who = np.intersect1d(who, outflows.person)
        people = bank.people
        who = who[(people.opened[who] <= day) & (people.closed[who] > day)]
        at = day * DAY + 10 * 60 * SECOND + (bank.dice.uniform(f"{goal.value}.time", day, who) * 15 * HOUR).astype(np.int64)
        return Moments(who, at, bank.dice.uniform(f"{goal.value}.u", day, who), self._base(goal, day, who, at, outflows))

    def _base(self, goal: Outcome, day: int, who: Ints, at: Ints, outflows: Outflows) -> Floats:
        people, group = self._bank.people, self._group[who]
        if goal is Outcome.SALARY_PLAN:
            new = (at >= self._new_from[who]) & (at < self._new_from[who] + NEW_DAYS * DAY)
            paid = (people.first_pay[who] < FAR) & (at >= self._new_from[who]) & (people.job_to[who] > day)
            return np.where(new, PLAN_NEW[group], np.where(paid, PLAN_PAID, PLAN_OTHER))
        if goal is Outcome.PENSION_DEPOSIT:
            since = self._since_pension[people.city[who], day - self._bank.workdays.first]
            return np.where(people.pension[who] > 0, np.where(since < PENSION_DAYS, PENSION_FRESH, PENSION_LATER), 0.0)
        if goal is Outcome.FUNDS_RETURNED:
            return np.where(self._left_recently(who, at, outflows), RETURNS[group], 0.0)
        return people.login_rate[who]

    def _left_recently(self, who: Ints, at: Ints, outflows: Outflows) -> Flags:
        place = np.full(len(self._bank.people), -1, dtype=np.int64)
        place[who] = np.arange(len(who))
        row = place[outflows.person]
        known = row >= 0
        row, left = row[known], outflows.at[known]
        hit = (left < at[row]) & (at[row] <= left + RETURN_DAYS * DAY)
        recent = np.zeros(len(who), dtype=np.bool_)
        recent[row[hit]] = True
        return recent


def login_events(day: int, person: Ints, at: Ints) -> pa.Table:
    """`app_login` events; ids come from the bank day and the customer."""
    return event_rows(texts("a", _number(day, person)), person, "app_login", at, constant("{}", len(person)))


def browsing(bank: Roster, day: int, person: Ints, at: Ints) -> pa.Table:
    """Product views after logins."""
    looks = bank.dice.uniform("view", day, person) < 0.35
    who, when = person[looks], at[looks] + 40 * SECOND
    product = np.array(VIEWED)[bank.dice.pick("view.product", VIEWED_WEIGHTS, day, who)]
    told = joined('{"product": "', words(PRODUCTS, product).cast(pa.string()), '"}')
    return event_rows(texts("v", _number(day, who)), who, "product_viewed", when, told)


def other_openings(bank: Roster, day: int, person: Ints, at: Ints) -> tuple[Ints, Ints, Ints]:
    """Deposits, funds and wealth products opened after a login: customer, product, instant. No touch acts on these."""
    opens = (bank.dice.uniform("view", day, person) < 0.35 / 40) & (bank.people.age[person] >= 18)
    who = person[opens]
    return who, bank.dice.whole("view.opened", 2, 5, day, who), at[opens] + 300 * SECOND


def service_calls(bank: Roster, day: int) -> pa.Table:
    """Service calls of one bank day with the intent."""
    people = bank.people
    u = bank.dice.uniform("service", day, np.arange(len(people), dtype=np.int64))
    who = np.flatnonzero(u < 1 / 1600)
    who = who[(people.opened[who] <= day) & (people.closed[who] > day)]
    at = day * DAY + (bank.dice.uniform("service.time", day, who) * 12 * HOUR).astype(np.int64)
    intent = words(SERVICE_INTENTS, bank.dice.whole("service.intent", 0, len(SERVICE_INTENTS), day, who)).cast(pa.string())
    return event_rows(texts("s", _number(day, who)), who, "service_call", at, joined('{"intent": "', intent, '"}'))


def opening_events(product: int, person: Ints, at: Ints, amount: Ints, prefix: str) -> pa.Table:
    """`product_opened` events of one product."""
    told = texts(f'{{"product": "{PRODUCTS[product]}", "amount": ', amount, "}")
    return event_rows(texts(f"{prefix}{product}-", _number(at // DAY, person)), person, "product_opened", at, told)


def _number(day: int | Ints, person: Ints) -> Ints:
    return np.asarray(day * 1_000_000_000 + person)
