"""`make coverage`: made campaigns through the engine's SQL and statistics, and how often their intervals cover the truth.

    python -m tests.coverage --campaigns 250 --watched 400

Two tables. Campaigns with an effect, measured once: how many of the shown intervals cover it. A/A campaigns, measured on each of 60 days:
how many are ever said to have an effect, and how many ever raise the alarm that the split is not as declared.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context

from tests.coverage import looks, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Play and print; 1 where a cell is off by more than chance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=250, help="of each setting, measured once; large ones fewer")
    parser.add_argument("--watched", type=int, default=400, help="A/A campaigns of each setting, measured daily")
    parser.add_argument("--days", type=int, default=looks.DAYS, help="of those")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    with ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn")) as pool:
        seeds = [(chosen.seed, place) for place in range(len(looks.SETTINGS) + len(table.SETTINGS))]
        daily = pool.map(looks.alone, looks.SETTINGS, repeat(chosen.watched), seeds, repeat(chosen.days))
        once = pool.map(table.alone, table.SETTINGS, repeat(chosen.campaigns), seeds[len(looks.SETTINGS) :])
        covered, covered_good = table.told(list(once))
        watched, watched_good = looks.told(list(daily))
    print(covered)
    print(f"\nwatched for {chosen.days} days:\n{watched}")
    print(f"\nseed {chosen.seed}, {time.monotonic() - began:.0f} s; a cell marked ! is off by more than chance")
    return int(not (covered_good and watched_good))


if __name__ == "__main__":
    sys.exit(main())
