-- A receipt of a known touch is a fact, and an event of the customer.
CREATE TEMP TABLE day_receipt AS
SELECT r.* FROM read_parquet(getvariable('receipts'), union_by_name = true) AS r SEMI JOIN tonglu.touch AS t USING (touch_key) WHERE r.occurred_at <= as_of()
QUALIFY row_number() OVER (PARTITION BY receipt_id) = 1;
DELETE FROM day_receipt WHERE receipt_id IN (SELECT receipt_id FROM source.receipts SEMI JOIN day_receipt USING (receipt_id));
INSERT INTO source.receipts BY NAME SELECT *, run_no() AS loaded_run FROM day_receipt ORDER BY occurred_at;
INSERT INTO new_event BY NAME
SELECT 'receipt:' || r.receipt_id AS event_id, t.customer_id, 'touch.' || r.receipt AS name, r.occurred_at,
    CASE r.receipt
        WHEN 'replied' THEN json_object('touch_key', r.touch_key, 'journey', t.journey, 'step', t.step, 'channel', t.channel, 'entry_id', t.entry_id, 'text', r.detail)
        ELSE json_object('touch_key', r.touch_key, 'journey', t.journey, 'step', t.step, 'channel', t.channel, 'entry_id', t.entry_id)
    END::VARCHAR AS properties
FROM day_receipt AS r JOIN tonglu.touch AS t USING (touch_key);
