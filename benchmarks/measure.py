"""Ten million entries measured on all goals: `python benchmarks/measure.py [--entries N] [--threads N]`.

The stage `measure` over a made state in the engine's own tables: four journeys of two goals and two arms each, of which one has strata and a
covariate and one is entered again by a fifth of its customers; entered over 60 days. Measured twice: the last day's increment, and
everything counted anew. Beside it the floor, a plain GROUP BY that somebody wrote for exactly these goals, whose sums must be equal.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from tonglu.compile.program import Program
from tonglu.language.policy import Policy
from tonglu.stages.measure import add_up, measure
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.schema import migrate

START = datetime(2026, 1, 1, 2)
DAYS = 60
DAY = timedelta(days=1)
DAY_US = 86_400_000_000
AIM_SECONDS = 15.0
FLOOR = Path(__file__).resolve().parent / "floor" / "measure" / "sums.sql"
MADE = """
    INSERT INTO tonglu.run SELECT d + 1, $start + to_days(d), '', NULL FROM range($days) AS r(d);
    INSERT INTO tonglu.version SELECT j, 'journey ' || j, j, 'service', '', '', '', 1 FROM range(1, 5) AS r(j);
    INSERT INTO tonglu.goal
    SELECT j, g, ['paid', 'visited'][g + 1], '', (7 - 4 * g) * $day, 0, ['primary', 'secondary'][g + 1], NULL
    FROM range(1, 5) AS r(j), range(2) AS s(g);
    INSERT INTO tonglu.horizon SELECT version_no, goal_no, window_us FROM tonglu.goal;
    -- One entry a customer and journey; in journey 4 every sixth entry is a customer's second. Who comes first was assigned first.
    INSERT INTO tonglu.entry
    WITH numbered AS (SELECT i, i % 4 + 1 AS j, i % 4 = 3 AND i % 24 = 23 AS again, i * ($days + 1) // $n AS d FROM range($n) AS r(i)), who AS (
        SELECT i, j, again, CASE WHEN again THEN i - 20 ELSE i END AS customer, d FROM numbered
    )
    SELECT i + 1, 'journey ' || j, j, customer, '', CASE WHEN again THEN 2 ELSE 1 END,
        CASE WHEN hash(customer, j) % 5 = 0 THEN 'holdout' ELSE 'treated' END,
        customer, d + 1, $start + to_days(d::INTEGER), $start + to_days(d::INTEGER)
    FROM who;
    INSERT INTO tonglu.baseline
    SELECT entry_id, 'county ' || entry_id % 3, [hash(entry_id, 'x') % 1000, NULL], [] FROM tonglu.entry WHERE version_no = 1;
    INSERT INTO tonglu.exposure
    SELECT run_no, entry_id, customer_id, journey, 1, 'offer', ['warm', 'plain'][1 + (hash(entry_id, 'arm') % 2)::INTEGER], 0.5, assigned_at
    FROM tonglu.entry;
    INSERT INTO tonglu.first_decision
    SELECT entry_id, run_no, hash(entry_id, 'sent') % 10 > 0, ['sms', 'app_push'][1 + (hash(entry_id, 'by') % 2)::INTEGER] FROM tonglu.entry;
    CREATE OR REPLACE TEMP TABLE new_event (event_id VARCHAR, customer_id BIGINT, name VARCHAR, occurred_at TIMESTAMP, properties JSON)
"""
CONVERTED = """
    INSERT INTO tonglu.conversion
    SELECT e.run_no + d, e.entry_id, g, 'e' || e.entry_id || g, e.assigned_at + to_hours(24 * d - 1), hash(e.entry_id, 'v') % 100000
    FROM (SELECT *, 1 + (hash(entry_id, 'after') % 3)::INTEGER AS d FROM tonglu.entry) AS e, range(2) AS s(g)
    WHERE hash(e.entry_id, g, 'y') % 100 < CASE g WHEN 0 THEN 5 ELSE 15 END AND (e.run_no + d = $run_no OR ($so_far AND e.run_no + d < $run_no))
"""
SUMS = """
    SELECT journey, goal, kind, slice, stratum, adjusted, side, sum(clusters)::BIGINT, sum(n)::BIGINT,
        sum(n2)::HUGEINT, sum(y)::HUGEINT, sum(y2)::HUGEINT, sum(ny)::HUGEINT, sum(v)::HUGEINT, sum(v2)::HUGEINT, sum(nv)::HUGEINT, sum(x)::HUGEINT,
        sum(x2)::HUGEINT, sum(nx)::HUGEINT, sum(xy)::HUGEINT, sum(xv)::HUGEINT
    FROM {} GROUP BY ALL HAVING sum(n) > 0
"""


def main() -> int:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--entries", type=int, default=10_000_000)
    wanted.add_argument("--threads", type=int, default=2)
    wanted.add_argument("--profile", action="store_true", help="tell the time of each statement")
    asked = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "made.duckdb", threads=asked.threads)
        try:
            return compare(warehouse, asked.entries, profile=asked.profile)
        finally:
            warehouse.close()


def compare(warehouse: DuckDBWarehouse, entries: int, *, profile: bool = False) -> int:
    """Make the state, measure it in both ways, run the floor, hold the sums beside one another; 1 where they differ."""
    program = Program((), Policy())
    migrate(warehouse)
    make(warehouse, entries)
    warehouse.execute("CHECKPOINT")
    timed = _Timed(warehouse)
    _at_day(warehouse, DAYS - 1)
    warehouse.execute(CONVERTED, so_far=True)
    add_up(warehouse, program)
    _at_day(warehouse, DAYS)
    warehouse.execute(CONVERTED, so_far=False)
    if profile:
        timed.watch()
    daily, _ = _seconds(lambda: measure(warehouse, program))
    timed.tell("the increment")
    increments = _sums(warehouse)
    anew, anew_cpu = _seconds(lambda: add_up(warehouse, program, anew=True))
    timed.tell("anew")
    recounted = _sums(warehouse)
    timed.stop()
    floor, floor_cpu = _seconds(lambda: warehouse.execute(FLOOR.read_text(encoding="utf-8")))
    plain = set(warehouse.fetch(SUMS.format("floor_sums")))
    [(threads,)] = warehouse.fetch("SELECT current_setting('threads')")
    within = "within" if anew < AIM_SECONDS else "above"
    print(
        f"{entries:,} entries, {len(recounted)} cells, {threads} threads; processor seconds in brackets, which a busy machine does not stretch"
    )
    print(f"the last day's increment, the whole stage   {daily:7.2f} s")
    print(f"everything anew, all slices                 {anew:7.2f} s ({anew_cpu:.1f})   {within} the aim of {AIM_SECONDS:.0f} s")
    print(
        f"floor: plain GROUP BY, all slices           {floor:7.2f} s ({floor_cpu:.1f})   ratio {anew / floor:.2f} ({anew_cpu / floor_cpu:.2f})"
    )
    equal = increments == recounted == plain
    print("equal sums" if equal else f"sums differ: {_differing(increments, recounted, plain)}")
    return 0 if equal else 1


def make(warehouse: DuckDBWarehouse, entries: int) -> None:
    """The state before the last day's run."""
    warehouse.execute(MADE, start=START, days=DAYS, day=DAY_US, n=entries)


class _Timed:
    """Seconds of each statement of the engine."""

    def __init__(self, warehouse: DuckDBWarehouse) -> None:
        self.warehouse, self.plain, self.seen = warehouse, warehouse._last, []  # type: ignore[var-annotated]

    def watch(self) -> None:
        def last(statement: object, parameters: dict[str, object]) -> object:
            text = statement if isinstance(statement, str) else statement.sql(dialect="duckdb")  # type: ignore[attr-defined]
            for part in self.warehouse.connection.extract_statements(text):
                begun = time.perf_counter()
                result = self.plain(part.query, parameters)
                said = [line for line in part.query.strip().splitlines() if not line.startswith("--")]
                self.seen.append((time.perf_counter() - begun, " ".join(" ".join(said).split())[:110]))
            return result

        self.warehouse._last = last  # type: ignore[method-assign, assignment]

    def tell(self, what: str) -> None:
        for seconds, said in sorted(self.seen, reverse=True)[:8]:
            print(f"  {what}: {seconds:6.2f} s  {said}")
        self.seen.clear()

    def stop(self) -> None:
        self.warehouse._last = self.plain  # type: ignore[method-assign]


def _at_day(warehouse: DuckDBWarehouse, day: int) -> None:
    now = START + day * DAY
    warehouse.give(run_no=day + 1, as_of=now, previous_as_of=now - DAY)
    warehouse.run("enrol/begin")


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """On the clock, and of the processor."""
    begun, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - used


def _sums(warehouse: DuckDBWarehouse) -> set[tuple[object, ...]]:
    return set(warehouse.fetch(SUMS.format("tonglu.measured")))


def _differing(*answers: set[tuple[object, ...]]) -> list[tuple[object, ...]]:
    common = set.intersection(*answers)
    return [row for answer in answers for row in sorted(answer - common, key=str)][:6]


if __name__ == "__main__":
    sys.exit(main())
