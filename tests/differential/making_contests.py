"""Policies of competition made by chance for a batch: caps, exclusions, hours by group, consent rules, context, levers, switches."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.differential.cases import CHANNELS, PER_BATCH, SILVER
from tests.differential.dice import DAY, HOUR, NOW, TICK, Dice
from tests.differential.facts import Complaint, Flag, Lever
from tests.differential.making_rules import READS
from tests.differential.phrases import length

SECTIONS = ("caps", "exclusions", "open_hours", "consent", "arbitration")
"""What a policy of the n-th kind has in any case; it may have all others."""
TOPICS = ("deposit", "wealth", "service")
WINDOWS = ("6 hours", "12 hours", "1 day", "36 hours", "2 days", "3 days")
SKIPS = (
    {"service": ["contact_policy"]},
    {"service": ["contact_policy", "arbitration"], "regulatory": ["consent"]},
    {"regulatory": ["arbitration", "quiet_hours"]},
    {"care": ["quiet_hours", "suitable"], "service": ["arbitration"]},
    {"marketing": ["contact_policy"]},
    {},
)
BRANCHES = (1, 17, 18)
PRODUCTS: Mapping[str, Mapping[str, Any]] = {
    "saving": {"kind": "deposit"},
    "term": {"kind": "deposit", "risk": "R1"},
    "help": {"kind": "service"},
    "wealth": {"kind": "wealth", "risk": "R1"},
}


def contested(rng: random.Random, kind: int, batch: int, runs: Sequence[datetime]) -> dict[str, Any]:
    """What the cases of a batch share: policy, products, switches of products and branches, levers on products and channels."""
    makers = {
        "caps": lambda: caps(rng, batch),
        "exclusions": lambda: exclusions(rng, batch),
        "open_hours": lambda: {channel: hours(rng) for channel in rng.sample(CHANNELS, rng.choice([1, 2]))},
        "consent": lambda: consent(rng),
        "arbitration": lambda: {"context": context(rng)},
    }
    asked = {SECTIONS[kind], *(one for one in SECTIONS if rng.random() < (0.6 if one == "open_hours" else 0.35))}
    policy: dict[str, Any] = {
        "per_run": rng.choice([1, 1, 2, 2, 3, 100]),
        **{name: makers[name]() for name in SECTIONS if name in asked},
    }
    if rng.random() < 0.4:
        dwell = {"at_least": rng.choice(WINDOWS)}
        policy["dwell"] = [dwell | rng.choice([{}, {"topic": "deposit"}, {"channel": "sms"}, {"purpose": "marketing"}])]
    if skips := rng.choice(SKIPS):
        policy["purposes"] = {purpose: {"skips": gates} for purpose, gates in skips.items()}
    if rng.random() < 0.5:
        policy["priority"] = rng.sample(["regulatory", "service", "care", "marketing"], rng.randint(1, 4))
    said = {"regulation": "r", "evidence": "D"}
    rules = [{"rule": "match", "tests": "rating", **said}, {"rule": "owing", "tests": "arrears", **said}]
    policy["suitability"] = {"reads": READS, "rules": rules}
    names = [*CHANNELS, "deposit", "deposit", "service"]
    return {
        "policy": policy,
        "products": {1: PRODUCTS},
        "switches": tuple(switches(rng, runs)),
        "levers": tuple(levers(rng, runs, rng.sample(names, rng.randint(1, 3)))),
        "contested": True,
    }


def caps(rng: random.Random, batch: int) -> list[dict[str, Any]]:
    """Caps on one to three of the four things; some on journeys of cases of this batch."""
    made = []
    for _ in range(rng.randint(1, 4)):
        about = {
            "purpose": rng.choice(["marketing", "service", "care"]),
            "channel": rng.choice(CHANNELS),
            "topic": rng.choice(TOPICS),
        }
        kept = rng.sample(sorted(about), rng.choice([0, 1, 1, 2]))
        made.append({key: about[key] for key in kept} | {"at_most": rng.choice([1, 1, 2, 3]), "within": rng.choice(WINDOWS)})
    of_journeys = [{"journey": f"{prefix}a", "at_most": 1, "within": rng.choice(WINDOWS)} for prefix in some(rng, batch)]
    return [{**one, "name": f"cap_{place}"} for place, one in enumerate([*made, *of_journeys])]


def exclusions(rng: random.Random, batch: int) -> list[dict[str, Any]]:
    """Exclusions by topic, and between journeys of cases of this batch."""
    made: list[dict[str, Any]] = [{"topic": rng.choice(["any", "deposit", "wealth"])} for _ in range(rng.choice([0, 1, 1, 2]))]
    for prefix in some(rng, batch):
        made.append({"journeys": [f"{prefix}{letter}" for letter in rng.choice(["ab", "ba", "abc", "bc"])]})
    rng.shuffle(made)
    return [{**one, "name": f"apart_{place}", "within": rng.choice(WINDOWS)} for place, one in enumerate(made)]


def some(rng: random.Random, batch: int) -> list[str]:
    """What the names of some cases of a batch begin with."""
    return [f"c{(batch * PER_BATCH + number) % 100_000:05d}_" for number in sorted(rng.sample(range(PER_BATCH), 12))]


def day_hours(rng: random.Random) -> str:
    """The hours of a day, in one window or several."""
    said = [
        "08:00-21:00",
        "08:00-12:00, 14:00-21:00",
        "00:00-07:30, 23:00-24:00",
        "10:00-10:30, 10:30-11:00, 20:00-24:00",
        "09:00-18:00",
    ]
    return rng.choice(said)


def hours(rng: random.Random) -> Any:
    """When a channel is open: of some days or groups otherwise."""
    if rng.random() < 0.2:
        return day_hours(rng)
    made: dict[str, Any] = {"default": day_hours(rng)}
    for key in ("workdays", "weekends"):
        if rng.random() < 0.5:
            made[key] = day_hours(rng) if rng.random() < 0.7 else "closed"
    if made.get("workdays") == made.get("weekends") == "closed":
        del made["workdays"]
    if rng.random() < 0.7:
        group = {"segment": SILVER, "hours": day_hours(rng)}
        made["groups"] = [group | ({"weekends": rng.choice(["closed", "10:00-19:00"])} if rng.random() < 0.4 else {})]
    return made


def consent(rng: random.Random) -> dict[str, Any]:
    """When a complaint holds marketing, and which answers are words."""
    made: dict[str, Any] = {"stop_channels": rng.sample(CHANNELS, rng.choice([1, 2])), "refusals": rng.sample(CHANNELS, 1)}
    if rng.random() < 0.8:
        made["complaint_hold"] = rng.choice(["1 day", "2 days", "36 hours"])
    if rng.random() < 0.5:
        made["stop_words"] = ["t", "停"]
    return made


def context(rng: random.Random) -> list[dict[str, Any]]:
    """Weights, and when they hold."""
    conditions = [
        "touches(3 days) >= 1",
        "touches(sms, 1 day) = 0",
        "count(opt_in, 2 days) >= 1 or age >= 60",
        "age >= 60",
        "vip",
        "balance > 10000 and not vip",
        f"in segment {SILVER}",
        "touches(12 hours) > 1",
    ]
    weights = [0, 0.6, "0.3333", 1.2, "1.2345", "0.0001", 2, 10]
    return [{"when": one, "weight": rng.choice(weights)} for one in rng.sample(conditions, rng.randint(1, 5))]


def levers(rng: random.Random, runs: Sequence[datetime], names: Sequence[str]) -> list[Lever]:
    """Levers on some names; often one ends at the instant of a run, or is set anew, or dropped."""
    made = []
    for name in sorted(set(names)):
        first = rng.randint(1, len(runs))
        until = rng.choice(runs[first - 1 :]) + rng.choice([NOW, NOW, TICK, DAY, 9 * DAY])
        made.append(Lever(first, name, rng.choice(["0.5", "2", "0", "1.3333", "10"]), until))
        if first < len(runs) and rng.random() < 0.4:
            again = rng.choice([(None, None), ("3", runs[-1] + DAY)])
            made.append(Lever(rng.randint(first + 1, len(runs)), name, *again))
    return made


def switches(rng: random.Random, runs: Sequence[datetime]) -> list[tuple[int, str, str]]:
    """A product or a branch that is paused or killed, and later resumed."""
    made = []
    for name in [*TOPICS[:2], str(rng.choice(BRANCHES))]:
        if rng.random() < 0.15 and len(runs) > 1:
            first = rng.randint(1, len(runs) - 1)
            made.append((first, name, rng.choice(["pause", "kill"])))
            if rng.random() < 0.7:
                made.append((rng.randint(first + 1, len(runs)), name, "resume"))
    return made


class Contests(Dice):
    """Makes what a contested batch asks of the customers of a case."""

    def placed(self) -> dict[str, Any]:
        """Where a customer belongs; an employee works in one branch."""
        branch = self.of(*BRANCHES, *BRANCHES, None)
        return {"branch_id": branch, "manager_id": None if branch is None else branch * 10 + self.of(1, 1, 2)}

    def silver(self, customer: int) -> list[Flag]:
        """When a customer is in the group with hours of its own."""
        return [Flag(run, SILVER, customer, self.likely(0.7)) for run in range(1, len(self.frame.runs) + 1) if self.likely(0.35)]

    def word(self) -> dict[str, Any]:
        """What a word of a customer is about; what is missing is all."""
        said = {
            "channel": self.of(None, "*", *CHANNELS),
            "purpose": self.of(None, "*", "marketing", "service", "profiling", "profiling"),
        }
        return {key: value for key, value in said.items() if value is not None}

    def answer(self) -> dict[str, Any]:
        """What a customer answered, sometimes a word that stops."""
        return {"text": self.of("T", " td。", "退订!", "停", "T T", "好", "thanks T", "r")}

    def complaints_of(self, customer: int) -> list[Complaint]:
        """Complaints, closed as long before a run as they hold, or a moment beside it."""
        hold, runs = self.frame.policy.get("consent", {}).get("complaint_hold"), self.frame.runs
        if hold is None or not self.likely(0.25):
            return []
        first = self.rng.randint(1, len(runs))
        opened = runs[first - 1] + self.of(NOW, NOW, TICK, -HOUR, -DAY)
        closed = self.rng.choice(runs) - length(hold) + self.of(NOW, NOW, TICK, -TICK, HOUR)
        again = (
            [Complaint(self.rng.randint(first, len(runs)), customer * 10, customer, opened, closed)] if self.likely(0.7) else []
        )
        rows = [Complaint(first, customer * 10, customer, opened), *again]
        return rows if len(rows) == 1 or rows[0].run < rows[1].run else rows[1:]

    def levers_on(self, names: Sequence[str]) -> list[Lever]:
        """Levers on journeys of the case."""
        return levers(self.rng, self.frame.runs, self.rng.sample(list(names), self.of(0, 0, 1)))
