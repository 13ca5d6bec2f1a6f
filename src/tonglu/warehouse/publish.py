"""Publish: a read-only DuckDB file for analysts, beside the live one, which they never open, and the bank's facts as Parquet.

The new file is written under a temporary name, synced and renamed; its name carries the run, and the pointer `current.json`
moves last, so that a reader finds a whole file at any moment of a run. The two newest files are kept. Facts are not copied again
and again: what a run loaded is one more partition, `facts/<table>/run-<number>.parquet`. Personal tables are in neither.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import duckdb
from sqlglot import exp

from tonglu.core.sql import table
from tonglu.warehouse.connection import DuckDBWarehouse, named_sql
from tonglu.warehouse.meanings import meaning_of

APPENDED = (
    "run", "entry", "ended", "move", "decision", "ghost", "exposure", "touch", "delivery", "conversion", "lift", "learned", "segment_size",
    "check_result", "conservation", "left_out", "judged", "run_definition", "passed_on", "attribute", "calendar_gap", "control_epoch",
    "suitability", "risk_seen", "risk_count",
    "learned_value", "lever_position", "worth", "weighed", "yielded", "hours_group",
    "contender", "limit_use", "allocation",
    "work_item",
    "governed", "audit_head", "fairness",
    "lift_by", "trust", "measured", "arm_outcome", "harm",
)  # fmt: skip
"""Tables to which a run adds rows under its number, and which nothing changes afterwards."""
WHOLE = ("version", "topic", "step", "goal", "arm", "via", "definition", "rest", "candidate")
FOLLOWED = "membership"
POINTER = "current.json"
MADE_OF_TABLE = (
    "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'published' AND schema_name = 'engine' AND table_name = 'made_of'"
)
MADE_OF = "SELECT shape FROM published.engine.made_of"
SHAPE = """
    SELECT table_name, column_name, data_type FROM duckdb_columns()
    WHERE database_name = current_database() AND schema_name = 'tonglu' ORDER BY table_name, column_index
"""
OTHER_RUNS = "FROM (FROM published.engine.run EXCEPT FROM tonglu.run) LIMIT 1"
VIEW_COLUMNS = """
    SELECT table_name, column_name FROM duckdb_columns()
    WHERE database_name = 'published' AND schema_name = 'main' AND table_name IN (
        SELECT view_name FROM duckdb_views() WHERE database_name = 'published' AND schema_name = 'main')
    ORDER BY table_name, column_index
"""
FACTS = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'source' ORDER BY table_name"
KEPT = 2


def publish(warehouse: DuckDBWarehouse, folder: Path, run_no: int, *, facts: bool = True) -> Path:
    """Write the partitions and the analysts' file of a run, and move the pointer to it; the file.

    The file begins as a copy of the last published one and gets what later runs added; when that one is of another shape, or
    the two do not come out at the same number of rows, all of it is written anew. Without `facts` the partitions stay as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if facts:
        _publish_facts(warehouse, folder / "facts", run_no)
    target = folder / f"tonglu-{run_no:06d}.duckdb"
    temporary = folder / f".tonglu-{run_no:06d}.tmp"
    last = _last_published(folder, run_no)
    with _attached(warehouse, temporary, last[0] if last else None) as fits:
        continued = last is not None and fits and _continue(warehouse, last[1])
    if not continued:
        with _attached(warehouse, temporary, None):
            _write_whole(warehouse)
    _settle(temporary, target)
    pointer = folder / f".{POINTER}.tmp"
    pointer.write_text(json.dumps({"file": target.name, "run_no": run_no}), encoding="utf-8")
    _settle(pointer, folder / POINTER)
    for old in sorted(folder.glob("tonglu-*.duckdb"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return target


def _last_published(folder: Path, run_no: int) -> tuple[Path, int] | None:
    """The file that the pointer names and its run, when that run is an earlier one."""
    try:
        said = json.loads((folder / POINTER).read_text(encoding="utf-8"))
        file, last = folder / str(said["file"]), int(said["run_no"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (file, last) if last < run_no and file.exists() else None


@contextmanager
def _attached(warehouse: DuckDBWarehouse, temporary: Path, begin_with: Path | None) -> Iterator[bool]:
    """The file under its temporary name as `published`, in a transaction; whether what it began with has the shape of today."""
    for leftover in (temporary, temporary.with_name(f"{temporary.name}.wal")):
        leftover.unlink(missing_ok=True)
    if begin_with is not None:
        shutil.copyfile(begin_with, temporary)
    connection = warehouse.connection
    here = connection.execute("SELECT current_catalog()").fetchall()[0][0]
    try:
        connection.execute(f"ATTACH '{_quoted(temporary)}' AS published")
    except duckdb.Error:
        if begin_with is None:
            raise
        yield False
        return
    try:
        connection.execute("BEGIN TRANSACTION")
        yield connection.execute(MADE_OF_TABLE).fetchall()[0][0] == 1 and connection.execute(MADE_OF).fetchall() == [
            (_shape(warehouse),)
        ]
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute(f'USE "{here}"')
        connection.execute("SET search_path = 'main,source,tonglu'")
        connection.execute("DETACH published")


def _shape(warehouse: DuckDBWarehouse) -> str:
    """What a published file is made of: the columns of the engine's tables, and the views."""
    parts = [str(row) for row in warehouse.fetch(SHAPE)] + [named_sql("publish/receipts"), named_sql("publish/views")]
    return sha256("\0".join(parts).encode()).hexdigest()


def _continue(warehouse: DuckDBWarehouse, last: int) -> bool:
    """Add to `published` what came after the run `last`; whether every table has then as many rows as its own."""
    connection = warehouse.connection
    for name in APPENDED:
        rows = exp.select("*").from_(table(name, "tonglu")).where(exp.column("run_no") > last)
        connection.execute(f"INSERT INTO published.engine.{name} {rows.sql('duckdb')}")
    for name in WHOLE:
        connection.execute(f"DELETE FROM published.engine.{name}")  # noqa: S608
        connection.execute(f"INSERT INTO published.engine.{name} FROM tonglu.{name}")
    for statement in connection.extract_statements(named_sql("publish/continue")):
        connection.execute(statement, {"last": last} if "last" in statement.named_parameters else None)
    return not warehouse.fetch(OTHER_RUNS) and all(here == there for here, there in warehouse.fetch(_counts()))


def _counts() -> exp.Expression:
    """The number of rows of every table, here and in `published`."""

    def rows(name: str, schema: str, catalog: str | None = None) -> exp.Expression:
        return exp.select(exp.Count(this=exp.Star())).from_(exp.table_(name, db=schema, catalog=catalog)).subquery()

    pairs = [exp.select(rows(name, "tonglu"), rows(name, "engine", "published")) for name in (*APPENDED, *WHOLE, FOLLOWED)]
    return exp.union(*pairs, distinct=False)


def _write_whole(warehouse: DuckDBWarehouse) -> None:
    """Make `published` from nothing."""
    connection = warehouse.connection
    connection.execute("CREATE SCHEMA published.engine")
    for name in (*APPENDED, *WHOLE, FOLLOWED):
        connection.execute(f"CREATE TABLE published.engine.{name} AS FROM tonglu.{name}")
    connection.execute(named_sql("publish/receipts"))
    connection.execute("CREATE TABLE published.engine.made_of AS SELECT $1 AS shape", [_shape(warehouse)])
    connection.execute("USE published")
    for statement in connection.extract_statements(named_sql("publish/views")):
        connection.execute(statement)
    for view, column in connection.execute(VIEW_COLUMNS).fetchall():
        connection.execute(_comment(view, column).sql(dialect="duckdb"))


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
