CREATE TEMP TABLE day_transaction AS
SELECT * FROM read_parquet(getvariable('transactions')) WHERE occurred_at <= as_of()
QUALIFY row_number() OVER (PARTITION BY transaction_id) = 1;
DELETE FROM day_transaction WHERE transaction_id IN (SELECT transaction_id FROM source.transactions SEMI JOIN day_transaction USING (transaction_id));
INSERT INTO source.transactions BY NAME SELECT *, run_no() AS loaded_run FROM day_transaction ORDER BY occurred_at;
