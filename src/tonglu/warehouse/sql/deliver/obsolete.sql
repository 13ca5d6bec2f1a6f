-- Touches of entries that left in a run, and that nobody has reported on yet: they must not leave any more. What an entry that came
-- to its own end has planned stands.
SELECT t.touch_key, t.batch_id FROM tonglu.touch AS t JOIN tonglu.ended AS d USING (entry_id)
WHERE d.run_no = $run_no AND t.run_no < $run_no
  AND NOT EXISTS (SELECT 1 FROM tonglu.delivery AS s WHERE s.touch_key = t.touch_key)
  AND NOT EXISTS (SELECT 1 FROM tonglu.move AS m JOIN tonglu.step AS e ON e.step_key = m.to_key
                  WHERE m.entry_id = t.entry_id AND e.reason = d.reason AND m.clock = d.ended_at)
ORDER BY t.touch_key;
