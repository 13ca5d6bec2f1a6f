"""Master data as tables: customers, contacts, addresses, consents, employers, employees, agreements, accounts, holdings.

Everything here is invented: phone numbers begin with 100 and identity numbers with 999999, ranges that nobody is given.
Assumptions of ours: addresses for 82 % app push (less when old), 97 % SMS, 46 % WeCom, 97 % call, 28 % e-mail, 40 %
mini-program; marketing consent where there is an address: 80 % app push, 76 % SMS, 84 % WeCom, 70 % call, 72 % e-mail, 78 %
mini-program; service 98 %, care 92 %. Holdings: deposit 24 %, fund 11 %, wealth 12 %, insurance 8 %, credit card 30 %,
consumer loan 5 %, a business loan for 12 % of owners. Each branch has two relationship managers, one in twenty of them away in the
first week; customers who earn 20,000 yuan a month or more have one of the two as their manager.
"""

import numpy as np
import pyarrow as pa

from tonglu.bank.calendar import DAY, HOUR
from tonglu.bank.chance import Flags, Ints
from tonglu.bank.employers import CITIES, CITY_PROVINCE, EMPLOYER_BASE
from tonglu.bank.people import FIRST_CUSTOMER
from tonglu.bank.places import (
    BUSINESS_OWNER,
    CHANNELS,
    FIRM_WORDS,
    GIVEN,
    INDUSTRIES,
    OCCUPATIONS,
    PRODUCTS,
    PROVINCES,
    PURPOSES,
    STUDENT,
    SURNAMES,
)
from tonglu.bank.roster import Roster
from tonglu.bank.tables import constant, dates, instants, joined, numbers, texts, words

MANAGERS = 2
MANAGED_FROM = 2_000_000
"""Fen a month from which a customer has a manager."""
RATINGS = ("C1", "C2", "C3", "C4", "C5")
ADDRESS_SHARE = (0.82, 0.97, 0.46, 0.97, 0.28, 0.40)
CONSENT_SHARE = ((0.80, 0.76, 0.84, 0.70, 0.72, 0.78), (0.98,) * 6, (0.92,) * 6)


def customers(bank: Roster, who: Ints, day: int) -> pa.Table:
    """The table `customers` for positions `who` as it stands on a bank day."""
    p = bank.people
    city, employer = p.city[who], np.where(p.job_from[who] <= day, p.employer[who], p.prev_employer[who])
    employer = np.where(p.job_to[who] <= day, -1, employer)
    province = CITY_PROVINCE[city]
    return pa.table(
        {
            "customer_id": numbers(who + FIRST_CUSTOMER),
            "birth_date": dates(p.birth[who]),
            "sex": words(("M", "F"), p.female[who].astype(np.int64)),
            "province": words([x for x, _, _ in PROVINCES], province),
            "city": words(CITIES, city),
            "county": pa.array(p.county[who]),
            "local_residence": pa.array(p.local[who]),
            "resident_since": dates(p.resident_since[who]),
            "occupation": words(OCCUPATIONS, p.occupation[who]),
            "employer_id": numbers(employer + EMPLOYER_BASE, employer < 0),
            "monthly_income": numbers(p.income[who]),
            "risk_rating": words(RATINGS, np.maximum(p.risk[who] - 1, 0), p.risk[who] == 0),
            "risk_rated_on": dates(p.risk_on[who], p.risk[who] == 0),
            "branch_id": pa.array(branch_of(bank, who).astype(np.int32)),
            "manager_id": numbers(branch_of(bank, who) * 10 + 1 + who // 10 % MANAGERS, p.income[who] < MANAGED_FROM),
            "married": pa.array(p.married[who]),
            "children": pa.array(p.children[who].astype(np.int32)),
            "vulnerable": pa.array(p.vulnerable[who]),
            "opened_on": dates(p.opened[who]),
            "closed_on": dates(p.closed[who], p.closed[who] > day),
        }
    )


def branch_of(bank: Roster, who: Ints) -> Ints:
    """The branch of each customer: ten to a city."""
    city = bank.people.city[who]
    return np.asarray(CITY_PROVINCE[city] * 1000 + city * 10 + who % 10 + 1, dtype=np.int64)


def employees(bank: Roster) -> pa.Table:
    """The table `employees`: the relationship managers of every branch that has customers."""
    branches = np.unique(branch_of(bank, np.arange(len(bank.people), dtype=np.int64)))
    branch, number = np.repeat(branches, MANAGERS), np.tile(np.arange(1, MANAGERS + 1), len(branches))
    employee = branch * 10 + number
    away = bank.dice.uniform("employee.away", employee) < 0.05
    first = np.full(len(employee), bank.opening, dtype=np.int64)
    return pa.table(
        {
            "employee_id": numbers(employee),
            "branch_id": pa.array(branch.astype(np.int32)),
            "role": constant("relationship_manager", len(employee)),
            "active": pa.array(np.ones(len(employee), dtype=np.bool_)),
            "works_from": constant("09:00", len(employee)),
            "works_until": constant("18:00", len(employee)),
            "absent_from": dates(first, ~away),
            "absent_until": dates(first + 6, ~away),
        }
    )


def contacts(bank: Roster, who: Ints) -> pa.Table:
    """The table `contacts`: invented names, phones and identity numbers."""
    dice = bank.dice
    last = words(SURNAMES, dice.whole("name.last", 0, len(SURNAMES), who)).cast(pa.string())
    first = words(GIVEN, dice.whole("name.first", 0, len(GIVEN), who)).cast(pa.string())
    two = dice.uniform("name.two", who) < 0.7
    second = words(("", *GIVEN), np.where(two, 1 + dice.whole("name.second", 0, len(GIVEN), who), 0)).cast(pa.string())
    born = bank.people.birth[who].astype("datetime64[D]")
    years = born.astype("datetime64[Y]").astype(np.int64) + 1970
    months = born.astype("datetime64[M]").astype(np.int64) % 12 + 1
    days = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    number = 10_000 * (years * 10_000 + months * 100 + days) + dice.whole("identity", 0, 10_000, who)
    return pa.table(
        {
            "customer_id": numbers(who + FIRST_CUSTOMER),
            "name": joined(last, first, second),
            "phone": texts("", _phone(who)),
            "id_number": texts("999999", number),
        }
    )


def _phone(who: Ints) -> Ints:
    """Eleven digits, 100 xxxx xxxx."""
    return np.array(10_000_000_000 + who, dtype=np.int64)


def has_address(bank: Roster, who: Ints, channel: int) -> Flags:
    """Whether the customers can be addressed on a channel at all."""
    age = bank.people.age[who]
    everyone = CHANNELS[channel] in ("sms", "call")
    slower = np.ones(len(who)) if everyone else np.select([age >= 70, age >= 60], [0.45, 0.7], 1.0)
    return bank.dice.uniform("address", channel, who) < ADDRESS_SHARE[channel] * slower


def addresses(bank: Roster, who: Ints) -> pa.Table:
    """The table `addresses`, one row per customer and channel that exists."""
    parts = []
    for channel, name in enumerate(CHANNELS):
        at = who[has_address(bank, who, channel)]
        if name in ("sms", "call"):
            address = texts("", _phone(at))
        elif name == "email":
            address = texts("u", at + FIRST_CUSTOMER, "@example.com")
        else:
            address = texts(f"{name}:", (bank.dice.words("address.token", channel, at) >> np.uint64(2)).astype(np.int64))
        parts.append(
            pa.table({"customer_id": numbers(at + FIRST_CUSTOMER), "channel": constant(name, len(at)), "address": address})
        )
    return pa.concat_tables(parts)


def consents(bank: Roster, who: Ints) -> pa.Table:
    """The table `consents`, one row per customer, purpose and channel with an address."""
    parts = []
    for channel, name in enumerate(CHANNELS):
        at = who[has_address(bank, who, channel)]
        for purpose, purpose_name in enumerate(PURPOSES):
            age = np.maximum(2, (bank.opening - bank.first) * bank.dice.uniform("consent.age", purpose, channel, at))
            changed = np.maximum(bank.opening - age.astype(np.int64), bank.people.opened[at]) * DAY + 2 * HOUR
            parts.append(
                pa.table(
                    {
                        "customer_id": numbers(at + FIRST_CUSTOMER),
                        "purpose": constant(purpose_name, len(at)),
                        "channel": constant(name, len(at)),
                        "granted": pa.array(bank.dice.uniform("consent", purpose, channel, at) < CONSENT_SHARE[purpose][channel]),
                        "changed_at": instants(changed),
                    }
                )
            )
    return pa.concat_tables(parts)


def employers(bank: Roster) -> pa.Table:
    """The table `employers`."""
    e = bank.employers
    i = np.arange(len(e), dtype=np.int64)
    name = joined(
        words(CITIES, e.city).cast(pa.string()),
        words(FIRM_WORDS, e.word).cast(pa.string()),
        words([s for _, _, s in INDUSTRIES], e.industry).cast(pa.string()),
    )
    return pa.table(
        {
            "employer_id": numbers(i + EMPLOYER_BASE),
            "name": name,
            "industry": words([x for x, _, _ in INDUSTRIES], e.industry),
            "province": words([x for x, _, _ in PROVINCES], CITY_PROVINCE[e.city]),
            "city": words(CITIES, e.city),
            "headcount": pa.array(e.headcount.astype(np.int32)),
        }
    )


def agreements(bank: Roster, which: Ints, day: int) -> pa.Table:
    """The table `agreements` for employers `which` as it stands on a bank day."""
    e = bank.employers
    return pa.table(
        {
            "agreement_id": numbers(which + 800_001),
            "employer_id": numbers(which + EMPLOYER_BASE),
            "pay_day": pa.array(e.pay_day[which].astype(np.int32)),
            "signed_on": dates(e.signed_on[which]),
            "ended_on": dates(e.ended_on[which], e.ended_on[which] > day),
        }
    )


def accounts(bank: Roster, who: Ints, day: int) -> pa.Table:
    """The table `accounts`: everyone has a debit account, some a credit card and a deposit."""
    p, parts = bank.people, []
    for kind, (name, share, size) in enumerate((("debit", 1.0, 1.2), ("credit", 0.3, 0.5), ("deposit", 0.26, 9.0)), 1):
        at = who[(bank.dice.uniform("account", kind, who) < share) & ((kind == 1) | (p.age[who] >= 18))]
        balance = p.income[at] * size * np.exp(0.9 * bank.dice.normal("balance", kind, at))
        customer = at + FIRST_CUSTOMER
        later = bank.dice.whole("account.opened", 0, 300, kind, at) * ((kind > 1) & (p.opened[at] < bank.first))
        opened = p.opened[at] + later
        parts.append(
            pa.table(
                {
                    "account_id": numbers(customer * 10 + kind),
                    "customer_id": numbers(customer),
                    "kind": constant(name, len(at)),
                    "opened_on": dates(opened),
                    "closed_on": dates(p.closed[at], p.closed[at] > day),
                    "balance": numbers(np.round(balance * (-1 if name == "credit" else 1)).astype(np.int64)),
                }
            )
        )
    return pa.concat_tables(parts)


def held(bank: Roster, product: int) -> tuple[Ints, Ints]:
    """Positions of those who hold a product at the opening, and the bank day since when."""
    p, dice = bank.people, bank.dice
    everyone = np.arange(bank.customers, dtype=np.int64)
    u = dice.uniform("holding", product, everyone)
    adult = p.age[: bank.customers] >= 18
    rich = np.clip(p.income[: bank.customers] / 800_000, 0.5, 2.0)
    name = PRODUCTS[product]
    if name == "salary_plan":
        has = p.has_plan[: bank.customers]
    elif name == "pension_deposit":
        has = p.has_pension_deposit[: bank.customers]
    elif name == "business_loan":
        has = (p.occupation[: bank.customers] == BUSINESS_OWNER) & (u < 0.12)
    else:
        share = {"deposit": 0.24, "fund": 0.11, "wealth": 0.12, "insurance": 0.08, "credit_card": 0.3, "consumer_loan": 0.05}[
            name
        ]
        has = adult & (u < share * rich) & (p.occupation[: bank.customers] != STUDENT)
    who = np.flatnonzero(has)
    since = bank.opening - 1 - (dice.uniform("holding.since", product, who) ** 1.5 * 900).astype(np.int64)
    if name == "salary_plan":
        since = np.maximum(since, p.first_pay[who] + 1)
    return who, np.minimum(since, bank.opening - 1)


def amounts(bank: Roster, product: int, who: Ints) -> Ints:
    """Fen that a customer puts into (or borrows with) a product, in whole hundreds of yuan."""
    times = np.array([1.0, 3.0, 6.0, 3.0, 7.0, 1.0, 1.5, 5.0, 20.0])[product]
    fen = bank.people.income[who] * times * (0.4 + 1.2 * bank.dice.uniform("holding.amount", product, who))
    return np.asarray(np.maximum(np.round(fen / 10_000), 1) * 10_000, dtype=np.int64)


def holdings(bank: Roster) -> pa.Table:
    """The table `holdings` at the opening; 6 % ended."""
    parts = []
    for product, name in enumerate(PRODUCTS):
        who, since = held(bank, product)
        ended = since + 200
        over = (bank.dice.uniform("holding.ended", product, who) < 0.06) & (ended < bank.opening) & (product > 1)
        parts.append(
            pa.table(
                {
                    "holding_id": numbers((who + FIRST_CUSTOMER) * 10 + product),
                    "customer_id": numbers(who + FIRST_CUSTOMER),
                    "product": constant(name, len(who)),
                    "amount": numbers(amounts(bank, product, who)),
                    "since_on": dates(since),
                    "ended_on": dates(ended, ~over),
                }
            )
        )
    return pa.concat_tables(parts)
