"""What the loop measures and learns, held against what the world knows to be true, over twenty invented banks."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SEEDS, CUSTOMERS, DAYS = 20, 4000, 30
NEWEST = "run_no = (SELECT max(run_no) FROM tonglu.run)"
LIFTS = f"SELECT journey, lift, lift_low, lift_high FROM tonglu.lift WHERE {NEWEST} AND lift_low IS NOT NULL ORDER BY journey"
SHARES = f"SELECT journey, step, arm, propensity FROM tonglu.learned WHERE {NEWEST} ORDER BY ALL"
# Whom the arms of a text were for: every touch of a learning step, by channel and the customer's age group.
AUDIENCE = """
    SELECT t.journey, t.step, t.message, t.channel,
        CASE WHEN p.age < 30 THEN 'young' WHEN p.age < 45 THEN 'prime' WHEN p.age < 60 THEN 'mature' ELSE 'silver' END AS people, count(*)
    FROM tonglu.touch AS t JOIN tonglu.profile AS p USING (customer_id) WHERE t.arm IS NOT NULL GROUP BY ALL ORDER BY ALL
"""
GOAL_OF = {
    "payroll_companion": "salary_plan",
    "payroll_outflow_retention": "funds_returned",
    "silver_pension_day": "pension_deposit",
}

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Found:
    """One bank's month: (low, high, truth) per journey, and the mean effect of the learned and of an equal allocation."""

    seed: int
    intervals: Mapping[str, tuple[float, float, float]]
    learned: float
    equal: float


def month(seed: int, folder: Path, customers: int = CUSTOMERS, days: int = DAYS) -> Found:
    """Make a bank, play its month, and compare."""
    from tonglu.app.simulate import simulate, truth
    from tonglu.bank import make_bank
    from tonglu.settings import Settings
    from tonglu.testing import QuietWorkplace

    root = folder / f"bank{seed}"
    for name in ("journeys", "segments", "data/contracts"):
        shutil.copytree(PROJECT / name, root / name)
    shutil.copy(PROJECT / "tonglu.yaml", root)
    make_bank(customers, seed, root / "data")
    place = QuietWorkplace(root, Settings(threads=1))
    try:
        simulate(place, days)
        true_lifts = truth(place)
        lifts = place.warehouse.fetch(LIFTS)
        intervals = {name: (low, high, true_lifts[name]) for name, _, low, high in lifts if name in true_lifts}
        learned, equal = allocations(place, root / "data/hidden/effects.json")
    finally:
        place.close()
        shutil.rmtree(root)
    return Found(seed, intervals, learned, equal)


def allocations(place, effects: Path) -> tuple[float, float]:
    """The mean true multiplier on the goal's hazard that the final propensities give the customers who were touched, and that which
    an equal split gives them. Arms of paths are left out: the table of effects speaks of texts."""
    size = {
        (row["message"], row["arm"], row["channel"], row["group"], row["goal"]): row["multiplier"]
        for row in json.loads(effects.read_text(encoding="utf-8"))["effects"]
    }
    shares: dict[tuple[str, str], dict[str, float]] = {}
    for journey, step, arm, propensity in place.warehouse.fetch(SHARES):
        shares.setdefault((journey, step), {})[arm] = propensity
    learned = equal = people = 0.0
    for journey, step, message, channel, group, count in place.warehouse.fetch(AUDIENCE):
        mine = shares[journey, step]
        worth = {arm: size[message, arm, channel, group, GOAL_OF[journey]] for arm in mine}
        learned += count * sum(mine[arm] * worth[arm] for arm in mine)
        equal += count * sum(worth.values()) / len(worth)
        people += count
    return learned / people, equal / people


@pytest.fixture(scope="module")
def months(tmp_path_factory) -> Iterator[list[Found]]:
    folder = tmp_path_factory.mktemp("months")
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8), mp_context=get_context("spawn")) as pool:
        yield list(pool.map(month, range(1, SEEDS + 1), [folder] * SEEDS))


@pytest.mark.parametrize("journey", sorted(GOAL_OF))
def test_intervals_cover_the_truth_in_at_least_seventeen_of_twenty_banks(months, journey):
    given = {found.seed: found.intervals[journey] for found in months if journey in found.intervals}
    missed = {seed: interval for seed, interval in given.items() if not interval[0] <= interval[2] <= interval[1]}
    print(f"{journey}: {len(given) - len(missed)} of {len(given)} intervals cover the truth")
    assert len(given) >= SEEDS // 2, "too few intervals were given to say anything"
    assert len(missed) <= 3, missed


def test_what_was_learned_beats_an_equal_split_in_at_least_fifteen_of_twenty_banks(months):
    better = [found.seed for found in months if found.learned > found.equal]
    for found in months:
        print(f"bank {found.seed}: learned {found.learned:.4f}, equal {found.equal:.4f}")
    assert len(better) >= 15, sorted(set(range(1, SEEDS + 1)) - set(better))
