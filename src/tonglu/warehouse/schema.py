"""Migrations: the engine's own tables, made or brought up to date when a warehouse is opened.

A migration is a file `sql/schema/<number>_<what>.sql`; each is run once in a warehouse, in the order of the numbers.
"""

from functools import cache
from importlib.resources import files

from tonglu.warehouse.connection import DuckDBWarehouse

JOURNAL = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'tonglu' AND table_name = 'migration'"
DONE = "SELECT number FROM tonglu.migration"
FIRST = "CREATE SCHEMA IF NOT EXISTS tonglu; CREATE TABLE tonglu.migration (number INTEGER)"
NOTE = "INSERT INTO tonglu.migration VALUES ($number)"


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Number and name of every migration, in order."""
    names = sorted(entry.name.removesuffix(".sql") for entry in (files("tonglu.warehouse") / "sql" / "schema").iterdir())
    return tuple((int(name.partition("_")[0]), f"schema/{name}") for name in names)


def migrate(warehouse: DuckDBWarehouse) -> None:
    """Bring the engine's tables up to date, each migration in one transaction, and set up the connection's shorthands."""
    [(known,)] = warehouse.fetch(JOURNAL)
    done = {number for (number,) in warehouse.fetch(DONE)} if known else set()
    for number, name in migrations():
        if number not in done:
            with warehouse.transaction():
                if not known:
                    warehouse.execute(FIRST)
                    known = 1
                warehouse.run(name)
                warehouse.execute(NOTE, number=number)
    warehouse.run("macros")
    warehouse.connection.execute("SET search_path = 'main,source,tonglu'")
