"""`make loop`: invented banks played by the whole loop, held against what their world knows to be true.

    python -m tests.closed_loop --seeds 20 --days 180 --customers 4000

Prints how far the learned policy lies from the oracle, beside an equal split and rules that learn nothing; how often measured intervals
hold the truth; and, with an arm planted that does harm, how many days it is played and what it costs.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.closed_loop.play import Found, play

COVERED = {"together": 0.93}
"""The share of banks in which the interval of all marketing together must hold the truth; of single journeys 85 %."""
HARMFUL = ("payroll_companion.greet.plain", {("payroll_welcome", "plain"): 0.3})
"""An arm after which customers open the product three times less than without any touch."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play and print; 1 where the learned policy does not beat an equal split, or intervals miss the truth too often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--harm", action="store_true", help="plant an arm that does harm instead")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    seeds = list(range(1, chosen.seeds + 1))
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn")) as pool,
    ):
        same = [[value] * len(seeds) for value in (Path(folder), chosen.customers, chosen.days)]
        planted = [[HARMFUL[1] if chosen.harm else None] * len(seeds), [HARMFUL[0] if chosen.harm else ""] * len(seeds)]
        found = []
        for one in pool.map(play, seeds, *same, *planted):
            found.append(one)
            print(f"  bank {one.seed}, {time.monotonic() - began:.0f} s: {_line(one)}", flush=True)
    print(f"{chosen.seeds} banks of {chosen.customers:,} customers, {chosen.days} days, {time.monotonic() - began:.0f} s")
    return tell_harm(found) if chosen.harm else tell(found)


def tell(found: Sequence[Found]) -> int:
    """Regret and coverage."""
    per = {seed.seed: _regret(seed) for seed in found}
    print("conversions lost per 1,000 exposures against the oracle (mean over banks, standard deviation):")
    for name in ("played", "equal", "first", "untouched"):
        lost = [1000 * one[name] for one in per.values()]
        spread = statistics.stdev(lost) if len(lost) > 1 else 0.0
        print(f"  {name:<10} {statistics.mean(lost):7.2f}  (sd {spread:.2f})")
    better = sum(one["played"] < one["equal"] for one in per.values())
    print(f"learned beats an equal split in {better} of {len(per)} banks")
    failed = better < 0.75 * len(per)
    for name in sorted({name for one in found for name in one.covers}):
        told = [one.covers[name] for one in found if name in one.covers]
        print(f"  {name:<28} the interval holds the truth in {sum(told)} of {len(told)}")
        failed |= sum(told) < COVERED.get(name, 0.85) * len(told)
    paused = [(one.seed, *row) for one in found for row in one.harm]
    measured = sum(name != "together" for one in found for name in one.covers)
    print(f"journeys that paused themselves though no harm was planted: {len(paused)} of {measured} {paused or ''}")
    return int(failed)


def _line(one: Found) -> str:
    """A bank in a line."""
    lost = ", ".join(f"{name} {1000 * value:.2f}" for name, value in _regret(one).items())
    missed = [name for name, covers in one.covers.items() if not covers]
    return f"lost of 1,000 {lost}; missed {missed or 'none'}; paused {[(name, run) for name, run, _ in one.harm] or 'none'}"


def tell_harm(found: Sequence[Found]) -> int:
    """How long the planted arm was played, and what it cost."""
    days, kept = [], 0
    for one in found:
        out = [run for run, share, _ in one.shares if share == 0]
        paused = [run for journey, run, _ in one.harm if HARMFUL[0].startswith(journey)]
        first = min([*out, *paused], default=None)
        kept += first is None
        days.append(first)
        print(
            f"  bank {one.seed}: given up on day {first}, {one.damage:.0f} conversions lost, last share {one.shares[-1][1] if one.shares else '-'}"
        )
    known = [day for day in days if day is not None]
    print(f"given up in {len(known)} of {len(found)} banks, median day {statistics.median(known) if known else '-'}")
    print(f"conversions lost: mean {statistics.mean(one.damage for one in found):.1f}")
    return int(kept > len(found) // 2)


def _regret(one: Found) -> dict[str, float]:
    """Conversions lost per exposure against the oracle, over all steps."""
    total = sum(value["exposures"] for value in one.values.values())
    names = ("played", "equal", "first", "untouched")
    return {
        name: sum(value["exposures"] * (value["oracle"] - value[name]) for value in one.values.values()) / total for name in names
    }


if __name__ == "__main__":
    raise SystemExit(main())
