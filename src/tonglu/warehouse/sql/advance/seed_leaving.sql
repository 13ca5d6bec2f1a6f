-- Round 0 for entries whose exit is known: they make the moves before that instant; one that leaves as it stands makes none.
INSERT INTO position
SELECT r.entry_id, r.customer_id, r.journey, r.version_no, r.entry_no, r.assignment, 0, r.step_key, s.step, s.kind, r.since,
    CASE WHEN l.as_it_stands THEN TIMESTAMP '-infinity' ELSE l.exit_at - INTERVAL 1 MICROSECOND END,
    e.entry_id IS NOT NULL, NULL, NULL
FROM tonglu.rest AS r
JOIN leaving AS l USING (entry_id)
JOIN tonglu.step AS s USING (step_key)
LEFT JOIN enrolled AS e USING (entry_id);
