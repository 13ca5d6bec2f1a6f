"""A day's run of a bank of a million customers, and the same reads and writes as hand-written SQL: see README.md beside this."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
from equality import Compared, compare
from fifty import write_fifty
from pyarrow import parquet

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
ZONE = ZoneInfo("Asia/Shanghai")
AIM_SECONDS, AIM_RATIO = 10.0, 3.0
LIMIT = 10_000_000
# What is shown in a line: its name, the engine's stages in it, the floor's stages in it. `promote` and `conserve` are parts of stages.
LINES = (
    ("open: imports, definitions, files", ("open",), ("open",)),
    ("ingest: stage and promote", ("ingest", "promote"), ("ingest",)),
    ("check: Great Expectations", ("check",), ()),
    ("segment: mail, profile, segments", ("segment",), ("segment",)),
    ("enrol: exits and entries", ("enrol",), ("enrol",)),
    ("advance", ("advance",), ("advance",)),
    ("decide: gates, touches, moves", ("decide",), ("decide",)),
    ("measure and learn", ("measure", "learn"), ("measure",)),
    ("conserve: assertions", ("conserve",), ()),
    ("commit", ("commit",), ("commit",)),
    ("deliver: staged batches", ("deliver",), ("hand_over",)),
    ("publish", ("publish",), ("publish",)),
    ("close: checkpoint", ("close",), ("close",)),
)


@dataclass(frozen=True)
class Side:
    """What one side took: seconds and seconds of the processors by stage, of the whole process, and its peak memory."""

    seconds: dict[str, float]
    cpu: dict[str, float]
    process: float
    peak_mb: float
    summary: dict[str, Any]


def main() -> int:
    asked = _arguments()
    work = Path(asked.keep or tempfile.mkdtemp(prefix="tonglu-bench-")).resolve()
    try:
        before = work / "before"
        if not (before / "data" / "warehouse.duckdb").exists():
            _bank(before, asked.customers, asked.days, fifty=asked.fifty)
        as_of, run_no = _next_run(before, asked.after)
        best: list[Side] = []
        for _ in range(asked.repeat):
            engine, floor = work / "engine", work / "floor"
            played = [_engine(before, engine, as_of), _floor(before, engine, floor, as_of, run_no, fifty=asked.fifty)]
            best = [min(pair, key=lambda side: side.process) for pair in zip(best, played, strict=True)] if best else played
        compared = compare(engine, floor, run_no)
        return _show(before, best[0], best[1], compared)
    finally:
        if not asked.keep:
            shutil.rmtree(work, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=3, help="days played before the measured one")
    parser.add_argument("--after", type=float, default=24, help="hours from the last run, which is at 08:00, to the measured one")
    parser.add_argument("--keep", metavar="DIR", help="work in this folder, keep it, and use the bank that it holds")
    parser.add_argument("--fifty", action="store_true", help="fifty journeys of twelve steps instead of the shipped ones")
    parser.add_argument("--quick", action="store_true", help="20,000 customers")
    parser.add_argument("--repeat", type=int, default=1, help="measure so often, each from the same state, and show the fastest")
    asked = parser.parse_args()
    if asked.quick:
        asked.customers = 20_000
    return asked


def _bank(root: Path, customers: int, days: int, *, fifty: bool) -> None:
    """A project with the repository's own definitions (or fifty journeys), its first days played; the measured day has landed."""
    print(f"making a bank and playing {days} days", flush=True)
    root.mkdir(parents=True, exist_ok=True)
    for folder in ("journeys", "segments", "data/contracts"):
        shutil.copytree(REPOSITORY / folder, root / folder, dirs_exist_ok=True)
    shutil.copy2(REPOSITORY / "tonglu.yaml", root)
    if fifty:
        write_fifty(root)
    subprocess.run([sys.executable, HERE / "bank_side.py", root, str(customers), str(days)], check=True)


def _next_run(before: Path, hours: float) -> tuple[datetime, int]:
    with closing(duckdb.connect(str(before / "data" / "warehouse.duckdb"), read_only=True)) as connection:
        [(last, run_no)] = connection.execute("SELECT max(as_of), max(run_no) FROM tonglu.run").fetchall()
    return last + timedelta(hours=hours), run_no + 1


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _play(script: str, *arguments: object) -> Side:
    began = perf_counter()
    done = subprocess.run([sys.executable, HERE / script, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True)
    process = perf_counter() - began
    told = json.loads(done.stdout.splitlines()[-1])
    return Side(_parts(told["seconds"]), _parts(told["cpu"]), process, told["peak_mb"], told.get("summary", {}))


def _engine(before: Path, engine: Path, as_of: datetime) -> Side:
    """A copy of the project, but for the landing folder, which is only read; then the engine's run."""
    _fresh(engine)
    for folder in ("journeys", "segments", "data/contracts"):
        shutil.copytree(before / folder, engine / folder)
    shutil.copy2(before / "tonglu.yaml", engine)
    for file in (before / "data").glob("*.*"):
        shutil.copy2(file, engine / "data")
    (engine / "data" / "landing").symlink_to(before / "data" / "landing")
    (engine / "data" / "published").mkdir()
    for file in (before / "data" / "published").glob("*.*"):
        shutil.copy2(file, engine / "data" / "published")
    return _play("engine_side.py", engine, as_of.isoformat())


def _floor(before: Path, engine: Path, floor: Path, as_of: datetime, run_no: int, *, fifty: bool) -> Side:
    """A copy of the warehouse, and what the day brought; then the floor's run."""
    _fresh(floor)
    shutil.copy2(before / "data" / "warehouse.duckdb", floor)
    with closing(duckdb.connect(str(engine / "data" / "warehouse.duckdb"), read_only=True)) as connection:
        taken = connection.execute(
            "SELECT source_table, path FROM tonglu.ingested_file WHERE run_no = $1 ORDER BY ALL", [run_no]
        ).fetchall()
    files: dict[str, list[str]] = {}
    for table, path in taken:
        files.setdefault(table, []).append(str(before / "data" / "landing" / path))
    day = as_of.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZONE).date()
    start = datetime.combine(day, clock(), ZONE).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    mail, receipts = _mail(before, floor, as_of)
    files.setdefault("receipts", []).append(receipts)
    told = {
        "run_no": run_no,
        "as_of": as_of.isoformat(),
        "as_of_date": day.isoformat(),
        "day_start": start.isoformat(),
        "files": files,
        "segments": str(before / "segments"),
        "journeys": "fifty" if fifty else ".",
        **mail,
    }
    (floor / "day.json").write_text(json.dumps(told))
    return _play("floor_side.py", floor)


def _mail(before: Path, floor: Path, as_of: datetime) -> tuple[dict[str, str], str]:
    """What the mailroom holds for the run, as Parquet: the floor has no mailroom. Second, the receipts of touches that people worked."""
    from tonglu.mailroom.mailroom import Mailroom

    with closing(duckdb.connect(str(before / "data" / "warehouse.duckdb"), read_only=True)) as connection:
        marks = dict(connection.execute("SELECT name, seq FROM tonglu.watermark").fetchall())
    copied = shutil.copy2(before / "data" / "mailroom.sqlite", floor / "mailroom.sqlite")
    with closing(Mailroom(Path(copied))) as mailroom:
        mailroom.worklist.sweep(as_of)
        news = [item.payload for item in mailroom.inbox.since(marks.get("inbox", 0)) if item.kind == "receipt"]
        lines = mailroom.log.since(marks.get("delivery_log", 0), limit=LIMIT)
        words = mailroom.optouts.since(marks.get("opt_outs", 0), limit=LIMIT)
    instant = pa.timestamp("us")
    deliveries = {
        "seq": pa.array([line.seq for line in lines], pa.int64()),
        "touch_key": pa.array([line.touch_key for line in lines], pa.string()),
        "batch_id": pa.array([line.batch_id for line in lines], pa.string()),
        "state": pa.array([str(line.state) for line in lines], pa.string()),
        "changed_at": pa.array([line.at for line in lines], instant),
        "detail": pa.array([line.detail for line in lines], pa.string()),
    }
    opt_outs = {
        "customer_id": pa.array([word.customer_id for word in words], pa.int64()),
        "channel": pa.array([word.channel for word in words], pa.string()),
        "opted_out_at": pa.array([word.at for word in words], instant),
        "word": pa.array(["out" if word.out else "in" for word in words], pa.string()),
        "purpose": pa.array([word.purpose for word in words], pa.string()),
    }
    receipts = {
        name: pa.array([one.get(name) for one in news], pa.string()) for name in ("receipt_id", "touch_key", "receipt", "detail")
    }
    receipts["occurred_at"] = pa.array([datetime.fromisoformat(str(one["occurred_at"])) for one in news], instant)
    written = {}
    for name, columns in {"delivery_lines": deliveries, "opt_outs": opt_outs, "receipts": receipts}.items():
        parquet.write_table(pa.table(columns), floor / f"{name}.parquet")
        written[name] = str(floor / f"{name}.parquet")
    return written, written.pop("receipts")


def _show(before: Path, engine: Side, floor: Side, compared: list[Compared]) -> int:
    with closing(duckdb.connect(str(before / "data" / "warehouse.duckdb"), read_only=True)) as connection:
        [(customers, transactions)] = connection.execute(
            "SELECT (SELECT count(*) FROM source.customers), (SELECT count(*) FROM source.transactions)"
        ).fetchall()
    told = engine.summary
    print(f"\nA day's run: {customers:,} customers, {transactions:,} transactions, run {told['run_no']} at {told['as_of']} UTC;")
    print(
        f"{told['rows']:,} new rows, {told['entered']:,} entered, {told['moves']:,} moves, {told['proposals']:,} proposals, {told['sent']:,} sent."
    )
    _table(engine, floor)
    unequal = [one for one in compared if not one.equal]
    print(
        f"\nmachine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}, DuckDB {duckdb.__version__}"
    )
    print(f"peak memory: engine {engine.peak_mb:,.0f} MB, floor {floor.peak_mb:,.0f} MB")
    print(
        f"equal by EXCEPT ALL both ways: {len(compared) - len(unequal)} of {len(compared)} relations, {sum(one.rows for one in compared):,} rows"
    )
    for one in unequal:
        print(
            f"  NOT EQUAL {one.name}: {one.only_engine:,} rows only the engine's, {one.only_floor:,} only the floor's, of {one.rows:,}"
        )
        for row in one.examples:
            print(f"    {row}")
    if unequal:
        print("the two did different work, so there is no ratio")
        return 1
    inside = _total(engine), _total(floor)
    print(f"engine {engine.process:.1f} s as a process, {inside[0]:.1f} s from open to close; the aim is {AIM_SECONDS:.0f} s")
    print(
        f"ratio {engine.process / floor.process:.2f} as processes, {inside[0] / inside[1]:.2f} without opening; the aim is {AIM_RATIO:.0f}"
    )
    return 0


def _parts(stages: dict[str, float]) -> dict[str, float]:
    """Seconds by stage, with what is shown on its own taken out of the stage that it is part of."""
    own = {"segment": stages["segment"] - stages.get("promote", 0.0), "commit": stages["commit"] - stages.get("conserve", 0.0)}
    return {**stages, **own}


def _total(side: Side) -> float:
    return sum(seconds for name, seconds in side.seconds.items() if name != "open")


def _table(engine: Side, floor: Side) -> None:
    print(f"\n{'stage':<36}{'engine s':>10}{'floor s':>10}{'ratio':>8}{'engine CPU s':>14}{'floor CPU s':>13}")
    for name, mine, its in LINES:
        left, left_cpu = sum(engine.seconds[one] for one in mine), sum(engine.cpu[one] for one in mine)
        right, right_cpu = sum(floor.seconds[one] for one in its), sum(floor.cpu[one] for one in its)
        if its:
            print(f"{name:<36}{left:>10.2f}{right:>10.2f}{left / right:>8.1f}{left_cpu:>14.2f}{right_cpu:>13.2f}")
        else:
            print(f"{name:<36}{left:>10.2f}{'-':>10}{'':>8}{left_cpu:>14.2f}{'-':>13}")
    busy = sum(engine.cpu.values()), sum(floor.cpu.values())
    whole = f"{engine.process:>10.2f}{floor.process:>10.2f}{engine.process / floor.process:>8.1f}"
    print(f"{'whole process':<36}{whole}{busy[0]:>14.2f}{busy[1]:>13.2f}")


if __name__ == "__main__":
    sys.exit(main())
