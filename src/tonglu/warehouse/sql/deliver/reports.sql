-- What the mailroom logged since the last run: a line about a batch speaks for every touch of it that has no line of its own.
INSERT INTO tonglu.delivery
SELECT l.touch_key, $run_no, l.seq, l.state, l.changed_at, l.detail FROM delivery_line AS l WHERE l.touch_key IS NOT NULL
UNION ALL
SELECT t.touch_key, $run_no, l.seq, l.state, l.changed_at, l.detail
FROM delivery_line AS l JOIN tonglu.touch AS t USING (batch_id)
WHERE l.touch_key IS NULL
  AND t.touch_key NOT IN (SELECT touch_key FROM delivery_line WHERE touch_key IS NOT NULL)
  AND t.touch_key NOT IN (SELECT touch_key FROM tonglu.delivery WHERE state IN ('cancelled', 'expired', 'failed'));
