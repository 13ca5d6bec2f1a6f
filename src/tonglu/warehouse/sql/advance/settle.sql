-- Where everybody came to rest is written back: moves, ends, and the new resting places.
CREATE OR REPLACE TEMP TABLE settled AS
SELECT p.*, s.reason, s.message, l.exit_at, l.reason AS exit_reason, w.state,
    CASE WHEN w.entry_id IS NULL THEN p.since + to_microseconds(s.takes_us) WHEN w.state = 'known' AND NOT s.rereads THEN greatest(p.since, w.ends_at) END AS due_at
FROM position AS p
JOIN (SELECT entry_id, max(round) AS round FROM position GROUP BY entry_id) AS newest USING (entry_id, round)
JOIN tonglu.step AS s USING (step_key)
LEFT JOIN leaving AS l USING (entry_id)
LEFT JOIN wait_end AS w ON w.entry_id = p.entry_id AND w.round = p.round;
INSERT INTO tonglu.move
SELECT $run_no, entry_id, $phase + round, from_key, step_key, since, cause FROM position WHERE from_key IS NOT NULL;
CREATE OR REPLACE TEMP TABLE ending AS
SELECT entry_id, since AS ended_at, reason FROM settled WHERE reason IS NOT NULL AND since <= horizon
UNION ALL
SELECT entry_id, greatest(exit_at, since), exit_reason FROM settled
WHERE exit_at IS NOT NULL AND NOT (reason IS NOT NULL AND since <= horizon);
INSERT INTO tonglu.ended SELECT entry_id, $run_no, ended_at, reason FROM ending;
UPDATE tonglu.rest SET step_key = s.step_key, since = s.since,
    due_at = CASE WHEN s.message IS NULL THEN s.due_at END
FROM settled AS s
WHERE rest.entry_id = s.entry_id AND (s.round > 0 OR s.state IS NOT NULL);
INSERT INTO tonglu.calendar_gap
SELECT $run_no, journey, step, count(*) FROM settled WHERE state = 'unknown' AND entry_id NOT IN (SELECT entry_id FROM ending) GROUP BY journey, step;
DELETE FROM tonglu.rest WHERE entry_id IN (SELECT entry_id FROM ending);
DELETE FROM leaving;
