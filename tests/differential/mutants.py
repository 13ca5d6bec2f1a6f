"""The judge judged: each deliberate fault is put into the engine alone, and must make it differ from the interpreter.

    python -m tests.differential.mutants [--batches 15] [name ...]

Small batches of cases come first; the first that shows a fault is the last that is played with it.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.differential.batch import run_batch
from tests.differential.cases import Case, load
from tests.differential.faults import FAULTS, Changed, Replaced
from tests.differential.faults_of_contests import FAULTS_OF_CONTESTS
from tests.differential.faults_of_rules import FAULTS_OF_RULES
from tests.differential.judge import GOLDEN, cases_of, refused

SEED = 4711
SIZES = (20, 40, 60)
"""Cases in the first batches; the last number holds for all that follow."""


def batch_of(number: int) -> list[Case]:
    """The cases of a batch."""
    return cases_of(SEED, number, SIZES[min(number, len(SIZES) - 1)])


def played(cases: Sequence[Case]) -> str:
    """What a batch shows: nothing, the tables that differ, or how the run died. Cases that `tonglu check` refuses are left out."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            differences = run_batch(Path(folder), cases).differences
        except Exception as problem:
            accepted = [case for case in cases if case.number not in refused(problem)]
            if 0 < len(accepted) < len(cases):
                return played(accepted)
            return f"the run's own rules: {type(problem).__name__}"
    tables = sorted({one.table for one in differences})
    return f"{len({one.case.number for one in differences})} cases: {', '.join(tables)}" if differences else ""


def without_a_fault(batch: int) -> str:
    """What a batch shows when nothing is wrong."""
    return played(batch_of(batch))


def caught(fault: Changed | Replaced, batches: int) -> tuple[str, str, float]:
    """The fault's name, what came of it, and the seconds."""
    began, used = time.monotonic(), Counter[str]()
    with fault.at_work(used):
        for batch in range(fault.begins, fault.begins + batches):
            if shown := played(batch_of(batch)):
                return fault.name, f"caught in batch {batch} by {shown}", time.monotonic() - began
        for path in sorted(GOLDEN.glob("*.yaml")):
            if shown := played([load(path)]):
                return fault.name, f"caught by the golden case {path.stem}: {shown}", time.monotonic() - began
    return fault.name, "SURVIVED" if used[fault.name] else "SURVIVED (stale: nothing to change)", time.monotonic() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every fault, print what came of it; 1 where one survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=15)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args(arguments)
    wanted = [one for one in (*FAULTS, *FAULTS_OF_RULES, *FAULTS_OF_CONTESTS) if not chosen.names or one.name in chosen.names]
    needed, survived, began = set[int](), 0, time.monotonic()
    with ProcessPoolExecutor(chosen.processes) as pool:
        for done in as_completed([pool.submit(caught, fault, chosen.batches) for fault in wanted]):
            name, outcome, seconds = done.result()
            survived += outcome.startswith("SURVIVED")
            needed |= {int(outcome.split()[3])} if outcome.startswith("caught in batch") else set()
            print(f"{name:<55} {outcome} ({seconds:.0f} s)", flush=True)
        for batch, shown in zip(sorted(needed), pool.map(without_a_fault, sorted(needed)), strict=True):
            if shown:
                print(f"without a fault, batch {batch} differs in {shown}: nothing is proven")
                return 1
    print(f"\nseed {SEED}: {len(wanted) - survived} of {len(wanted)} faults caught in {time.monotonic() - began:.0f} s;", end=" ")
    print(f"without a fault the {len(needed)} batches that showed them show no difference")
    return 1 if survived else 0


if __name__ == "__main__":
    raise SystemExit(main())
