"""One invented bank played for many days by the whole loop, and what the world knows to be true of what was learned and measured."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).parents[2]
DAY = timedelta(days=1)
EXPOSURES = """
    SELECT t.touch_key, x.customer_id, x.arm, epoch_us(x.exposed_at), epoch_us(e.assigned_at) + g.window_us
    FROM tonglu.exposure AS x
    JOIN tonglu.entry AS e USING (entry_id)
    JOIN tonglu.goal AS g ON g.version_no = e.version_no AND g.goal_no = 0
    JOIN tonglu.touch AS t ON t.entry_id = x.entry_id AND t.step = x.step AND t.arm = x.arm
    WHERE e.assignment = 'treated' AND x.journey = $journey AND x.step = $step
      AND epoch_us(e.assigned_at) + g.window_us <= epoch_us($until) AND x.exposed_at < e.assigned_at + to_microseconds(g.window_us)
    QUALIFY row_number() OVER (PARTITION BY x.entry_id ORDER BY t.visit) = 1
    ORDER BY t.touch_key
"""
NEWEST = "run_no = (SELECT max(run_no) FROM tonglu.run)"
LIFTS = f"SELECT journey, lift_low, lift_high FROM tonglu.lift WHERE {NEWEST} AND role = 'primary' AND lift_low IS NOT NULL ORDER BY journey"
TOGETHER = (
    f"SELECT n_treated, lift_low, lift_high FROM tonglu.lift_by WHERE {NEWEST} AND kind = 'together' AND lift_low IS NOT NULL"
)
OTHERS = """
    SELECT customer_id, epoch_us(assigned_at) FROM tonglu.first_entry
    WHERE side = 'others' AND epoch_us(assigned_at) + $window_us <= epoch_us($until) ORDER BY customer_id
"""
HARM = "SELECT journey, run_no, said FROM tonglu.harm ORDER BY run_no, journey"
SHARES = """
    SELECT run_no, propensity, standing FROM tonglu.learned WHERE journey = $journey AND step = $step AND arm = $arm AND stratum = '' ORDER BY run_no
"""
OUTCOMES = ("salary_plan", "pension_deposit", "funds_returned")


@dataclass
class Found:
    """What came of one bank."""

    seed: int
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    """By 'journey.step': conversions per exposure as played, by an equal split, by the oracle, by the first arm, and without the step."""
    covers: dict[str, bool] = field(default_factory=dict)
    """By journey, and 'together': whether the measured interval holds the true effect."""
    together: tuple[float, float, float] | None = None
    """The interval of the effect of all marketing, and the truth."""
    harm: list[tuple[str, int, str]] = field(default_factory=list)
    shares: list[tuple[int, float, str]] = field(default_factory=list)
    """Of the watched arm, by run: its share of the next one, and its standing."""
    damage: float = 0.0
    """Conversions that the watched arm cost among those who were shown it."""


def project(root: Path) -> Path:
    """The shipped definitions in a folder of their own."""
    for name in ("journeys", "segments", "data/contracts"):
        shutil.copytree(PROJECT / name, root / name)
    shutil.copy(PROJECT / "tonglu.yaml", root)
    return root


def play(
    seed: int, folder: Path, customers: int, days: int, effects: Mapping[tuple[str, str], float] | None = None, watch: str = ""
) -> Found:
    """Make a bank, play it, and compare what was learned and measured with the truth.

    Args:
        seed: of the bank.
        folder: where it may work.
        customers: how many the bank has.
        days: how many are played.
        effects: multipliers that take the place of the world's own, by message and arm.
        watch: an arm, 'journey.step.arm', whose shares and damage are told.
    """
    from tonglu.app.simulate import simulate
    from tonglu.bank import World, make_bank
    from tonglu.settings import Settings
    from tonglu.testing import QuietWorkplace

    root = project(folder / f"bank{seed}")
    make_bank(customers, seed, root / "data")
    if effects:
        plant(root / "data/hidden/effects.json", effects)
    place = QuietWorkplace(root, Settings(threads=1))
    try:
        last = simulate(place, days)
        found = judge(place, World(root / "data"), seed, last, watch)
    finally:
        place.close()
        shutil.rmtree(root)
    return found


def plant(path: Path, effects: Mapping[tuple[str, str], float]) -> None:
    """Give messages' arms another effect in the world, for every channel and group."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    for row in facts["effects"]:
        if (row["message"], row["arm"]) in effects:
            row["multiplier"] = effects[row["message"], row["arm"]]
    path.write_text(json.dumps(facts), encoding="utf-8")


def judge(place, world, seed: int, last: datetime, watch: str) -> Found:
    """Hold what was learned and measured against the world."""
    import numpy as np
    import pyarrow as pa

    from tonglu.app.simulate import truth
    from tonglu.bank.behaviour import Outcome
    from tonglu.bank.truth import Goal
    from tonglu.bank.value import Shown, together

    found, warehouse = Found(seed), place.warehouse
    true = truth(place)
    for journey, low, high in warehouse.fetch(LIFTS):
        if journey in true:
            found.covers[journey] = low <= true[journey] <= high
    for journey in place.definitions.journeys:
        goal = journey.header.all_goals[0] if journey.header.all_goals else None
        for step in journey.steps:
            arms = getattr(step.fields, "experiment", None)
            message = getattr(step.fields, "touch", None)
            if goal is None or arms is None or message is None:
                continue
            rows = warehouse.fetch(EXPOSURES, journey=journey.name, step=step.name, until=last)
            if not rows:
                continue
            key, customer, arm, exposed, until = zip(*rows, strict=True)
            product = goal.where.text.split("'")[1] if goal.where else None
            shown = Shown(
                message, tuple(arms.arms), Goal(goal.event, product, goal.within), pa.array(key), np.array(customer), arm,
                np.array(exposed), np.array(until),
            )  # fmt: skip
            values = asdict(world.values(shown))
            del values["by_day"]
            found.values[f"{journey.name}.{step.name}"] = values
            watched = watch.rpartition(".")
            if watched[0] == f"{journey.name}.{step.name}":
                mine = np.array([one == watched[2] for one in arm])
                only = Shown(
                    message, shown.arms, shown.goal, shown.key.filter(pa.array(mine)), shown.customer[mine],
                    tuple(np.array(arm)[mine]), shown.exposed[mine], shown.until[mine],
                )  # fmt: skip
                own = world.values(only)
                found.damage = own.exposures * (own.untouched - own.played)
                found.shares = warehouse.fetch(SHARES, journey=journey.name, step=step.name, arm=watched[2])
    window = place.definitions.policy.measurement.together // timedelta(microseconds=1)
    measured = warehouse.fetch(TOGETHER)
    others = warehouse.fetch(OTHERS, window_us=window, until=last)
    if measured and others:
        customer, assigned = (np.array(column) for column in zip(*others, strict=True))
        effect = together(world.replay, customer, assigned, window, [Outcome(name) for name in OUTCOMES])
        _, low, high = measured[0]
        found.together, found.covers["together"] = (low, high, effect), low <= effect <= high
    found.harm = warehouse.fetch(HARM)
    return found
