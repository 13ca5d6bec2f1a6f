"""Rules of suitability and of risk made by chance for a batch, with products; and customers who keep to the limits of these rules."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.differential.cases import ALERTS, CALM, COMPLAINED, EIGHT_HOURS
from tests.differential.dice import DAY, HOUR, NOW, TICK, Dice
from tests.differential.facts import Delivery, Flag, Hit
from tests.differential.phrases import length

STRICT = ("wealth", "fund", "insurance", "credit")
INVESTED = STRICT[:3]
RISKS = ("R1", "R2", "R3", "R4", "R5")
READS = {name: name for name in ("rating", "rated_on", "age", "vulnerable", "arrears", "collections", "student")}
BY_LEVEL = {**READS, "rating": "level", "rated_on": "opened_on"}
TESTS = (
    *("assessment", "age", "product_ages", "product_ages", "age_risk", "age_risk", "second_confirmation", "second_confirmation"),
    *("rating", "vulnerable", "vulnerable", "arrears", "collections", "collections", "student", "cooling_off", "cooling_off"),
)
BASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"per_run": 100, "purposes": {"care": {"skips": ["risk"]}}}, {"reads": READS, "with_a_person": ["sms"]}),
    (
        {
            "per_run": 2,
            "caps": [{"purpose": "marketing", "at_most": 2, "within": "1 day"}],
            "open_hours": {"sms": "08:00-21:00", "app_push": "09:00-22:00"},
            "purposes": {"service": {"skips": ["suitable", "contact_policy"]}, "regulatory": {"skips": ["consent"]}},
        },
        {"reads": READS, "with_a_person": ["app_push"]},
    ),
    (
        {
            "per_run": 100,
            "global_control": {"share": "15%", "epoch": "2026"},
            "purposes": {"regulatory": {"skips": ["suitable", "risk"]}},
        },
        {"reads": BY_LEVEL, "ratings": {"gold": "R5", "silver": "R2", "金卡": "R4"}, "with_a_person": ["sms"]},
    ),
]
"""Policies with the beginning of their section `suitability`; its rules are made for each batch."""


def ruled(rng: random.Random, number: int, runs: Sequence[datetime]) -> dict[str, Any]:
    """What the cases of a batch share: the policy, the risk rules, the products, and when lists of risks were delivered."""
    policy, section = BASES[number]
    rules = [*needed(rng, runs), *(rule(rng, runs, tests) for tests in rng.sample(TESTS, rng.randint(7, 10)))]
    rng.shuffle(rules)
    said = {"regulation": "r", "evidence": "D"}
    section = {**section, "rules": [{"rule": f"rule_{place}", **said, **one} for place, one in enumerate(rules)]}
    risk = {"without_list": {"products": ["service", "wealth", "credit"], "purposes": ["marketing", "service"]}}
    policy = {**policy, "suitability": section, **({"risk": risk} if rng.random() < 0.3 else {})}
    deliveries = [Delivery(run, table) for table in ALERTS if (run := rng.choice([0, 1, 1, rng.randint(1, len(runs))]))]
    delivered = {one.table for one in deliveries}
    names = rng.sample(["alpha", "bravo", "kilo", "mike", "tango", "zulu"], rng.randint(3, 5))
    holds = {name: risk_rule(rng, rng.choice([None, None, None, *delivered])) for name in names}
    if number == 1 or rng.random() < 0.35:
        gone = [table for table in ALERTS if table not in delivered] or list(ALERTS)
        holds["quiet"] = {**risk_rule(rng, rng.choice(gone)), "mode": "live", "action": "hold"}
    if rng.random() < 0.2:
        deliveries += [Delivery(len(runs), one.table) for one in deliveries[:1] if one.run < len(runs)]  # once more, and empty
    return {"policy": policy, "risk": holds, "products": products(rng, len(runs)), "deliveries": tuple(deliveries)}


def needed(rng: random.Random, runs: Sequence[datetime]) -> Iterator[dict[str, Any]]:
    """The rules without which strict products are offered to nobody; often one of them is not in force in every run."""
    dated = rng.choice(["rating", "arrears", "arrears", None])
    for tests, kinds in (("rating", list(INVESTED)), ("arrears", ["credit"])):
        begins, ends = rng.choice(runs[1:]), rng.choice(runs[:-1])
        days = (
            rng.choice([{"from": f"{(begins + EIGHT_HOURS).date()}"}, {"until": f"{(ends + EIGHT_HOURS).date()}"}])
            if tests == dated
            else {}
        )
        wider = {"products": [*kinds, rng.choice(["deposit", "service"])]} if rng.random() < 0.3 else {}
        yield {"tests": tests, **days, **wider}


def in_force(rng: random.Random, runs: Sequence[datetime]) -> dict[str, str]:
    """The first or the last day of a rule, on the day of a run or beside it."""
    first, last = sorted((rng.choice(runs) + EIGHT_HOURS).date() + rng.choice([-1, 0, 0, 1]) * DAY for _ in range(2))
    return rng.choice([{"from": f"{first}"}, {"until": f"{last}"}, {"from": f"{first}", "until": f"{last}"}])


def rule(rng: random.Random, runs: Sequence[datetime], tests: str) -> dict[str, Any]:
    """A rule of a kind."""
    ages = {"at_least": rng.choice([18, 19]), "at_most": rng.choice([60, 61, 120])}
    after = {
        "events": rng.choice([[COMPLAINED], ["touch.refused"], [COMPLAINED, "touch.refused"]]),
        "within": rng.choice(["1 day", "2 days", "36 hours"]),
    }
    fields: dict[str, Any] = {
        "assessment": {"valid_days": rng.choice([2, 31, 365, 366])},
        "age": ages,
        "age_risk": {"from_age": rng.choice([60, 61]), "at_most": rng.choice(RISKS[:4])},
        "second_confirmation": {"from_age": rng.choice([60, 61])},
        "cooling_off": rng.choice([after, after, {"segments": [CALM]}, {**after, "segments": [CALM]}]),
    }.get(tests, {})
    covered = rng.choice([["wealth", "credit"], ["deposit", *STRICT], ["service", "deposit", "credit"], list(INVESTED)])
    wider = {"products": covered} if rng.random() < 0.4 else {}
    days = in_force(rng, runs) if rng.random() < 0.25 else {}
    return {"tests": tests, **fields, **wider, **days, **({"enabled": False} if rng.random() < 0.08 else {})}


def risk_rule(rng: random.Random, table: str | None) -> dict[str, Any]:
    """The header of a risk rule, with the instants that it `gives`; it stands on a list, or on none."""
    gives = rng.choice([[], ["since"], ["since", "until"], ["until"], ["since"], ["since", "until"]])
    hours = rng.choice(["24", "36", "48"]) if gives and rng.random() < 0.7 else "until cleared"
    header = {
        "dimension": rng.choice(["customer", "account", "transaction", "device", "location", "operation"]),
        "action": rng.choice(["hold", "hold", "hold", "alert", "pass"]),
        "hours": hours,
        "mode": rng.choice(["live", "live", "live", "shadow"]),
        "purposes": rng.choice(["marketing", "marketing", "marketing, care", "service, regulatory", "care, service, marketing"]),
        "gives": gives,
    }
    return header | ({"list": table} if table else {})


def products(rng: random.Random, runs: int) -> dict[int, dict[str, Any]]:
    """The products of messages by the run before which they are written; one may change under way."""
    made: dict[str, Any] = {f"wealth_{risk.lower()}": {"kind": "wealth", "risk": risk} for risk in RISKS}
    made |= {
        "issued": {"kind": "wealth", "risk": "R1", "issuer_risk": rng.choice(RISKS[2:])},
        "fund": {"kind": "fund", "risk": "R3", "issuer_risk": "R1", "agency": True, "listed": True},
        "insurance": {"kind": "insurance", "risk": rng.choice(RISKS[:2]), "ages": [18, 60]},
        "deposit": {"kind": "deposit"},
        "aged": {"kind": "deposit", "ages": [60, 120], "risk": "R2"},
        "credit": {"kind": "credit", "ages": [18, 60]},
        "loan": {"kind": "credit", "ages": [19, 61], "risk": "R3"},
        "help": {"kind": "service"},
        "changing": {"kind": "wealth", "risk": rng.choice(RISKS[:2])},
    }
    changed = {rng.randint(2, runs): {"changing": {"kind": "wealth", "risk": "R5"}}} if rng.random() < 0.6 else {}
    return {1: made, **changed}


def judged_kinds(policy: Mapping[str, Any], purpose: str) -> set[str]:
    """The kinds of product that journeys of a purpose may offer, as `tonglu check` sees it."""
    kinds = {"deposit", "service"}
    if "suitable" in policy.get("purposes", {}).get(purpose, {}).get("skips", ()):
        return kinds
    for one in policy["suitability"]["rules"]:
        if one["tests"] == "rating" and one.get("enabled", True):
            kinds |= set(one.get("products", INVESTED)) & set(INVESTED)
        if one["tests"] == "arrears" and one.get("enabled", True):
            kinds |= set(one.get("products", ["credit"])) & {"credit"}
    return kinds


class Rules(Dice):
    """Makes what the rules of a batch find in the customers of a case."""

    def product_message(self) -> str:
        """A message about a product that a journey of this purpose may offer."""
        kinds = judged_kinds(self.frame.policy, self.purpose) & {one["kind"] for one in self.frame.products[1].values()}
        kind = self.of(*sorted(kinds))
        return self.of(*(name for name, product in self.frame.products[1].items() if product["kind"] == kind))

    def suited(self, run: int) -> dict[str, Any]:
        """Attributes on the edges of the rules, or in order."""
        rules = self.frame.policy["suitability"]["rules"]
        today = (self.frame.runs[run - 1] + EIGHT_HOURS).date()
        days = [one["valid_days"] for one in rules if one["tests"] == "assessment"]
        limits = [one.get(key) for one in rules for key in ("from_age", "at_least", "at_most")]
        ages = [limit + beside for limit in limits if isinstance(limit, int) for beside in (-1, 0, 1)]
        rated = [today - (valid - beside) * DAY for valid in days for beside in (-1, 0, 0, 0, 1, 2)]
        values = {
            "rating": self.of("C1", "C2", "C3", "C4", *["C5"] * 8, "C9", "", None),
            "rated_on": self.of(None, today + DAY, today, *[today - DAY] * 4, *rated),
            "age": self.of(None, 17, 18, 19, *[30] * 12, 60, 61, *ages),
            **{mark: self.of(*[False] * 12, True, None) for mark in ("vulnerable", "arrears", "collections", "student")},
        }
        if self.frame.contested and self.likely(0.8):
            values |= {"rating": "C5", "arrears": False}
        if self.frame.policy["suitability"]["reads"]["rated_on"] == "opened_on":
            values["opened_on"] = values["rated_on"]
            values["level"] = self.of(*["gold"] * 6, "silver", "金卡", "g_ld", "")
        return values

    def calm(self, customer: int) -> list[Flag]:
        """When a customer is to be left alone."""
        return [
            Flag(run, CALM, customer, run % 2 == 0) for run in range(self.of(1, 2), len(self.frame.runs) + 1) if self.likely(0.12)
        ]

    def complaints(self, customer: int) -> None:
        """What a customer cools off from, at the edges of its time."""
        rules = self.frame.policy["suitability"]["rules"]
        times = [length(one["within"]) for one in rules if "within" in one]
        if times and self.likely(0.3):
            back = self.of(NOW, HOUR, *times, *times, -TICK)
            self.happen(COMPLAINED, customer, self.rng.choice(self.frame.runs) - back + self.of(NOW, NOW, TICK))

    def happen(self, name: str, customer: int, at: datetime, known: int | None = None) -> None:
        """An event; see `Lives`."""
        raise NotImplementedError

    def hits(self, customer: int) -> list[Hit]:
        """What the risk rules find in a customer, with beginnings and ends at the instants of runs or beside them."""
        runs, rows = self.frame.runs, []
        for name, header in self.frame.risk.items():
            delivered = min([one.run for one in self.frame.deliveries if one.table == header.get("list")], default=0)
            if "list" in header and not delivered:
                continue
            for number in range(self.rng.choices([0, 1, 2], [80, 17, 3])[0]):
                hit = Hit(self.rng.randint(max(1, delivered), len(runs)), name, customer, number, since=None, until=None)
                hit = self.dated(hit, header)
                rows.append(hit)
                if hit.run < len(runs) and self.likely(0.3):
                    rows.append(
                        Hit(self.rng.randint(hit.run + 1, len(runs)), name, customer, number, False, hit.since, hit.until)
                    )
        return rows

    def dated(self, hit: Hit, header: Mapping[str, Any]) -> Hit:
        """A hit with the instants that its rule gives."""
        lasts = timedelta(hours=int(header["hours"])) if header["hours"].isdigit() else DAY
        since = until = None
        if "since" in header["gives"] and self.likely(0.9):
            since = self.rng.choice(self.frame.runs) - self.of(NOW, HOUR, HOUR, lasts, lasts) + self.of(NOW, NOW, TICK, -TICK)
        if "until" in header["gives"] and self.likely(0.7):
            until = self.rng.choice(self.frame.runs) + self.of(NOW, NOW, TICK, DAY, lasts)
        return Hit(hit.run, hit.rule, hit.customer, hit.number, True, since, until)
