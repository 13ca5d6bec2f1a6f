CREATE TEMP TABLE old_holdings AS
SELECT * FROM source.holdings SEMI JOIN read_parquet(getvariable('holdings')) USING (holding_id);
CREATE TEMP TABLE day_holdings AS
SELECT * FROM read_parquet(getvariable('holdings')) EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_holdings;
INSERT INTO history.holdings BY NAME SELECT *, run_no() AS replaced_run FROM old_holdings SEMI JOIN day_holdings USING (holding_id);
DELETE FROM source.holdings WHERE holding_id IN (SELECT holding_id FROM day_holdings SEMI JOIN old_holdings USING (holding_id));
INSERT INTO source.holdings BY NAME SELECT *, run_no() AS loaded_run FROM day_holdings;
