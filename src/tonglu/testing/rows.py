"""All rows of a warehouse: what states of it are compared by."""

from collections.abc import Sequence

from tonglu.app.workplace import Workplace

EVERYTHING = ("tonglu", "source", "personal", "history", "held", "quarantine", "staging", "segment")
TABLES = """
    SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database() AND list_contains($schemas, schema_name) ORDER BY ALL
"""


def warehouse_rows(place: Workplace, schemas: Sequence[str] = EVERYTHING) -> dict[str, list[str]]:
    """Every table of these schemas with its rows as sorted text: what two warehouses are compared by."""
    found = {}
    for schema, name in place.warehouse.fetch(TABLES, schemas=list(schemas)):
        statement = f'SELECT t::VARCHAR FROM "{schema}"."{name}" AS t ORDER BY 1'  # noqa: S608 (names come from the catalogue)
        found[f"{schema}.{name}"] = [row for (row,) in place.warehouse.fetch(statement)]
    return found
