"""The live warehouse as it stands, for questions: the engine's own statements run over it and change nothing.

A database in memory shows every table of the live file, which is opened for reading alone, as a view. What a question has to write,
such as a segment that is not built yet, becomes a table of the memory's own in the view's place, and is gone when it closes.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
from sqlglot import exp

from tonglu.core.errors import CheckFailed, Unavailable
from tonglu.core.sql import fill, table
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.schema import DONE, migrations

LIVE = "live"
TABLES = """
    SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'live' AND NOT internal ORDER BY ALL
"""
COPY = "CREATE TABLE slot_own AS SELECT * FROM slot_shown"
EMPTY = "CREATE TABLE slot_own AS SELECT * FROM slot_shown LIMIT 0"
SHOW = "CREATE VIEW slot_own AS SELECT * FROM slot_shown"


class Overlay(DuckDBWarehouse):
    """The port `core.ports.Warehouse` over a live file that it cannot change."""

    def __init__(self, live: Path, spill: Path, *, threads: int | None = None, memory: str | None = None) -> None:
        """Open the file.

        Args:
            live: the live warehouse.
            spill: a folder for what does not fit the memory.
            threads: DuckDB's threads.
            memory: DuckDB's memory limit.

        Raises:
            Unavailable: a run has the file at this moment.
            CheckFailed: it was made by an older version, and no run has brought it up to date.
        """
        super().__init__(":memory:", threads=threads, memory=memory)
        self.connection.execute("SET temp_directory = $spill", {"spill": str(spill)})
        try:
            self.connection.execute(f"ATTACH {_text(live)} AS {LIVE} (READ_ONLY)")
        except (duckdb.IOException, duckdb.BinderException, duckdb.ConnectionException) as problem:
            self.close()
            told = str(problem).split(" See also", 1)[0].splitlines()[0]
            raise Unavailable(f"the warehouse {live} cannot be read now: {told}") from problem
        self._show()

    def _show(self) -> None:
        tables = self.fetch(TABLES)
        for schema in sorted({schema for schema, _ in tables} | {"segment", "risk"}):
            self.execute(exp.Create(this=exp.table_("", db=schema, quoted=True), kind="SCHEMA", exists=True))
        for schema, name in tables:
            self.execute(fill(SHOW, own=table(name, schema), shown=_shown(name, schema)))
        if {number for (number,) in self.fetch(DONE)} != {number for number, _ in migrations()}:
            self.close()
            raise CheckFailed("the warehouse was made by another version of Tonglu; the next run brings it up to date")
        self.run("macros")
        self.connection.execute("SET search_path = 'main,source,tonglu'")

    def own(self, name: str, schema: str = "tonglu", *, filled: bool = True) -> None:
        """Put a table of the memory's own in the place of a view, with its rows or empty."""
        self.forget(name, schema)
        self.execute(fill(COPY if filled else EMPTY, own=table(name, schema), shown=_shown(name, schema)))

    def forget(self, name: str, schema: str) -> None:
        """Take a view away, so that a table of that name can be made."""
        self.execute(exp.Drop(tables=[table(name, schema)], kind="VIEW", exists=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _shown(name: str, schema: str) -> exp.Table:
    return exp.table_(name, db=schema, catalog=LIVE, quoted=True)


def _text(path: Path) -> str:
    return exp.Literal.string(str(path.resolve())).sql(dialect="duckdb")
