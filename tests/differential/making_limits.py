"""Limits of capacity and budget made by chance, nested or apart: where they cross there is no second implementation to judge by."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.differential.cases import CHANNELS
from tests.differential.making_contests import BRANCHES, SECTIONS, contested, some

KINDS = ("units", "money", "one channel")


def limited(rng: random.Random, kind: int, batch: int, runs: Sequence[datetime]) -> dict[str, Any]:
    """What the cases of a batch share: a policy of competition with limits."""
    shared = contested(rng, rng.randrange(len(SECTIONS)), batch, runs)
    policy = {**shared["policy"], "per_run": rng.choice([2, 100, 100])}
    if kind == 2:
        policy.pop("open_hours", None)
    made = (units, money, one_channel)[kind](rng, batch)
    both = ["capacity", "budget"]
    skips = [{}, {}, {"regulatory": both}, {"service": [*both, "arbitration"]}, *({"care": [gate]} for gate in made)][
        : 4 + (len(made) == 1)
    ]
    policy["purposes"] = {purpose: {"skips": gates} for purpose, gates in rng.choice(skips).items()}
    return {**shared, "policy": {**policy, **made}}


def capacity(rng: random.Random, channel: str, per: str, by: str | None) -> dict[str, Any]:
    """A limit of touches, of the bank or of each unit."""
    few = {None: [5, 20, 40], "branch": [0, 2, 8, 15], "employee": [1, 3, 6]}[by]
    made: dict[str, Any] = {"channel": channel, "per": per, "at_most": rng.choice(few)}
    if by:
        made |= {"by": by, "name": f"{channel}_{by}"}
        if rng.random() < 0.5:
            unit = rng.choice(BRANCHES)
            made["each"] = {str(unit if by == "branch" else unit * 10 + 1): rng.choice([0, 1, 4])}
    return {**made, "name": f"{channel}_{by or 'all'}"}


def units(rng: random.Random, _: int) -> dict[str, Any]:
    """Touches of the bank, of branches, of employees, who each belong to one branch; each channel by one kind of period."""
    made = []
    for channel in rng.sample(CHANNELS, rng.choice([1, 2, 2])):
        per = rng.choice(["hour", "day"])
        kinds = rng.sample([None, "branch", "employee"], rng.choice([1, 2, 2, 3]))
        made += [capacity(rng, channel, per, by) for by in kinds]
    return {"capacity": made}


def money(rng: random.Random, batch: int) -> dict[str, Any]:
    """Yuan of everything, a purpose, journeys; or of channels, beside touches of branches. Every channel costs the same."""

    def budget(name: str, per: str, **about: str) -> dict[str, Any]:
        return {"name": name, "per": per, "at_most": rng.choice(["0.5 yuan", "1.03 yuan", "2 yuan", "4.99 yuan"]), **about}

    match rng.choice(["purpose", "channel", "month", "journeys"]):
        case "purpose":
            within = [budget("offers_sms", "day", purpose="marketing", channel="sms")] if rng.random() < 0.5 else []
            made = [budget("all", "day"), budget("offers", "day", purpose="marketing"), *within]
        case "channel":
            made = [budget(channel, "day", channel=channel) for channel in rng.sample(CHANNELS, rng.choice([1, 2]))]
            places = [capacity(rng, "sms", "day", by) for by in rng.sample([None, "branch", "employee"], 2)]
            return {"capacity": places, "budget": [*made, *([budget("all", "day")] if rng.random() < 0.4 else [])]}
        case "month":
            made = [budget("all", "month"), budget("care", "month", purpose="care")]
        case _:
            made = [budget(f"of_{prefix}a", "day", journey=f"{prefix}a") for prefix in some(rng, batch)]
            made = [{**one, "at_most": rng.choice(["0.05 yuan", "0.11 yuan"])} for one in made] + [budget("all", "day")]
    rng.shuffle(made)
    return {"budget": made}


def one_channel(rng: random.Random, _: int) -> dict[str, Any]:
    """One channel by hour and by day, sometimes its money by month too; all begin in the same slot."""
    hour, day = capacity(rng, "sms", "hour", None), capacity(rng, "sms", "day", None)
    made: dict[str, Any] = {
        "capacity": [{**hour, "name": "sms_hour", "at_most": rng.choice([2, 6, 15])}, {**day, "name": "sms_day"}]
    }
    if rng.random() < 0.5:
        made["budget"] = [{"name": "sms_month", "channel": "sms", "per": "month", "at_most": rng.choice(["1 yuan", "3.03 yuan"])}]
    return made
