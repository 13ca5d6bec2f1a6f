"""Whatever the policy and however often the loop runs, no cap, dwell time, exclusion, hour or consent is broken, and opt-outs win.

What must hold is stated here a second time, in plain Python over the touches that were decided and over the rows that left.
"""

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tonglu.core.clock import local
from tonglu.testing import LONG_AGO, SHANGHAI, TinyBank, at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
START = at("2026-03-02 06:00")  # a Monday
CUSTOMERS = range(1, 21)
CHANNELS = ("sms", "app_push")
JOURNEYS = {
    "one": ("marketing", "deposit", 30),
    "two": ("marketing", "deposit", 20),
    "three": ("marketing", "service", 20),
    "four": ("marketing", None, 10),
    "notice": ("service", "deposit", 0),
}
HOURS: dict[str, list[tuple[int, int]]] = {
    "08:00-21:00": [(8, 21)],
    "08:00-12:00, 14:00-20:00": [(8, 12), (14, 20)],
    "10:00-11:00": [(10, 11)],
}
TIMES = {"1 hour": HOUR, "1 day": DAY, "3 days": 3 * DAY}
PRODUCTS = {
    kind: {
        "product": {"kind": kind},
        "text": {one: {"body": "x"} for one in CHANNELS},
    }
    for kind in ("deposit", "service")
}


def some_policy(chance: random.Random) -> dict[str, Any]:
    """A policy with caps, a dwell time, exclusions and hours; drawn by seed, so that the first one that is tried is a full one too."""

    def about() -> dict[str, Any]:
        choices = {
            "purpose": ["marketing", "service"],
            "channel": CHANNELS,
            "journey": sorted(JOURNEYS),
            "topic": ["deposit", "service"],
        }
        return {name: chance.choice(of) for name, of in choices.items() if chance.random() < 0.3}

    def length() -> str:
        return chance.choice(sorted(TIMES))

    def apart() -> dict[str, Any]:
        if chance.random() < 0.5:
            return {"topic": chance.choice(["any", "deposit"]), "within": length()}
        return {"journeys": sorted(chance.sample(sorted(JOURNEYS), chance.randint(2, 4))), "within": length()}

    default, group, weekends = chance.sample(sorted(HOURS), 3)
    caps = [{**about(), "at_most": chance.randint(1, 3), "within": length()} for _ in range(chance.randint(0, 3))]
    return {
        "per_run": chance.randint(1, 3),
        "purposes": {"marketing": {}, "service": {"skips": ["contact_policy", "arbitration"]}},
        "caps": named(caps, "cap"),
        "dwell": [{**about(), "at_least": length()} for _ in range(chance.randint(0, 1))],
        "exclusions": named([apart() for _ in range(chance.randint(0, 2))], "apart"),
        "open_hours": {"sms": {"default": default, "groups": [{"segment": "odd", "hours": group}], "weekends": weekends}},
        "arbitration": {"context": [{"when": "touches(1 day) >= 1", "weight": 0.3}]},
    }


def named(items: list[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    return [{**one, "name": f"{word}_{number}"} for number, one in enumerate(items)]


@dataclass
class Words:
    """What customers said: consents by (purpose, channel), words out and in, each with its instant."""

    consents: dict[tuple[int, str, str], tuple[bool, datetime]]
    said: list[tuple[int, str, str, datetime, str]] = field(default_factory=list)

    def allow(self, customer: int, channel: str, purpose: str) -> bool:
        granted, since = self.consents[customer, purpose, channel]
        mine = [one for one in self.said if one[0] == customer]
        profiled = [(when, word) for _, _, about, when, word in mine if about == "profiling"]
        if purpose == "marketing" and profiled and max(profiled)[1] == "out":
            return False
        about = [(when, word) for _, on, why, when, word in mine if on in (channel, "*") and why in (purpose, "*")]
        latest = max(about, default=None)
        return granted and (latest is None or latest[1] == "in" or max(w for w, word in about if word == "out") < since)


@dataclass(frozen=True)
class Touch:
    key: str
    run_no: int
    customer: int
    journey: str
    purpose: str
    channel: str
    planned: datetime
    freed: int | None

    @property
    def topic(self) -> str | None:
        return JOURNEYS[self.journey][1]

    def reserved_in(self, run_no: int) -> bool:
        return self.run_no <= run_no and (self.freed is None or self.freed > run_no)


def journeys() -> dict[str, dict[str, Any]]:
    def made(purpose: str, topic: str | None, value: int) -> dict[str, Any]:
        goal = {"event": "bought", "value": value, "within": "7 days"}
        touch = {"touch": topic or "plain", "via": list(CHANNELS), "valid_for": "2 days", "wait": value != 20}
        steps = [{"hi": touch}, {"rest": {"wait": "1 hour"}}]
        again = {"event": "ordered", "fresh": "9 days", "again": "always"}
        return {"enter": again, "purpose": purpose, "goal": goal, "on_goal": "continue", "steps": steps}

    return {name: made(*what) for name, what in JOURNEYS.items()}


def speak(bank: TinyBank, words: Words, chance: random.Random, now: datetime) -> None:
    """Some customers order, change a consent, or say a word, by event or to the mailroom."""
    for customer in CUSTOMERS:
        if chance.random() < 0.7:
            bank.event("ordered", customer, now - chance.randint(0, 50) * timedelta(minutes=1))
        channel, purpose = chance.choice([*CHANNELS, "*"]), chance.choice(["marketing", "service", "*", "profiling"])
        when = now - chance.randint(0, 300) * timedelta(seconds=1)
        draw = chance.random()
        if draw < 0.06:
            bank.event("opt_out", customer, when, channel="*" if purpose == "profiling" else channel, purpose=purpose)
            words.said.append((customer, "*" if purpose == "profiling" else channel, purpose, when, "out"))
        elif draw < 0.12:
            out, place = chance.random() < 0.5, "*" if purpose == "profiling" else channel
            note = bank.place.mailroom.optouts.record if out else bank.place.mailroom.optouts.lift
            note(customer, place, when, purpose)
            words.said.append((customer, place, purpose, when, "out" if out else "in"))
        elif draw < 0.2:
            key = (customer, chance.choice(["marketing", "service"]), chance.choice(CHANNELS))
            granted = chance.random() < 0.6
            bank.consent(customer, key[2], granted=granted, when=now, purpose=key[1])
            words.consents[key] = (granted, now)


def touches(bank: TinyBank) -> list[Touch]:
    rows = bank.rows(
        """SELECT t.touch_key, t.run_no, t.customer_id, t.journey, t.purpose, t.channel, t.not_before, (
               SELECT min(d.run_no) FROM tonglu.delivery AS d WHERE d.touch_key = t.touch_key AND d.state IN ('cancelled', 'expired'))
           FROM tonglu.touch AS t"""
    )
    return [Touch(*row) for row in rows]


def covers(rule: dict[str, Any], touch: Touch) -> bool:
    return all(rule.get(name, "any") in ("any", getattr(touch, name)) for name in ("purpose", "channel", "journey", "topic"))


def over_a_cap(policy: dict[str, Any], made: list[Touch]) -> Iterator[str]:
    rules = [*policy["caps"], *({**one, "at_most": 1, "within": one["at_least"]} for one in policy["dwell"])]
    for rule in rules:
        within = TIMES[rule["within"]]
        for new in made:
            if not covers(rule, new) or new.purpose == "service":
                continue
            beside = [one for one in made if one.customer == new.customer and covers(rule, one) and one.reserved_in(new.run_no)]
            for last in beside:
                window = [one for one in beside if last.planned - within < one.planned <= last.planned]
                if new in window and len(window) > rule["at_most"]:
                    yield f"{rule}: {window}"


def not_apart(policy: dict[str, Any], made: list[Touch]) -> Iterator[str]:
    for rule in policy["exclusions"]:
        within = TIMES[rule["within"]]
        for new in made:
            for other in made:
                if new.purpose == "service" or other.customer != new.customer or other.journey == new.journey:
                    continue
                if "journeys" in rule:
                    both = {new.journey, other.journey} <= set(rule["journeys"])
                else:
                    both = new.topic is not None and new.topic == other.topic and rule["topic"] in ("any", new.topic)
                if both and other.reserved_in(new.run_no) and abs(new.planned - other.planned) < within:
                    yield f"{rule}: {new} and {other}"


def outside_hours(policy: dict[str, Any], made: list[Touch]) -> Iterator[str]:
    rule = policy["open_hours"]["sms"]
    for one in made:
        if one.channel == "sms":
            here = local(one.planned, SHANGHAI)
            usual = (
                rule["groups"][0]["hours"] if one.customer % 2 else rule["weekends"] if here.weekday() > 4 else rule["default"]
            )
            if not any(opens <= here.hour < closes for opens, closes in HOURS[usual]):
                yield f"{one} at {here}"


@settings(max_examples=4, derandomize=True, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.lists(st.sampled_from([7, 1, 3, 12, 24, 40]), min_size=5, max_size=6))
def test_no_policy_is_broken_at_any_cadence_and_opt_outs_win(seed, gaps):
    chance = random.Random(seed)
    policy = some_policy(chance)
    segments = {"odd": "SELECT c.customer_id FROM customers AS c WHERE c.customer_id % 2 = 1"}
    events = {"opt_out": {"channel": "text", "purpose": "text"}}
    with (
        tempfile.TemporaryDirectory() as folder,
        TinyBank(Path(folder), journeys=journeys(), segments=segments, events=events, policy=policy, messages=PRODUCTS) as bank,
    ):
        bank.customers(*CUSTOMERS)
        words = Words(
            {(n, p, c): (True, LONG_AGO) for n in CUSTOMERS for p in ("marketing", "service", "care") for c in CHANNELS}
        )
        now, left = START, set[str]()
        for gap in gaps:
            now += gap * HOUR
            speak(bank, words, chance, now)
            bank.run(now)
            made = touches(bank)
            [(run_no,)] = bank.rows("SELECT max(run_no) FROM tonglu.run")
            fresh = [one for one in made if one.run_no == run_no]
            assert [one for one in fresh if not words.allow(one.customer, one.channel, one.purpose)] == []
            counts = [sum(one.customer == n and one.purpose == "marketing" for one in fresh) for n in CUSTOMERS]
            assert max(counts) <= policy["per_run"]
            bank.deliver(now)
            gone = {row["touch_key"] for row in bank.handed_over()} - left
            left |= gone
            against = [one for one in made if one.key in gone and not words.allow(one.customer, one.channel, one.purpose)]
            assert against == []
        made = touches(bank)
        assert made
        assert list(over_a_cap(policy, made)) == []
        assert list(not_apart(policy, made)) == []
        assert list(outside_hours(policy, made)) == []
