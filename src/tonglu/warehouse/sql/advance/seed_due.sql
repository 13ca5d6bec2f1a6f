-- Round 0 for entries that their own clock, a watched condition or a new event may move, or, where they came in this run, an
-- event that is known already; who rests at a touch is decided, not moved.
-- An end that must be looked for again (a date of the profile, a year that the calendar did not know) is due at no instant.
INSERT INTO position
SELECT r.entry_id, r.customer_id, r.journey, r.version_no, r.entry_no, r.assignment, 0, r.step_key, s.step, s.kind, r.since, $as_of,
    e.entry_id IS NOT NULL, NULL, NULL
FROM tonglu.rest AS r
JOIN tonglu.step AS s USING (step_key)
LEFT JOIN enrolled AS e USING (entry_id)
WHERE s.message IS NULL
  AND (r.due_at <= $as_of OR r.due_at IS NULL OR s.watched
       OR (s.listens AND (e.entry_id IS NOT NULL OR r.customer_id IN (SELECT customer_id FROM new_event))));
