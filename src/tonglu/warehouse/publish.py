"""Publish: a read-only DuckDB file for analysts, beside the live one, which they never open, and the bank's facts as Parquet.

The new file is written under a temporary name, synced and renamed; its name carries the run, and the pointer `current.json`
moves last, so that a reader finds a whole file at any moment of a run. The two newest files are kept. Facts are not copied again
and again: what a run loaded is one more partition, `facts/<table>/run-<number>.parquet`. Personal tables are in neither.
"""

import json
import os
from pathlib import Path

from sqlglot import exp

from tonglu.core.sql import table
from tonglu.warehouse.connection import DuckDBWarehouse, named_sql
from tonglu.warehouse.meanings import meaning_of

TABLES = (
    "run", "version", "step", "goal", "arm", "entry", "rest", "ended", "move", "decision", "ghost", "exposure", "touch", "delivery",
    "conversion", "lift", "learned", "membership", "segment_size", "check_result", "conservation", "left_out", "candidate", "judged",
    "definition", "run_definition", "via", "passed_on", "attribute", "calendar_gap", "control_epoch",
)  # fmt: skip
POINTER = "current.json"
VIEW_COLUMNS = """
    SELECT table_name, column_name FROM duckdb_columns()
    WHERE database_name = 'published' AND schema_name = 'main' AND table_name IN (
        SELECT view_name FROM duckdb_views() WHERE database_name = 'published' AND schema_name = 'main')
    ORDER BY table_name, column_index
"""
FACTS = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'source' ORDER BY table_name"
KEPT = 2


def publish(warehouse: DuckDBWarehouse, folder: Path, run_no: int) -> Path:
    """Write the partitions and the analysts' file of a run, and move the pointer to it; the file."""
    folder.mkdir(parents=True, exist_ok=True)
    _publish_facts(warehouse, folder / "facts", run_no)
    target = folder / f"tonglu-{run_no:06d}.duckdb"
    temporary = folder / f".tonglu-{run_no:06d}.tmp"
    for leftover in (temporary, temporary.with_name(f"{temporary.name}.wal")):
        leftover.unlink(missing_ok=True)
    connection = warehouse.connection
    here = connection.execute("SELECT current_catalog()").fetchall()[0][0]
    connection.execute(f"ATTACH '{_quoted(temporary)}' AS published")
    try:
        connection.execute("BEGIN TRANSACTION")
        connection.execute("CREATE SCHEMA published.engine")
        for name in TABLES:
            copy = f"CREATE TABLE published.engine.{name} AS SELECT * FROM {table(name, 'tonglu').sql('duckdb')}"  # noqa: S608
            connection.execute(copy)
        connection.execute(named_sql("publish/receipts"))
        connection.execute("USE published")
        for statement in connection.extract_statements(named_sql("publish/views")):
            connection.execute(statement)
        for view, column in connection.execute(VIEW_COLUMNS).fetchall():
            connection.execute(_comment(view, column).sql(dialect="duckdb"))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute(f'USE "{here}"')
        connection.execute("SET search_path = 'main,source,tonglu'")
        connection.execute("DETACH published")
    _settle(temporary, target)
    pointer = folder / f".{POINTER}.tmp"
    pointer.write_text(json.dumps({"file": target.name, "run_no": run_no}), encoding="utf-8")
    _settle(pointer, folder / POINTER)
    for old in sorted(folder.glob("tonglu-*.duckdb"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return target


def _publish_facts(warehouse: DuckDBWarehouse, folder: Path, run_no: int) -> None:
    """What a run loaded, table by table; a table that got nothing has no partition."""
    for (name,) in warehouse.fetch(FACTS):
        facts = exp.select("*").from_(table(name, "source")).where(exp.column("loaded_run").eq(run_no))
        if not warehouse.fetch(facts.limit(1)):
            continue
        target = folder / name / f"run-{run_no:06d}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.tmp")
        rows = facts.sql(dialect="duckdb")
        warehouse.connection.execute(f"COPY ({rows}) TO '{_quoted(temporary)}' (FORMAT parquet, COMPRESSION zstd)")
        _settle(temporary, target)


def _comment(view: str, column: str) -> exp.Expression:
    meaning = exp.Literal.string(meaning_of(view, column))
    return exp.Comment(this=exp.column(column, table=view, quoted=True), kind="COLUMN", expression=meaning)


def _settle(temporary: Path, target: Path) -> None:
    """Make a finished file durable under its own name."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
