"""`make judge`: thousands of cases by the engine and by the interpreter, row against row; what differs is shrunk and kept.

python -m tests.differential.judge --cases 10000 --seed 1
"""

import argparse
import gc
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

from tests.differential.batch import Difference, run_batch
from tests.differential.cases import PER_BATCH, Case, dump
from tests.differential.counting import measured
from tests.differential.coverage import ENOUGH, required, summary
from tests.differential.making import frame, make
from tests.differential.shrinking import differences, shrink

from tonglu.core.errors import InputError, Severity

GOLDEN = Path(__file__).parent / "golden"
BATCH = PER_BATCH
MOST_SHRUNK = 6


@dataclass
class Verdict:
    """What came of a batch: counts, and the cases in which the two differ, with the tables."""

    counts: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[Case, set[str], str]] = field(default_factory=list)


def cases_of(seed: int, batch: int, size: int) -> list[Case]:
    """The cases of a batch; they share runs and policy."""
    shared = frame(seed, batch)
    return [make(seed, (batch * BATCH + number) % 100_000, shared) for number in range(size)]


def judge_batch(seed: int, batch: int, size: int) -> Verdict:
    """Play and compare one batch."""
    verdict = Verdict()
    gc.disable()  # a batch leaves millions of small things that are used until its end
    for case, found in judged(cases_of(seed, batch, size), verdict.counts):
        verdict.failed.append((case, {one.table for one in found}, "\n".join(map(str, found))))
    gc.collect()
    return verdict


def judged(cases: Sequence[Case], counts: Counter[str]) -> list[tuple[Case, list[Difference]]]:
    """The cases in which the two differ; a batch that dies is halved until the case is found."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            played = run_batch(Path(folder), cases)
        except Exception as problem:
            left_out = refused(problem)
            if left_out and not left_out.issuperset(case.number for case in cases):
                counts["refused by tonglu check"] += len(left_out)
                return judged([case for case in cases if case.number not in left_out], counts)
            if len(cases) == 1:
                text = "".join(traceback.format_exception_only(problem)).strip()[:1000]
                return [(cases[0], [Difference(cases[0], f"crash {type(problem).__name__}", [(text,)], [])])]
            half = len(cases) // 2
            return judged(cases[:half], counts) + judged(cases[half:], counts)
    for case in cases:
        counts.update(measured(case, played.rows[case.number]))
    found: dict[int, list[Difference]] = {}
    for one in played.differences:
        found.setdefault(one.case.number, []).append(one)
    return [(case, found[case.number]) for case in cases if case.number in found]


def refused(problem: Exception) -> set[int]:
    """The cases whose journeys were not accepted."""
    errors = [one for one in problem.findings if one.severity is Severity.ERROR] if isinstance(problem, InputError) else []
    names = [re.search(r"journeys/c(\d{5})_", one.place.path) for one in errors]
    return {int(name[1]) for name in names if name}


def keep(case: Case, tables: set[str]) -> Path | None:
    """Shrink a case alone and keep it among the golden ones; None where it differs only in company."""
    if not any(one.table in tables for one in differences(case)):
        return None
    smaller = shrink(case, tables)
    told = "\n".join(map(str, differences(smaller)))
    path = GOLDEN / f"{'_'.join(sorted(tables)[0].lower().split())}_{case.number:05d}.yaml"
    path.write_text(dump(smaller, told), encoding="utf-8")
    return path


def play_all(seed: int, cases: int, first_batch: int, processes: int) -> Verdict:
    """Play and compare all batches; what differs is printed as soon as it is found."""
    sizes = [min(BATCH, cases - start) for start in range(0, cases, BATCH)]
    whole, began = Verdict(), time.monotonic()
    with ProcessPoolExecutor(processes) as pool:
        numbers = range(first_batch, first_batch + len(sizes))
        for done, verdict in enumerate(pool.map(judge_batch, repeat(seed), numbers, sizes), 1):
            whole.counts.update(verdict.counts)
            whole.failed += verdict.failed
            for case, tables, told in verdict.failed:
                where = f"in {', '.join(sorted(tables))}; seed {seed}, batch {case.number // BATCH}"
                print(f"{told[:1500]}\n  {where}\n", flush=True)
            if done % 10 == 0:
                told = f"{whole.counts['cases']} cases, {len(whole.failed)} differ, {time.monotonic() - began:.0f} s"
                print(told, file=sys.stderr, flush=True)
    return whole


def keep_all(failed: Sequence[tuple[Case, set[str], str]]) -> None:
    """Shrink and keep one case for each set of tables in which cases differ, as far as time allows."""
    seen: set[str] = set()
    for case, tables, _ in failed:
        if (signature := " ".join(sorted(tables))) not in seen and len(seen) < MOST_SHRUNK:
            seen.add(signature)
            print(f"kept: {keep(case, tables) or f'case {case.number} differs only in company'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge, print what was covered and what differs; 1 where something does, or where many cases do not meet all that is declared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--first-batch", type=int, default=0)
    parser.add_argument("--keep", action="store_true", help="shrink what differs and keep it in golden/")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    whole = play_all(chosen.seed, chosen.cases, chosen.first_batch, chosen.processes)
    for what, count in sorted(whole.counts.items()):
        print(f"{count:>8}  {what}")
    if chosen.keep:
        keep_all(whole.failed)
    played, spent = whole.counts["cases"], time.monotonic() - began
    print("\ncovered: " + "\n         ".join(summary(whole.counts)))
    print(f"\nseed {chosen.seed}: {played} cases, {len(whole.failed)} differ, {spent:.0f} s on {chosen.processes} processes")
    return 1 if whole.failed or (chosen.cases >= ENOUGH and required(whole.counts)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
