"""A run in which nothing is due: `python benchmarks/idle_run.py --keep DIR`, after `day_run.py --keep DIR` made the bank there.

The day's run is played on a copy, then the same day's next run an hour later, for which nothing has landed. Each in a process of its own.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import duckdb

HERE = Path(__file__).resolve().parent
AIM_SECONDS = 2.0
MINUTES = (30, 60, 90)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", required=True, metavar="DIR", help="where day_run.py kept its bank")
    before = Path(parser.parse_args().keep).resolve() / "before"
    work = before.parent / "idle"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for folder in ("journeys", "segments", "data/contracts"):
        shutil.copytree(HERE.parent / folder, work / folder)
    shutil.copy2(before / "tonglu.yaml", work)
    for file in (before / "data").glob("*.*"):
        shutil.copy2(file, work / "data")
    (work / "data" / "landing").symlink_to(before / "data" / "landing")
    (work / "data" / "published").mkdir()
    for file in (before / "data" / "published").glob("*.*"):
        shutil.copy2(file, work / "data" / "published")
    with closing(duckdb.connect(str(work / "data" / "warehouse.duckdb"), read_only=True)) as connection:
        [(last, customers)] = connection.execute(
            "SELECT max(as_of), (SELECT count(*) FROM source.customers) FROM tonglu.run"
        ).fetchall()
    first = last + timedelta(days=1)
    times = []
    for minutes in (0, *MINUTES):
        began = perf_counter()
        done = subprocess.run(
            [sys.executable, HERE / "engine_side.py", work, (first + timedelta(minutes=minutes)).isoformat()],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        told = json.loads(done.stdout.splitlines()[-1])
        times.append((minutes, perf_counter() - began, told))
    print(f"{customers:,} customers, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, DuckDB {duckdb.__version__}")
    for minutes, seconds, told in times:
        inside = sum(value for name, value in told["seconds"].items() if name not in ("open", "promote", "conserve"))
        stages = ", ".join(f"{name} {value:.2f}" for name, value in told["seconds"].items() if value >= 0.05)
        moved = {name: told["summary"].get(name) for name in ("rows", "entered", "moves", "sent")}
        print(f"+{minutes} min: process {seconds:.2f} s, from open to close {inside:.2f} s; {moved}\n    {stages}")
    print(f"the aim for a run in which nothing is due is {AIM_SECONDS:.0f} s at 1,000,000 customers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
