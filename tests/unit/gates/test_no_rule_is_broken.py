"""Over random policies, customers, products and signals no rule of suitability and no hold is ever broken, and nothing is stopped that
no rule stops. The rules are stated a second time here, in plain Python, one customer at a time.
"""

import json
import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tonglu.testing import TinyBank, at

T = at("2026-03-02 10:00")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = date(2026, 3, 2)
STRICT = ("wealth", "fund", "insurance", "credit")
MARKS = ("vulnerable", "arrears", "collections", "student")
STOPPED_BY = {"vulnerable": "vulnerable", "arrears": "in_arrears", "collections": "in_collections", "student": "student"}
ATTRIBUTES = {"rating": "text", "rated_on": "date", "age": "integer", **dict.fromkeys(MARKS, "boolean")}
EVERY = ("deposit", *STRICT)
RISKS = ("R1", "R2", "R3", "R4", "R5")


def some_ages(chance):
    return sorted(chance.choices(range(57, 68), k=2))


def some_product(chance):
    """A product; most are of a strict kind."""
    product = {"kind": chance.choice(EVERY)}
    if product["kind"] in STRICT[:3] or chance.random() < 0.5:
        product |= {"risk": chance.choice(RISKS), "issuer_risk": chance.choice((None, *RISKS))}
    if product["kind"] == "credit" or chance.random() < 0.5:
        product["ages"] = some_ages(chance)
    return product


def some_rule(chance):
    """A rule of any kind, near the limits of the customers, mostly in force and covering most products."""
    tests = chance.choice(
        ("rating", "assessment", "age", "product_ages", "age_risk", "second_confirmation", *MARKS, "cooling_off")
    )
    rule = {"tests": tests, "regulation": "r", "evidence": "D", "enabled": chance.random() < 0.9}
    rule["products"] = chance.choice((EVERY, EVERY, STRICT, ("wealth", "credit"), ("deposit",)))
    first, last = sorted(chance.choices((-1, 0, 0, 1), k=2))
    days = [(TODAY + timedelta(days=offset)).isoformat() if chance.random() < 0.3 else None for offset in (first, last)]
    rule |= {"from": days[0], "until": days[1]}
    if tests == "assessment":
        rule["valid_days"] = chance.randint(1, 6)
    if tests == "age":
        rule["at_least"], rule["at_most"] = some_ages(chance)
    if tests in ("age_risk", "second_confirmation"):
        rule["from_age"] = chance.randint(57, 67)
    if tests == "age_risk":
        rule["at_most"] = chance.choice(RISKS)
    if tests == "cooling_off":
        rule |= {"events": ["complained"], "within": f"{chance.randint(1, 3)} days"}
    return rule


def some_customer(chance):
    """A customer around every limit, with the hours since a complaint and two signals."""
    hours = (None, None, None, 0, 1, 23, 24, 25, 47, 48, 49, 71, 72, 73)
    facts = {
        "rating": chance.choice((None, "C1", "C2", "C3", "C4", "C5", "C5", "C9")),
        "rated_on": chance.choice((None, *(TODAY - timedelta(days=days) for days in range(-1, 7)))),
        "age": chance.choice((None, *range(57, 68))),
        **{mark: chance.choice((None, True, *[False] * 8)) for mark in MARKS},
    }
    return (facts, *(chance.choice(hours) for _ in range(3)))


def some_policy(chance, kind):
    """Up to four rules, and among them the one without which a strict product is offered to nobody, now and then not in force."""
    needed = {"tests": "arrears" if kind == "credit" else "rating", "regulation": "r", "evidence": "D", "enabled": True}
    needed |= {"products": EVERY, "until": None, "from": "2030-01-01" if chance.random() < 0.1 else None}
    rules = [*(some_rule(chance) for _ in range(chance.randint(0, 4))), needed]
    chance.shuffle(rules)
    return [{**rule, "rule": f"rule_{number}"} for number, rule in enumerate(rules)]


def breaks(rule, product, customer, complained, via):
    """Whether a customer's touch breaks a rule, and by what; the channels that the rule bars."""
    tests, strict = rule["tests"], product["kind"] in STRICT
    age, risk = customer["age"], max([int(product[key][1]) for key in ("risk", "issuer_risk") if product.get(key)], default=0)
    if tests == "rating":
        allowed = {f"C{n}": n for n in range(1, 6)}.get(customer["rating"])
        if allowed is None:
            return ("rating_missing" if strict and risk else None), ()
        return ("rating_too_low" if risk > allowed else None), ()
    if tests == "assessment":
        if customer["rated_on"] is None:
            return ("rating_missing" if strict else None), ()
        old = (TODAY - customer["rated_on"]).days
        return ("rating_expired" if old < 0 or old >= rule["valid_days"] else None), ()
    if tests in MARKS:
        mark = customer[tests]
        return (STOPPED_BY[tests] if mark else "flag_missing" if mark is None and strict else None), ()
    if tests == "cooling_off":
        days = int(rule["within"].split()[0])
        return ("cooling_off" if complained is not None and complained < 24 * days else None), ()
    if tests == "product_ages" and "ages" not in product:
        return None, ()
    if age is None:
        return ("age_missing" if strict else None), ()
    if tests in ("age", "product_ages"):
        low, high = product["ages"] if tests == "product_ages" else (rule["at_least"], rule["at_most"])
        return ("too_young" if age < low else "too_old" if age > high else None), ()
    if age < rule["from_age"] or (tests == "age_risk" and risk <= int(rule["at_most"][1])):
        return None, ()
    if "rm_task" in via:
        return None, ("app_push",)
    return ("too_risky_for_age" if tests == "age_risk" else "needs_second_confirmation"), ()


def judged(policy, product, customer, complained, via):
    """The one reason and rule, or None; and the channel that is left."""
    kind = product["kind"]
    begins, ends = "0000", "9999"
    force = [
        rule
        for rule in policy
        if rule["enabled"]
        and (rule["from"] or begins) <= TODAY.isoformat() <= (rule["until"] or ends)
        and kind in rule["products"]
    ]
    needed = "arrears" if kind == "credit" else "rating"
    if kind in STRICT and needed not in {rule["tests"] for rule in force}:
        return ("no_rule", None), None
    left = list(via)
    for rule in force:
        reason, barred = breaks(rule, product, customer, complained, via)
        if reason is not None:
            return (reason, rule["rule"]), None
        left = [channel for channel in left if channel not in barred]
    return None, left[0]


def held(hits):
    """The live rule that holds a customer: hours ago that each signal was seen."""
    lasting = {"slow": 48, "quick": 24}
    dims = ("quick", "slow")  # account before location
    return next((name for name in dims if hits[name] is not None and hits[name] < lasting[name]), None)


RULE_FILE = """-- risk: {name}
-- dimension: {dimension}
-- title: 试 / Trial
-- owner: risk
-- action: hold
-- hours: {hours}
SELECT e.customer_id, e.occurred_at AS since FROM events AS e WHERE e.name = '{name}'
"""


@given(st.integers(0, 10**9))
@settings(max_examples=30)
def test_what_is_sent_is_exactly_what_no_rule_stops(seed):
    chance = random.Random(seed)  # drawn by seed, so that every example is a full one
    product = some_product(chance)
    policy = some_policy(chance, product["kind"])
    people = [some_customer(chance) for _ in range(80)]
    person = chance.random() < 0.5
    via = ("app_push", "rm_task") if person else ("app_push",)
    steps = [{"hi": {"touch": "offer", "via": list(via), "valid_for": "2 days"}}, {"rest": {"wait": "30 days"}}]
    text = {channel: {"body": "年化"} for channel in ("app_push", "rm_task")}
    with tempfile.TemporaryDirectory() as folder:
        bank = TinyBank(
            Path(folder),
            journeys={"offer": {"enter": {"event": "ordered"}, "steps": steps}},
            attributes=ATTRIBUTES,
            channels=("app_push", "rm_task"),
            messages={"offer": {"text": text, "product": product}},
            events={name: {} for name in ("complained", "slow", "quick")},
            policy=json.dumps(
                {
                    "policy": "bank",
                    "per_run": 100,
                    "suitability": {
                        "reads": {name: name for name in ATTRIBUTES},
                        "with_a_person": ["rm_task"],
                        "rules": policy,
                    },
                }
            ),
        )
        with bank:
            (bank.root / "segments/risk").mkdir()
            for name, dimension, hours in (("slow", "location", 48), ("quick", "account", 24)):
                text = RULE_FILE.format(name=name, dimension=dimension, hours=hours)
                (bank.root / f"segments/risk/{name}.sql").write_text(text, encoding="utf-8")
            bank.customers(*({"customer_id": number, **one} for number, (one, *_) in enumerate(people)))
            events = [("ordered", number, T) for number in range(len(people))]
            for number, (_, *hours) in enumerate(people):
                named = zip(("complained", "slow", "quick"), hours, strict=True)
                events += [(name, number, T - ago * HOUR) for name, ago in named if ago is not None]
            bank.events(events)
            bank.run(T)
            found = bank.rows("SELECT customer_id, outcome, reason, detail, channel FROM tonglu.decision ORDER BY 1")
    expected = []
    for number, (one, complained, slow, quick) in enumerate(people):
        stopped, channel = judged(policy, product, one, complained, via)
        hold = held({"slow": slow, "quick": quick})
        if stopped is not None:
            expected.append((number, "dropped", *stopped, None))
        elif hold is not None:
            expected.append((number, "deferred", "risk_hold", hold, None))
        else:
            expected.append((number, "sent", "passed", None, channel))
    assert [tuple(row) for row in found] == expected
