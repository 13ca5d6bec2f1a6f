INSERT INTO source.events BY NAME
SELECT
  'receipt:' || r.receipt_id AS event_id,
  t.customer_id,
  'touch.' || r.receipt AS name,
  r.occurred_at,
  CASE WHEN r.receipt = 'replied' -- what was answered
    THEN json_object('touch_key', r.touch_key, 'journey', t.journey, 'step', t.step, 'channel', t.channel, 'entry_id', t.entry_id, 'text', to_json(r) ->> 'detail')
    ELSE json_object('touch_key', r.touch_key, 'journey', t.journey, 'step', t.step, 'channel', t.channel, 'entry_id', t.entry_id)
  END::VARCHAR AS properties,
  r.loaded_run
FROM source.receipts AS r
JOIN tonglu.touch AS t ON t.touch_key = r.touch_key
WHERE r.loaded_run = $run_no
ORDER BY r.occurred_at;
