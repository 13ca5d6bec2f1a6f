-- How many customers the last run knew.
SELECT (summary ->> 'customers')::BIGINT AS customers FROM engine.run ORDER BY run_no DESC LIMIT 1;
