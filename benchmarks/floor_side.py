"""The same day by hand-written SQL over plain DuckDB: `python floor_side.py FOLDER`; prints its times as JSON.

FOLDER holds `warehouse.duckdb` as it was before the run, and `day.json`: the run's instants, the files of the day by table, where
the analysts' segments are, whose text is the same on both sides, and which journeys are played: `.` or `fifty`.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

import duckdb

SQL = Path(__file__).parent / "floor"
# As they build on each other.
SEGMENTS = (
    "closed_account", "county", "micro_business", "new_citizen", "open_complaint", "payroll_agreement", "payroll_detected",
    "payroll_missed_pay_day", "pension_received", "risk_hold", "silver_haired", "youth", "payroll", "payroll_new",
    "payroll_outflow_48h", "profile", "silver_pension_day", "payroll_lost",
)  # fmt: skip
# The risk rules that say when a hit ends, and those that do not.
RISK_UNTIL = (
    "dormant_woken", "impossible_travel", "in_and_out", "many_new_payees", "new_device", "password_then_limit", "screen_sharing",
    "watch_list",
)  # fmt: skip
RISK_SINCE = ("newly_opened", "night_large_transfer")
FACTS = ("transactions", "events", "receipts")
# Stages of more than one file; of each, the journeys' own goes before the one that all share.
PARTS = {
    "decide": ("consent", "propose", "compete", "record", "move"),
    "measure": ("measure", "measured"),
    "commit": ("fairness", "commit"),
}


def run(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    for statement in connection.extract_statements(text):
        connection.execute(statement)


def ingest(connection: duckdb.DuckDBPyConnection, files: dict[str, list[str]]) -> None:
    for table in (*FACTS, *sorted(files.keys() - set(FACTS))):
        if table in files:
            connection.execute(f"SET VARIABLE {table} = $1", [files[table]])
            run(connection, (SQL / "ingest" / f"{table}.sql").read_text())
    run(connection, (SQL / "append_events.sql").read_text())


def segment(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    run(connection, (SQL / "mail.sql").read_text())
    for name in SEGMENTS:
        select = (folder / f"{name}.sql").read_text()
        if name == "profile":
            connection.execute(f"CREATE OR REPLACE TABLE tonglu.profile AS {select}")
        else:
            connection.execute(f"CREATE OR REPLACE TABLE segment.{name} AS SELECT DISTINCT customer_id FROM ({select})")
    run(connection, (SQL / "membership.sql").read_text())
    for names, until in ((RISK_UNTIL, "until"), (RISK_SINCE, "NULL::TIMESTAMP AS until")):
        for name in names:
            select = (folder / "risk" / f"{name}.sql").read_text()
            connection.execute(
                f"CREATE OR REPLACE TABLE risk.{name} AS SELECT DISTINCT customer_id, since, {until} FROM ({select})"
            )
    run(connection, (SQL / "risk.sql").read_text())


def main(folder: Path) -> None:
    began = time.perf_counter()
    os.chdir(folder)
    day = json.loads(Path("day.json").read_text())
    connection = duckdb.connect("warehouse.duckdb")
    connection.execute(
        "SET preserve_insertion_order = false; SET enable_progress_bar = false; SET search_path = 'main,source,tonglu'"
    )
    for name, kind in {"as_of": "TIMESTAMP", "day_start": "TIMESTAMP", "as_of_date": "DATE", "run_no": "INTEGER"}.items():
        connection.execute(f"SET VARIABLE {name} = $1::{kind}", [day[name]])
    for name in ("delivery_lines", "opt_outs"):
        connection.execute(f"SET VARIABLE {name} = $1", [day[name]])
    run(connection, (SQL / "begin.sql").read_text())
    seconds, cpu = {"open": time.perf_counter() - began}, {"open": time.process_time()}

    def stage(name: str) -> None:
        start, busy = time.perf_counter(), time.process_time()
        if name == "ingest":
            ingest(connection, day["files"])
        elif name == "segment":
            segment(connection, Path(day["segments"]))
        elif name == "close":
            connection.close()
        else:
            for part in PARTS.get(name, (name,)):
                own = SQL / day["journeys"] / f"{part}.sql"
                run(connection, (own if own.exists() else SQL / f"{part}.sql").read_text())
        seconds[name], cpu[name] = time.perf_counter() - start, time.process_time() - busy

    for name in ("ingest", "segment", "enrol", "advance", "decide", "measure", "commit", "hand_over", "publish", "close"):
        stage(name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
