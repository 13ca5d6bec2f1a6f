CREATE TEMP TABLE old_contacts AS
SELECT * FROM personal.contacts SEMI JOIN read_parquet(getvariable('contacts')) USING (customer_id);
CREATE TEMP TABLE day_contacts AS
SELECT * FROM read_parquet(getvariable('contacts')) EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_contacts;
INSERT INTO history.contacts BY NAME SELECT *, run_no() AS replaced_run FROM old_contacts SEMI JOIN day_contacts USING (customer_id);
DELETE FROM personal.contacts WHERE customer_id IN (SELECT customer_id FROM day_contacts SEMI JOIN old_contacts USING (customer_id));
INSERT INTO personal.contacts BY NAME SELECT *, run_no() AS loaded_run FROM day_contacts;
