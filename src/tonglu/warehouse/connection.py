"""The live warehouse: one DuckDB file, one writing process.

Rules paid for elsewhere and kept here: no secondary indexes; a file that has a write-ahead log is checkpointed before any
work, and what must always hold in it is looked at then, so that nothing is built upon a log that was replayed wrongly;
statements are cut by DuckDB's own parser, so that named SQL files may hold several.
"""

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import duckdb
from sqlglot import Dialect, exp

import tonglu
from tonglu.core.errors import CheckFailed, Finding, InputError, Place, Unavailable
from tonglu.core.ports import Row

DUCKDB = Dialect.get_or_raise("duckdb")
HAS_RUNS = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'tonglu' AND table_name = 'run'"
CANARY = """
    SELECT 'entries = open + ended', (SELECT count(*) FROM tonglu.entry) - (SELECT count(*) FROM tonglu.rest) - (SELECT count(*) FROM tonglu.ended)
    UNION ALL
    SELECT 'no run number twice', count(*) - count(DISTINCT run_no) FROM tonglu.run
    UNION ALL
    SELECT 'the last run is recorded with its rules', count(*) FROM (SELECT max(run_no) AS run_no FROM tonglu.run) AS l
    WHERE l.run_no IS NOT NULL AND l.run_no NOT IN (SELECT run_no FROM tonglu.conservation)
"""
VALUE = re.compile(r"""'[^']*'|"[^"]*"|\b\d[\d.eE+-]*\b""")
"""A value in what DuckDB says of a failure: it may be a customer's."""


def program_name() -> str:
    """The versions that decide how a run comes out."""
    return f"Tonglu {tonglu.__version__}, DuckDB {duckdb.__version__}, SciPy {version('scipy')}"


@functools.cache
def named_sql(name: str) -> str:
    """The text of `warehouse/sql/<name>.sql`.

    Raises:
        FileNotFoundError: there is no such file.
    """
    return files("tonglu.warehouse").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


class DuckDBWarehouse:
    """The port `core.ports.Warehouse` over a DuckDB file (or `:memory:`).

    Raises:
        Unavailable: the file cannot be opened; another process may have it.
        CheckFailed: what a killed process left in the write-ahead log came back broken.
    """

    def __init__(self, path: Path | str, *, threads: int | None = None, memory: str | None = None) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {"python_enable_replacements": False}
        if threads:
            config["threads"] = threads
        if memory:
            config["memory_limit"] = memory
        self.path = str(path)
        self.given: dict[str, object] = {}
        dirty = Path(f"{self.path}.wal").exists()
        try:
            self.connection = duckdb.connect(self.path, config=config)
        except duckdb.IOException as problem:
            raise Unavailable(f"the warehouse {self.path} cannot be opened: {problem}") from problem
        if dirty:
            self.connection.execute("CHECKPOINT")
            self._look_whole()
        self.connection.execute("SET preserve_insertion_order = false")
        self.connection.execute("SET enable_progress_bar = false")

    def _look_whole(self) -> None:
        if not self.connection.execute(HAS_RUNS).fetchall()[0][0]:
            return
        broken = [f"{rule}: off by {off}" for rule, off in self.connection.execute(CANARY).fetchall() if off]
        if broken:
            self.connection.close()
            hint = "Restore it from a backup; do not run on this file."
            raise CheckFailed(
                f"{self.path} did not come back whole from its write-ahead log:\n  " + "\n  ".join(broken) + f"\n{hint}"
            )

    def give(self, **parameters: object) -> None:
        """Parameters that every later statement may name: those of the run at hand."""
        self.given |= parameters
        for name in ("as_of", "as_of_date", "zone"):
            if name in parameters:
                self.connection.execute(f"SET VARIABLE {name} = $1", [parameters[name]])

    def run(self, name: str, /, **parameters: object) -> int:
        """See the port."""
        return self.execute(named_sql(name), **parameters)

    def rows(self, name: str, /, **parameters: object) -> list[Row]:
        """See the port."""
        return self.fetch(named_sql(name), **parameters)

    def execute(self, statement: str | exp.Expression, /, **parameters: object) -> int:
        """See the port."""
        row = self._last(statement, parameters).fetchone()
        return int(row[0]) if row and isinstance(row[0], int) else 0

    def fetch(self, statement: str | exp.Expression, /, **parameters: object) -> list[Row]:
        """See the port."""
        return self._last(statement, parameters).fetchall()

    def _last(self, statement: str | exp.Expression, parameters: dict[str, object]) -> duckdb.DuckDBPyConnection:
        text = statement if isinstance(statement, str) else statement.sql(dialect=DUCKDB)
        result = self.connection
        known = self.given | parameters
        for part in self.connection.extract_statements(text):
            wanted = {name: known[name] for name in part.named_parameters}
            result = self.connection.execute(part, wanted or None)
        return result

    def build(self, statement: exp.Expression, place: Place) -> None:
        """See the port."""
        try:
            self.execute(statement)
        except (duckdb.DataError, duckdb.InvalidInputException) as problem:  # what only the data shows: casts, overflows
            said = VALUE.sub("…", str(problem).partition("\n")[0])
            hint = "Use try_cast, or leave out the rows that do not fit."
            raise InputError([Finding("TL524", f"the SQL fails on the data: {said}", place, hint)]) from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All inside commits together; an exception rolls back and goes on up."""
        self.connection.execute("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Checkpoint and let go of the file."""
        self.connection.close()
