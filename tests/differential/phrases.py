"""Conditions made by chance, over the attributes and events of the cases."""

import random
import re
from collections.abc import Sequence
from datetime import timedelta

DURATIONS = ["1 hour", "2 hours", "6 hours", "12 hours", "1 day", "1 day", "36 hours", "2 days", "3 days", "5 days", "90 minutes"]
UNITS = {"minute": 60, "hour": 3600, "day": 86400, "second": 1}
PROPERTIES = {
    "order": ("loan", "amount"),
    "login": ("channel",),
    "paid": ("loan", "amount", "product"),
    "opt_out": ("channel",),
    "opt_in": ("channel",),
}
OF_EVENTS = {
    "order": [
        "amount >= 100",
        "amount < 100 or loan = 2",
        "loan != 1",
        "not (amount > 100)",
        "amount is null",
        "amount between 99 and 100",
    ],
    "login": [
        "channel = 'sms'",
        "channel != 'sms'",
        "channel is not null",
        "channel like 's%'",
        "channel in ('sms', 'app_push')",
    ],
    "paid": [
        "amount >= 100",
        "amount >= 500 yuan",
        "product = 'a'",
        "product = 'a' and amount > 99",
        "product not in ('a', 'b')",
        "product like 'a\\_b' or loan = 1",
        "product like 'a_b'",
        "amount / 2 > 50",
        "not (product = 'a' or amount < 100)",
        "amount * 2 - 1 >= 199 and loan is not null",
    ],
}
OF_CUSTOMERS = [
    "age >= 60",
    "age < 60",
    "age != 30",
    "age between 18 and 60",
    "age not between 18 and 60",
    "age in (17, 18)",
    "age not in (17, 18)",
    "vip",
    "not vip",
    "vip = true",
    "level = 'gold'",
    "level != 'gold'",
    "level like 'g%'",
    "level not like 'g_ld'",
    "level = '金卡' or level = ''",
    "level is null",
    "balance >= 100 yuan",
    "balance / age > 100",
    "balance - 99 = 0",
    "- age < -30",
    "days_since(opened_on) > 30",
    "days_since(opened_on) <= 365",
    "days_since(due_on) between -1 and 0",
    "days_since(last_at) >= 7",
    "days_since(last_at) = 0",
    "years_since(opened_on) >= 1",
    "years_since(opened_on) between 20 and 22",
    "due_on > opened_on",
    "opened_on < date '2026-01-01'",
    "due_on is not null",
    "age * 2 + 1 > 60",
]


OF_THE_PAST = [
    "count({p}login) = 0",
    "count({p}login) >= 2",
    "count({p}paid, {d}) >= 1",
    "count({p}paid where amount >= 100, {d}) = 1",
    "count({p}order where amount is null or loan = 1, {d}) >= 1",
    "count({p}login where channel = 'sms') + count({p}paid) > 1",
    "count(touch.clicked, {d}) > 0",
    "last({p}login) is null",
    "last({p}paid where product = 'a') > now - {d}",
    "days_since(last({p}order)) >= 1",
    "days_since(last({p}login)) between 0 and 1",
    "touches() = 0",
    "touches({d}) >= 1",
    "touches(sms, {d}) < 1",
    "touches(app_push) between 1 and 2",
    "not touches({d}) > 0",
]
OF_DAYS = [
    "opened_on <= today - 30 days",
    "due_on = today",
    "due_on + 1 day >= today",
    "due_on > today - 1 week",
    "last_at >= now - {d}",
    "last_at + {d} > now",
    "is_workday(today)",
    "not is_workday(due_on)",
    "workdays_since(opened_on) <= 1",
    "workdays_since(due_on) between -2 and 2",
    "days_to_pay_day() = 0",
    "days_to_pay_day() <= 2",
    "days_since_pay_day() between 1 and 28",
    "days_to_pay_day() + days_since_pay_day() > 27",
    "today > date '2026-02-13' and now is not null",
]
OF_NOTES = [
    "set.level = 'gold'",
    "set.level is null",
    "set.level != 'silver'",
    "set.tries >= 2",
    "set.seen",
    "not set.seen",
    "set.tries + age > 32",
]


def length(words: str) -> timedelta:
    """The length that words such as '3 days' mean."""
    count, unit = words.split()
    return int(count) * timedelta(seconds=UNITS[unit.removesuffix("s")])


def counted(words: str) -> list[tuple[str, timedelta]]:
    """The events of the case that words count, each with the time that they look back."""
    return [(name, length(back)) for name, back in re.findall(r"count\((c\d{5}_\w+)[^,()]*, ([^)]+)\)", words)]


def event(rng: random.Random, name: str) -> str:
    """A filter of an event."""
    return rng.choice(OF_EVENTS[name])


def customer(rng: random.Random, segments: Sequence[str], *, notes: bool = False, depth: int = 2) -> str:
    """A condition on a customer; `notes` says that the case's journeys write all of them."""
    chance = rng.random()
    if depth and chance < 0.35:
        left, right = (customer(rng, segments, notes=notes, depth=depth - 1) for _ in range(2))
        return f"({left}) {rng.choice(['and', 'or'])} ({right})"
    if depth and chance < 0.45:
        return f"not ({customer(rng, segments, notes=notes, depth=depth - 1)})"
    if chance < 0.55:
        return f"{rng.choice(['', 'not '])}in segment {rng.choice(segments)}"
    of = rng.choices([OF_CUSTOMERS, OF_THE_PAST, OF_DAYS, OF_NOTES], [4, 4, 3, 6 if notes else 0])[0]
    return rng.choice(of).format(p=segments[0][:-1], d=rng.choice(DURATIONS))
