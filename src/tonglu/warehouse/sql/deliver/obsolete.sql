-- Touches of entries that left in a run, and that nobody has reported on yet, that wait for another attempt, or that a person has not done:
-- they must not leave any more. What an entry that came to its own end has planned stands.
WITH left_behind AS (
    SELECT t.touch_key, t.batch_id FROM tonglu.touch AS t JOIN tonglu.ended AS d USING (entry_id)
    WHERE d.run_no = $run_no AND t.run_no < $run_no
      AND NOT EXISTS (SELECT 1 FROM tonglu.move AS m JOIN tonglu.step AS e ON e.step_key = m.to_key
                      WHERE m.entry_id = t.entry_id AND e.reason = d.reason AND m.clock = d.ended_at)
)
SELECT touch_key, batch_id, 'the entry ended' AS reason FROM left_behind
WHERE touch_key NOT IN (SELECT touch_key FROM tonglu.delivery WHERE touch_key IN (SELECT touch_key FROM left_behind)
                        GROUP BY touch_key HAVING arg_max(state, seq) NOT IN ('waiting', 'pending'))
ORDER BY touch_key;
