-- Touches of entries that ended in a run and that nobody has reported on yet: they must not leave any more.
SELECT t.touch_key, t.batch_id FROM tonglu.touch AS t JOIN tonglu.ended AS d USING (entry_id)
WHERE d.run_no = $run_no AND t.run_no < $run_no AND t.not_before > d.ended_at
  AND NOT EXISTS (SELECT 1 FROM tonglu.delivery AS s WHERE s.touch_key = t.touch_key)
ORDER BY t.touch_key;
