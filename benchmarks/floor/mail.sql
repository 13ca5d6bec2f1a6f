-- What deliverers and customers told the mailroom since the last run, and opt-outs among the day's events.
CREATE TEMP TABLE delivery_line AS SELECT * FROM read_parquet(getvariable('delivery_lines'));
INSERT INTO tonglu.delivery
SELECT l.touch_key, run_no(), l.seq, l.state, l.changed_at, l.detail FROM delivery_line AS l WHERE l.touch_key IS NOT NULL
UNION ALL
SELECT t.touch_key, run_no(), l.seq, l.state, l.changed_at, l.detail FROM delivery_line AS l JOIN tonglu.touch AS t USING (batch_id)
WHERE l.touch_key IS NULL
  AND NOT EXISTS (SELECT 1 FROM delivery_line AS o WHERE o.touch_key = t.touch_key)
  AND NOT EXISTS (SELECT 1 FROM tonglu.delivery AS d WHERE d.touch_key = t.touch_key AND d.state IN ('cancelled', 'expired', 'failed'));
INSERT INTO tonglu.opt_out (customer_id, channel, opted_out_at, run_no, word, purpose)
SELECT customer_id, channel, opted_out_at, run_no(), word, purpose FROM read_parquet(getvariable('opt_outs'))
UNION ALL
SELECT customer_id, coalesce(json_extract_string(properties, '$.channel'), '*'), occurred_at, run_no(), 'out',
    coalesce(json_extract_string(properties, '$.purpose'), '*')
FROM new_event WHERE name = 'opt_out'
UNION ALL -- a stop word in a reply to an SMS, a call that was refused
SELECT customer_id, json_extract_string(properties, '$.channel'), occurred_at, run_no(), 'out', 'marketing'
FROM new_event
WHERE (name = 'touch.refused' AND json_extract_string(properties, '$.channel') = 'call')
   OR (name = 'touch.replied' AND json_extract_string(properties, '$.channel') = 'sms'
       AND regexp_replace(translate(upper(json_extract_string(properties, '$.text')), 'ＴＤＲ', 'TDR'), '[\s.。!！,，]', '', 'g')
           IN ('T', 'TD', 'R', '退订', '拒收'));
