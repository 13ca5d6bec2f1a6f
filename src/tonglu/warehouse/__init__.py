"""The warehouse: the only place that imports DuckDB. Sets live here; queues live in the mailroom."""
