CREATE TEMP TABLE old_agreements AS
SELECT * FROM source.agreements SEMI JOIN read_parquet(getvariable('agreements')) USING (agreement_id);
CREATE TEMP TABLE day_agreements AS
SELECT * FROM read_parquet(getvariable('agreements')) EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_agreements;
INSERT INTO history.agreements BY NAME SELECT *, run_no() AS replaced_run FROM old_agreements SEMI JOIN day_agreements USING (agreement_id);
DELETE FROM source.agreements WHERE agreement_id IN (SELECT agreement_id FROM day_agreements SEMI JOIN old_agreements USING (agreement_id));
INSERT INTO source.agreements BY NAME SELECT *, run_no() AS loaded_run FROM day_agreements;
