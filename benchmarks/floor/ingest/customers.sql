CREATE TEMP TABLE old_customers AS
SELECT * FROM source.customers SEMI JOIN read_parquet(getvariable('customers')) USING (customer_id);
CREATE TEMP TABLE day_customers AS
SELECT * FROM read_parquet(getvariable('customers')) EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_customers;
INSERT INTO history.customers BY NAME SELECT *, run_no() AS replaced_run FROM old_customers SEMI JOIN day_customers USING (customer_id);
DELETE FROM source.customers WHERE customer_id IN (SELECT customer_id FROM day_customers SEMI JOIN old_customers USING (customer_id));
INSERT INTO source.customers BY NAME SELECT *, run_no() AS loaded_run FROM day_customers;
