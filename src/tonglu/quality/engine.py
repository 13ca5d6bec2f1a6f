"""Great Expectations' SQL engine over the DuckDB connection that this process already has.

DuckDB lets one process open a file once, so the engine works on a cursor of the live connection. Three things that Great
Expectations does not know about DuckDB are told here, without touching its modules: results are fetched from a connection that
stays open, patterns are matched by `~` as in PostgreSQL (DuckDB: a full match by re2), and no temporary tables are needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from duckdb_sqlalchemy import ConnectionWrapper
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import StaticPool


class SharedConnectionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc, unused-ignore]
    """The execution engine on a cursor of an open DuckDB connection."""

    def __init__(self, connection: Any) -> None:
        engine = sqlalchemy.create_engine(
            "duckdb://", creator=lambda: ConnectionWrapper(connection.cursor()), poolclass=StaticPool
        )
        self._open: sqlalchemy.Connection | None = None
        super().__init__(engine=engine, create_temp_table=False)
        self.dialect_module = postgresql

    @contextmanager
    def get_connection(self) -> Iterator[sqlalchemy.Connection]:
        """One connection for all queries, open until `release`: rows are fetched after this context has ended."""
        if self._open is None:
            self._open = self.engine.connect()
        yield self._open

    def release(self) -> None:
        """End the reading transaction and let go of the cursor; the shared connection stays open."""
        if self._open is not None:
            self._open.rollback()
            self._open.close()
            self._open = None
        self.engine.dispose()
