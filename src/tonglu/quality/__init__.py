"""Data quality: contracts judged by Great Expectations over DuckDB. The only place that imports it, where it is used."""
