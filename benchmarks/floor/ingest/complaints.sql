CREATE TEMP TABLE old_complaints AS
SELECT * FROM source.complaints SEMI JOIN read_parquet(getvariable('complaints')) USING (complaint_id);
CREATE TEMP TABLE day_complaints AS
SELECT * FROM read_parquet(getvariable('complaints')) WHERE opened_at <= as_of() EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_complaints;
INSERT INTO history.complaints BY NAME SELECT *, run_no() AS replaced_run FROM old_complaints SEMI JOIN day_complaints USING (complaint_id);
DELETE FROM source.complaints WHERE complaint_id IN (SELECT complaint_id FROM day_complaints SEMI JOIN old_complaints USING (complaint_id));
INSERT INTO source.complaints BY NAME SELECT *, run_no() AS loaded_run FROM day_complaints;
