"""How often the loop runs changes no path: random journeys without touches and without conditions as of the run, played at several cadences.

python -m tests.differential.cadence --cases 300 --seed 1
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any, ClassVar

from tests.differential.batch import run_engine
from tests.differential.cases import EIGHT_HOURS, Case
from tests.differential.dice import DAY, HOUR, Frame
from tests.differential.making import STARTS, Maker
from tests.differential.phrases import OF_CUSTOMERS
from tests.differential.state import Row

BATCH = 40
LASTING = [words for words in OF_CUSTOMERS if "since" not in words]
"""Conditions that a customer whose attributes stay fulfils in every run or in none."""


class Unhurried(Maker):
    """Makes cases in which nothing depends on when a run is made."""

    DURATIONS: ClassVar[Sequence[str]] = [
        "1 hour",
        "90 minutes",
        "2 hours",
        "5 hours",
        "6 hours",
        "12 hours",
        "1 day",
        "36 hours",
    ]
    KINDS: ClassVar[Mapping[str, int]] = {"wait": 30, "wait_for": 30, "set": 5, "end": 4}
    AWAITED: ClassVar[Mapping[str, int]] = {"event": 1}
    SOURCES: ClassVar[Mapping[str, int]] = {"event": 70, "list": 15, "calendar": 15}
    LEAVES: ClassVar[Sequence[str]] = ("event",)
    BRANCHES_BY_SEGMENT = LIMITED = FINITE = PASSED_ON = 0.0

    def case(self) -> Case:
        """A case that knows everything from the first run on; a fact is seen as soon as it has happened."""
        case = super().case()
        first = {one.customer: replace(one, run=1) for one in reversed(case.facts.profiles)}
        events = tuple(replace(event, run=1) for event in case.facts.events)
        return case.with_facts(events=events, profiles=tuple(first.values()), flags=(), switches=())

    def step(self, journey: str, names: Sequence[str], place: int) -> dict[str, Any]:
        """The body of one step, never a touch."""
        self.pushy = self.notes = False
        return super().step(journey, names, place)

    def condition(self) -> str:
        """A condition that does not change from run to run."""
        return self.rng.choice(LASTING)

    def enter(self, entered_by: str | None) -> dict[str, Any]:
        """Who enters; nothing is too old."""
        return {**super().enter(entered_by), "fresh": "30 days"}


@dataclass(frozen=True)
class Trip:
    """A trip as it must be the same at every cadence."""

    since: datetime
    side: str
    moves: tuple[Row, ...]
    end: Row


def cases_of(seed: int, batch: int, size: int, days: int) -> list[Case]:
    """The cases of a batch, with daily runs."""
    start = datetime.fromisoformat(random.Random(f"cadence {seed} {batch}").choice(STARTS)) - EIGHT_HOURS
    frame = Frame(tuple(start + day * DAY for day in range(days + 1)), {"per_run": 100})
    numbers = range(batch * BATCH, batch * BATCH + size)
    return [Unhurried(random.Random(f"cadence {seed} {number}"), number, frame).case() for number in numbers]


def cadences(daily: Sequence[datetime], seed: int, count: int) -> dict[str, tuple[datetime, ...]]:
    """Other runs from the same first instant to the same last: every hour, and at so many random instants."""
    first, last, rng = daily[0], daily[-1], random.Random(f"runs {seed}")
    hours = int((last - first) / HOUR)
    between = {
        first + timedelta(microseconds=rng.randrange(1, (last - first) // timedelta(microseconds=1))) for _ in range(count)
    }
    return {"hourly": tuple(first + hour * HOUR for hour in range(hours + 1)), "random": (first, *sorted(between), last)}


def trips(cases: Sequence[Case], runs: tuple[datetime, ...]) -> dict[Row, Trip]:
    """Every trip, by journey, customer, key and number."""
    with tempfile.TemporaryDirectory() as folder:
        rows, _ = run_engine(Path(folder), [case.with_facts(runs=runs) for case in cases])
    moves: dict[Row, list[Row]] = {}
    for row in rows["moves"]:
        moves.setdefault(row[1:5], []).append(row[5:])
    ends = {row[1:5]: ("ended", *row[5:]) for row in rows["ends"]} | {row[:4]: ("rests", *row[4:]) for row in rows["rests"]}
    return {row[1:5]: Trip(row[6], row[5], tuple(moves.get(row[1:5], ())), ends[row[1:5]]) for row in rows["entries"]}


def differences(one: Mapping[Row, Trip], other: Mapping[Row, Trip]) -> Iterator[str]:
    """How two cadences differ: in a customer's first trip of a journey and key, or in a later one that begins at the same instant.

    How often a customer enters may depend on the cadence.
    """
    for trip in sorted(one.keys() | other.keys()):
        here, there = one.get(trip), other.get(trip)
        comparable = trip[3] == 1 or (here and there and here.since == there.since)
        if comparable and here != there:
            yield f"{trip}: {here} or {there}"


def judge_batch(seed: int, batch: int, size: int, days: int, count: int) -> tuple[int, int, list[str]]:
    """The trips and the moves of a batch run daily, and how other cadences differ from it."""
    cases = cases_of(seed, batch, size, days)
    daily = trips(cases, cases[0].facts.runs)
    found = [
        f"seed {seed}, batch {batch}, {name}: {told}"
        for name, runs in cadences(cases[0].facts.runs, seed, count).items()
        for told in differences(daily, trips(cases, runs))
    ]
    return len(daily), sum(len(trip.moves) for trip in daily.values()), found


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, print what differs; 1 where something does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--random", type=int, default=12, help="random runs between the first and the last")
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args(arguments)
    sizes = [min(BATCH, chosen.cases - start) for start in range(0, chosen.cases, BATCH)]
    began, made, moves, found = time.monotonic(), 0, 0, list[str]()
    with ProcessPoolExecutor(chosen.processes) as pool:
        same = repeat(chosen.seed), range(len(sizes)), sizes, repeat(chosen.days), repeat(chosen.random)
        for entered, moved, told in pool.map(judge_batch, *same):
            made, moves, found = made + entered, moves + moved, found + told
    print("\n".join(found[:20]))
    print(
        f"cadence, seed {chosen.seed}: {chosen.cases} cases over {chosen.days} days, hourly, daily and at random: {made} trips with {moves} moves, "
        f"{len(found)} differ, {time.monotonic() - began:.0f} s"
    )
    return 1 if found or not moves else 0


if __name__ == "__main__":
    raise SystemExit(main())
