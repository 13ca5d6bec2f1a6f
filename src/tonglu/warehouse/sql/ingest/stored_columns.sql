SELECT table_schema, table_name, column_name, data_type
FROM information_schema.columns
WHERE table_catalog = current_database() AND table_schema IN ('source', 'personal', 'history', 'held', 'quarantine', 'staging', 'typed')
ORDER BY table_schema, table_name, ordinal_position;
