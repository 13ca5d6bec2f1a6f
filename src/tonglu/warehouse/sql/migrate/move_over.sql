-- Open entries of older versions, at steps that the new version's map names, go to its step or leave; the others stay on theirs.
-- They keep their clock, their number, and the goals that they entered with; a proposal that waits is forgotten.
CREATE OR REPLACE TEMP TABLE moving_over AS
SELECT r.entry_id, r.step_key AS from_key, t.step_key AS to_key, m.target = 'exit' AS leaves, r.since,
    CASE WHEN t.message IS NULL THEN r.since + to_microseconds(t.takes_us) END AS due_at
FROM tonglu.rest AS r
JOIN tonglu.step AS s USING (step_key)
JOIN (SELECT unnest($steps::VARCHAR[]) AS step, unnest($targets::VARCHAR[]) AS target) AS m ON m.step = s.step
LEFT JOIN tonglu.step AS t ON t.version_no = $version_no AND t.step = m.target
WHERE r.journey = $journey AND r.version_no < $version_no;
INSERT INTO tonglu.version_migration
SELECT $run_no, $journey, $version_no, (SELECT count(*) FROM moving_over WHERE NOT leaves),
    (SELECT count(*) FROM tonglu.rest WHERE journey = $journey AND version_no < $version_no AND entry_id NOT IN (SELECT entry_id FROM moving_over)),
    (SELECT count(*) FROM moving_over WHERE leaves);
INSERT INTO tonglu.move SELECT $run_no, entry_id, -1, from_key, to_key, since, 'migrated' FROM moving_over WHERE NOT leaves;
UPDATE tonglu.rest SET version_no = $version_no, step_key = m.to_key, due_at = m.due_at
FROM moving_over AS m WHERE rest.entry_id = m.entry_id AND NOT m.leaves;
-- Like those who enter now they look back: exits and waits of the new version count what is known since the trip began, or came there.
INSERT INTO enrolled SELECT m.entry_id, r.first_since FROM moving_over AS m JOIN tonglu.rest AS r USING (entry_id) WHERE NOT m.leaves;
INSERT INTO tonglu.ended SELECT entry_id, $run_no, greatest($as_of, since), 'migrated' FROM moving_over WHERE leaves;
DELETE FROM tonglu.rest WHERE entry_id IN (SELECT entry_id FROM moving_over WHERE leaves);
DELETE FROM tonglu.waiting_touch WHERE entry_id IN (SELECT entry_id FROM moving_over);
