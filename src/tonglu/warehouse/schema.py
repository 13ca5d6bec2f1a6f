"""Migrations: the engine's own tables, made or brought up to date when a warehouse is opened."""

from tonglu.warehouse.connection import DuckDBWarehouse

MIGRATIONS = ("schema/001_engine",)
DONE = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'tonglu' AND table_name = 'migration'"
NEWEST = "SELECT coalesce(max(number), 0) FROM tonglu.migration"
FIRST = "CREATE SCHEMA IF NOT EXISTS tonglu; CREATE TABLE tonglu.migration (number INTEGER)"
NOTE = "INSERT INTO tonglu.migration VALUES ($number)"


def migrate(warehouse: DuckDBWarehouse) -> None:
    """Bring the engine's tables up to date, each migration in one transaction, and set up the connection's shorthands."""
    [(known,)] = warehouse.fetch(DONE)
    newest = warehouse.fetch(NEWEST)[0][0] if known else 0
    for number, name in enumerate(MIGRATIONS, 1):
        if number > newest:
            with warehouse.transaction():
                if number == 1:
                    warehouse.execute(FIRST)
                warehouse.run(name)
                warehouse.execute(NOTE, number=number)
    warehouse.run("macros")
    warehouse.connection.execute("SET search_path = 'main,source,tonglu'")
