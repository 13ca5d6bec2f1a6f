"""The loop on the real bank: `tonglu` itself, unchanged, over the days of a project whose data have landed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from tests.real_bank.detection import BERKA, PROJECT
from tests.real_bank.mapping import land

from tonglu.app.deliver import deliver_now
from tonglu.app.loop import Summary, run_once
from tonglu.app.workplace import Workplace
from tonglu.core.clock import to_utc

FIRST = date(1993, 6, 1)
LAST = date(1993, 8, 31)
RUN_AT = timedelta(hours=18)
TABLES = """
    SELECT schema_name, table_name FROM duckdb_tables()
    WHERE schema_name IN ('tonglu', 'source', 'history', 'personal', 'segment', 'quarantine') ORDER BY ALL
"""
LIFT = """
    SELECT journey, n_treated, n_control, rate_treated, rate_control, lift, lift_low, lift_high, method
    FROM tonglu.lift WHERE run_no = (SELECT max(run_no) FROM tonglu.run) ORDER BY journey
"""


@dataclass(frozen=True)
class Lift:
    """What the last run measured for one journey."""

    journey: str
    n_treated: int
    n_control: int
    rate_treated: float | None
    rate_control: float | None
    lift: float | None
    low: float | None
    high: float | None
    method: str


def prepare(root: Path, until: date = LAST) -> Path:
    """Copy the project of the real bank to `root` and land its days up to and with `until`; the root.

    What came before the first run is one load, as it would be when a bank begins with Tonglu.
    """
    shutil.copytree(PROJECT, root, dirs_exist_ok=True)
    land(BERKA, root, until, FIRST)
    return root


def play(place: Workplace, first: date = FIRST, last: date = LAST, every: int = 1) -> Iterator[tuple[datetime, Summary]]:
    """Run the loop at 18:00 in Prague of every `every`-th day from `first` to `last`, delivering after each run."""
    day = first
    while day <= last:
        as_of = instant(place, day)
        summary = run_once(place, as_of)
        deliver_now(place, as_of)
        yield as_of, summary
        day += timedelta(days=every)


def instant(place: Workplace, day: date) -> datetime:
    """The instant of a day's run."""
    return to_utc(datetime.combine(day, datetime.min.time()) + RUN_AT, place.definitions.project.zone_info)


def lifts(place: Workplace) -> list[Lift]:
    """The newest lift of every journey that has one."""
    return [Lift(*row) for row in place.warehouse.fetch(LIFT)]


def fingerprint(place: Workplace) -> dict[str, tuple[int, int]]:
    """Rows and their hashes' sum for every table that facts, personal data or the engine's state are kept in."""
    connection = place.warehouse.connection
    found = {}
    for schema, table in connection.execute(TABLES).fetchall():
        query = f'SELECT count(*), coalesce(sum(hash(t)::HUGEINT), 0) FROM "{schema}"."{table}" AS t'
        [(rows, total)] = connection.execute(query).fetchall()
        found[f"{schema}.{table}"] = (rows, total)
    return found


def files(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of everything handed over or published."""
    folders = (root / "data" / "handover", root / "data" / "published")
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}
