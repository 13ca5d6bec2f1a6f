"""Many rows of one table at once: as JSON, in a single statement."""

import json
from collections.abc import Mapping, Sequence

from tonglu.core.ports import Warehouse
from tonglu.core.sql import fill, table

SHAPE = """
    SELECT column_name, data_type FROM duckdb_columns()
    WHERE database_name = current_database() AND schema_name = 'tonglu' AND table_name = $name AND column_name <> 'run_no'
    ORDER BY column_index
"""
APPEND = """
    INSERT INTO slot_target BY NAME
    SELECT $run_no AS run_no, unnest(from_json($rows, $shape), recursive := TRUE)
"""


def append_rows(warehouse: Warehouse, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows of this run to one of the engine's tables; columns that a row does not name are NULL."""
    if rows:
        shape: dict[str, str] = dict(warehouse.fetch(SHAPE, name=name))
        statement = fill(APPEND, target=table(name, "tonglu"))
        warehouse.execute(statement, rows=json.dumps(rows), shape=json.dumps([shape]))
