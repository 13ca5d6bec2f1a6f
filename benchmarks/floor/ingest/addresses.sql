CREATE TEMP TABLE old_addresses AS
SELECT * FROM personal.addresses SEMI JOIN read_parquet(getvariable('addresses')) USING (customer_id, channel);
CREATE TEMP TABLE day_addresses AS
SELECT * FROM read_parquet(getvariable('addresses')) EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_addresses;
INSERT INTO history.addresses BY NAME SELECT *, run_no() AS replaced_run FROM old_addresses SEMI JOIN day_addresses USING (customer_id, channel);
DELETE FROM personal.addresses WHERE (customer_id, channel) IN (SELECT (customer_id, channel) FROM day_addresses SEMI JOIN old_addresses USING (customer_id, channel));
INSERT INTO personal.addresses BY NAME SELECT *, run_no() AS loaded_run FROM day_addresses;
