-- The goal events that this run brought, as conversions of the entries whose window they fall in: late facts included.
INSERT INTO tonglu.conversion
SELECT $run_no, m.entry_id, m.goal_no, m.event_id, m.occurred_at, m.value
FROM goal_match AS m
WHERE NOT EXISTS (SELECT 1 FROM tonglu.conversion AS c WHERE c.entry_id = m.entry_id AND c.goal_no = m.goal_no AND c.event_id = m.event_id)
ORDER BY m.entry_id, m.goal_no, m.occurred_at, m.event_id;
