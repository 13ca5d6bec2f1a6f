CREATE TEMP TABLE old_employers AS
SELECT * FROM source.employers SEMI JOIN read_parquet(getvariable('employers')) USING (employer_id);
CREATE TEMP TABLE day_employers AS
SELECT * FROM read_parquet(getvariable('employers')) EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_employers;
INSERT INTO history.employers BY NAME SELECT *, run_no() AS replaced_run FROM old_employers SEMI JOIN day_employers USING (employer_id);
DELETE FROM source.employers WHERE employer_id IN (SELECT employer_id FROM day_employers SEMI JOIN old_employers USING (employer_id));
INSERT INTO source.employers BY NAME SELECT *, run_no() AS loaded_run FROM day_employers;
