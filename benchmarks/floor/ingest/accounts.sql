CREATE TEMP TABLE old_accounts AS
SELECT * FROM source.accounts SEMI JOIN read_parquet(getvariable('accounts')) USING (account_id);
CREATE TEMP TABLE day_accounts AS
SELECT * FROM read_parquet(getvariable('accounts')) EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_accounts;
INSERT INTO history.accounts BY NAME SELECT *, run_no() AS replaced_run FROM old_accounts SEMI JOIN day_accounts USING (account_id);
DELETE FROM source.accounts WHERE account_id IN (SELECT account_id FROM day_accounts SEMI JOIN old_accounts USING (account_id));
INSERT INTO source.accounts BY NAME SELECT *, run_no() AS loaded_run FROM day_accounts;
