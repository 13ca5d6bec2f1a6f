"""Conditions that ask for the past, the calendar and what journeys noted: the edges of every window, and what is missing."""

from datetime import date, timedelta

import pytest

from tonglu.testing import TinyBank, at

HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
T = at("2026-03-02 08:00")  # a Monday
EVENTS = {"app_login": {}, "spent": {"amount": "bigint", "shop": "text"}, "begin": {}}


def judged_all(tmp_path, conditions, *, prepare=lambda bank: None, customer=None, attributes=None, as_of=T):
    """Which of the conditions a branch at `as_of` finds true; all of them in one bank, a journey for each."""

    def asking(condition):
        steps = [
            {"fork": {"branch": [{"when": condition, "go": "yes"}, {"else": "no"}]}},
            {"yes": {"end": "yes"}},
            {"no": {"end": "no"}},
        ]
        return {"enter": {"event": "begin"}, "steps": steps}

    journeys = {f"asks_{number}": asking(condition) for number, condition in enumerate(conditions)}
    with TinyBank(tmp_path, journeys=journeys, attributes=attributes or {}, events=EVENTS) as bank:
        bank.customers({"customer_id": 1, **(customer or {})}, {"customer_id": 2, **(customer or {})})
        prepare(bank)
        bank.event("begin", 1, as_of)
        bank.run(as_of)
        found = {journey: reason for _, journey, _, _, reason in bank.ended()}
        return {condition: found[f"asks_{number}"] == "yes" for number, condition in enumerate(conditions)}


def judged(tmp_path, condition, *, prepare=lambda bank: None, customer=None, attributes=None, as_of=T, more=None):
    """Whether a branch at `as_of` finds the condition true."""
    steps = [
        {"fork": {"branch": [{"when": condition, "go": "yes"}, {"else": "no"}]}},
        {"yes": {"end": "yes"}},
        {"no": {"end": "no"}},
    ]
    journeys = {"asks": {"enter": {"event": "begin"}, "steps": steps}, **(more or {})}
    with TinyBank(tmp_path, journeys=journeys, attributes=attributes or {}, events=EVENTS) as bank:
        bank.customers({"customer_id": 1, **(customer or {})}, {"customer_id": 2, **(customer or {})})
        prepare(bank)
        bank.event("begin", 1, as_of)
        bank.run(as_of)
        return {reason for customer, journey, _, _, reason in bank.ended() if journey == "asks"} == {"yes"}


@pytest.mark.parametrize(("ago", "counts"), [(timedelta(0), True), (7 * DAY - TICK, True), (7 * DAY, False), (8 * DAY, False)])
def test_a_window_holds_now_and_not_its_other_end(tmp_path, ago, counts):
    assert judged(tmp_path, "count(app_login, 7 days) = 1", prepare=lambda bank: bank.event("app_login", 1, T - ago)) is counts


def spending(bank):
    for amount in (900, 1000, 5000):
        bank.event("spent", 1, T - HOUR, amount=amount, shop="a")
    bank.event("spent", 1, T - HOUR, shop="b")
    bank.event("spent", 2, T - HOUR, amount=9000)


COUNTING = {
    "count(spent) = 4": True,
    "count(spent where amount >= 10 yuan, 1 day) = 2": True,
    "count(spent where amount >= 10 yuan and shop = 'b') = 0": True,
    "count(spent where amount is null) = 1": True,
    "count(app_login) > 0": False,
    "count(spent, 1 hour) > 0": False,
    "last(spent) = now - 1 hour": True,
    "last(app_login) < now": False,
    "last(app_login) is null": True,
    "days_since(last(spent)) = 0": True,
    "touches() = 0": True,
    "not touches(sms, 7 days) > 0": True,
}


def test_counting(tmp_path):
    assert judged_all(tmp_path, COUNTING, prepare=spending) == COUNTING


DAYS = {
    "opened_on = today - 30 days": True,
    "opened_on >= today - 4 weeks": False,
    "opened_on + 30 days = today": True,
    "days_since(opened_on) = 30": True,
    "today = date '2026-03-02'": True,
    "is_workday(today)": True,
    "is_workday(date '2026-02-14')": True,  # a Saturday that is worked
    "is_workday(date '2026-02-16')": False,
    "is_workday(date '2050-02-16')": False,  # unknown
    "not is_workday(date '2050-02-16')": False,
    "workdays_since(date '2026-02-27') = 2": True,  # Saturday the 28th is worked too
    "workdays_since(date '2026-02-13') = 7": True,
    "days_to_pay_day() = 11": True,  # Sunday the 15th is paid on Friday the 13th
    "days_since_pay_day() = 16": True,
}


def test_days(tmp_path):
    kinds = {"opened_on": "date", "pay_day": "integer"}
    customer = {"opened_on": date(2026, 1, 31), "pay_day": 15}
    assert judged_all(tmp_path, DAYS, attributes=kinds, customer=customer) == DAYS


def test_no_pay_day_is_missing(tmp_path):
    assert judged(tmp_path, "days_to_pay_day() is null", attributes={"pay_day": "integer"})


def test_touches_of_earlier_runs_count(tmp_path):
    greet = {"enter": {"event": "app_login"}, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}]}

    def prepare(bank):
        bank.event("app_login", 1, T - 2 * DAY)
        bank.run(T - 2 * DAY)

    conditions = {
        "a": ("touches(sms, 3 days) = 1", True),
        "b": ("touches(app_push) = 0", True),
        "c": ("touches(1 day) = 1", False),
    }
    for name, (condition, true) in conditions.items():
        assert judged(tmp_path / name, condition, prepare=prepare, more={"greet": greet}) is true


def noting(condition):
    return [
        {"note": {"set": {"level": "gold", "tries": 2, "seen": True}}},
        {"fork": {"branch": [{"when": condition, "go": "yes"}, {"else": "no"}]}},
        {"yes": {"end": "yes"}},
        {"no": {"end": "no"}},
    ]


@pytest.mark.parametrize(
    "condition", ["set.level = 'gold'", "set.tries >= 2", "set.seen", "set.level = 'gold' and set.tries < 3"]
)
def test_an_entry_sees_at_once_what_it_noted(tmp_path, condition):
    with TinyBank(tmp_path, journeys={"notes": {"enter": {"event": "begin"}, "steps": noting(condition)}}) as bank:
        bank.customers(1)
        bank.event("begin", 1, T)
        bank.run(T)
        assert bank.ended() == [(1, "notes", 1, T, "yes")]


def test_others_see_a_note_in_the_next_run_and_the_latest_clock_wins(tmp_path):
    def other(value, wait):
        return {"enter": {"event": "begin"}, "steps": [{"rest": {"wait": wait}}, {"note": {"set": {"level": value}}}]}

    ask = [
        {
            "fork": {
                "branch": [{"when": "set.level = 'a'", "go": "is_a"}, {"when": "set.level = 'b'", "go": "is_b"}, {"else": "none"}]
            }
        }
    ]
    ask += [{name: {"end": name}} for name in ("is_a", "is_b", "none")]
    journeys = {
        "first": other("a", "2 hours"),
        "second": other("b", "1 hour"),
        "asks": {"enter": {"event": "ask", "again": "always"}, "steps": ask},
        "later": {"enter": {"event": "ask", "again": "always", "when": "set.level = 'a'"}, "steps": [{"done": {"end": "came"}}]},
    }
    with TinyBank(tmp_path, journeys=journeys) as bank:
        bank.customers(1)
        bank.event("begin", 1, T)
        bank.event("ask", 1, T + 3 * HOUR)
        bank.run(T + 3 * HOUR)
        bank.event("ask", 1, T + 4 * HOUR)
        bank.run(T + 4 * HOUR)
        found = [(journey, number, reason) for _, journey, number, _, reason in bank.ended() if journey in ("asks", "later")]
        assert found == [("asks", 1, "none"), ("asks", 2, "is_a"), ("later", 1, "came")]


@pytest.mark.parametrize(
    ("condition", "true"),
    [
        ("age * 2 > 60 and not in segment nobody", True),
        ("age * 900000000000000000 > 0 or not in segment nobody", True),  # overflows: that part is missing
        ("age * 900000000000000000 > 0 and not in segment nobody", False),
        ("years_since(opened_on) >= 0 and count(begin) = 1", True),
        ("count(begin) + count(app_login) = 1 and -age < 0", True),
        ("count(begin) * age = 31", True),
    ],
)
def test_arithmetic_beside_what_asks_tables(tmp_path, condition, true):
    steps = [
        {"fork": {"branch": [{"when": condition, "go": "yes"}, {"else": "no"}]}},
        {"yes": {"end": "yes"}},
        {"no": {"end": "no"}},
    ]
    with TinyBank(
        tmp_path,
        journeys={"asks": {"enter": {"event": "begin", "when": condition} if true else {"event": "begin"}, "steps": steps}},
        segments={"nobody": "SELECT c.customer_id FROM customers AS c WHERE c.age > 200"},
        attributes={"age": "bigint", "opened_on": "date"},
        events=EVENTS,
    ) as bank:
        bank.customers({"customer_id": 1, "age": 31, "opened_on": date(2020, 1, 1)})
        bank.event("begin", 1, T)
        bank.run(T)
        assert [reason for *_, reason in bank.ended()] == ["yes" if true else "no"]
