-- A column without any value is written without a type, and read as INTEGER.
SELECT name FROM parquet_schema($path) WHERE logical_type ILIKE 'Null%';
