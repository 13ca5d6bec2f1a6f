-- Who was decided moves on: to the next wait, or to the end where an offer was dropped.
CREATE TEMP TABLE decided AS
SELECT p.entry_id, p.step_key AS from_key, CASE WHEN p.outcome = 'sent' THEN s.next_key ELSE coalesce(s.otherwise_key, s.next_key) END AS to_key,
    greatest(p.since, as_of(), CASE WHEN p.outcome = 'sent' THEN p.not_before END) AS clock, CASE WHEN p.ghost THEN 'ghost' ELSE p.outcome END AS cause
FROM proposal AS p JOIN tonglu.step AS s USING (step_key) WHERE p.outcome <> 'deferred';
INSERT INTO tonglu.move SELECT run_no(), entry_id, 300001, from_key, to_key, clock, cause FROM decided;
INSERT INTO tonglu.ended SELECT entry_id, run_no(), clock, f.reason FROM decided JOIN final AS f ON f.step = to_key % 1000;
UPDATE tonglu.rest SET step_key = d.to_key, since = d.clock, due_at = d.clock + w.takes
FROM decided AS d LEFT JOIN waiting AS w ON w.step_key = d.to_key WHERE d.entry_id = rest.entry_id;
DELETE FROM tonglu.rest WHERE entry_id IN (SELECT entry_id FROM decided WHERE to_key % 1000 IN (SELECT step FROM final));
