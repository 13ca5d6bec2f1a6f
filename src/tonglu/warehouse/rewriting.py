"""Writing a DuckDB file anew: only rows that are there come along, so that nothing deleted is left in a block of the file."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
from sqlglot import exp

from tonglu.core.errors import CheckFailed, Unavailable

TABLES = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $name AND NOT internal ORDER BY ALL"


def rewrite_file(path: Path, before_swap: Callable[[], None] = lambda: None) -> None:
    """Copy a database that nobody has open into a new file, and rename it over the old one.

    Raises:
        Unavailable: another process has the file.
        CheckFailed: the copy has not what the original has; the original stays.
    """
    fresh = path.with_name(f"{path.name}.anew")
    for leftover in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        leftover.unlink(missing_ok=True)
    try:
        connection = duckdb.connect(str(path))
    except duckdb.IOException as problem:
        raise Unavailable(f"the warehouse {path} cannot be opened: {problem}") from problem
    try:
        connection.execute("CHECKPOINT")
        here = str(connection.execute("SELECT current_database()").fetchall()[0][0])
        target = str(fresh).replace("'", "''")
        connection.execute(f"ATTACH '{target}' AS anew")
        connection.execute(f'COPY FROM DATABASE "{here}" TO anew')
        kept, copied = (_counts(connection, name) for name in (here, "anew"))
        connection.execute("DETACH anew")
        if kept != copied:
            raise CheckFailed(f"the copy of {path.name} has not the rows of the original; nothing was changed")
    finally:
        connection.close()
    if path.with_name(f"{path.name}.wal").exists():
        raise Unavailable(f"{path.name} has a write-ahead log again: another process wrote to it")
    fresh.chmod(path.stat().st_mode & 0o777)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    before_swap()
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _counts(connection: duckdb.DuckDBPyConnection, database: str) -> dict[tuple[str, str], int]:
    """The rows of every table of a database."""
    found = {}
    for schema, name in connection.execute(TABLES, {"name": database}).fetchall():
        counted = exp.select(exp.Count(this=exp.Star())).from_(exp.table_(name, db=schema, catalog=database, quoted=True))
        found[schema, name] = int(connection.execute(counted.sql(dialect="duckdb")).fetchall()[0][0])
    return found
