-- Round 0 for entries that were decided in this run, with the hop that their decision gives them.
INSERT INTO position
SELECT r.entry_id, r.customer_id, r.journey, r.version_no, r.entry_no, r.assignment, 0, r.step_key, p.step, s.kind, r.since, $as_of, TRUE,
    NULL, NULL
FROM proposal AS p JOIN tonglu.rest AS r USING (entry_id) JOIN tonglu.step AS s ON s.step_key = r.step_key
WHERE p.outcome <> 'deferred';
INSERT INTO hop
SELECT p.entry_id, CASE WHEN p.outcome = 'sent' THEN s.next_key ELSE coalesce(s.otherwise_key, s.next_key) END,
    greatest(p.since, $as_of, CASE WHEN p.outcome = 'sent' THEN p.not_before ELSE $as_of END),
    CASE WHEN p.ghost THEN 'ghost' ELSE p.outcome END
FROM proposal AS p JOIN tonglu.step AS s USING (step_key)
WHERE p.outcome <> 'deferred';
