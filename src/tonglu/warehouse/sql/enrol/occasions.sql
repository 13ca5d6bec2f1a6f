-- Who has an occasion to enter: those left out before who still qualify, and who joined or left a segment in this run.
-- (Other sources add theirs by generated statements.) At a journey's first launch those of that moment count as `enrolment` says.
INSERT INTO occasion
SELECT c.journey, c.customer_id, c.key, CASE WHEN j.enter_segment IS NULL THEN c.since ELSE $as_of END, c.customer_id, 0
FROM tonglu.candidate AS c JOIN journey_now AS j USING (journey)
WHERE (j.enter_segment IS NULL OR j.by_joining = EXISTS (SELECT 1 FROM tonglu.membership AS m
        WHERE m.segment = j.enter_segment AND m.customer_id = c.customer_id AND m.left_run IS NULL))
  AND (j.fresh_us IS NULL OR c.since >= $as_of - to_microseconds(j.fresh_us));
-- Those of a journey that has no approved version go on waiting.
DELETE FROM tonglu.candidate
WHERE journey IN (SELECT journey FROM journey_now)
   OR journey NOT IN (SELECT name FROM tonglu.governed WHERE run_no = $run_no AND kind = 'journey');
CREATE OR REPLACE TEMP TABLE segment_known AS SELECT segment, min(run_no) < $run_no AS before FROM tonglu.segment_size GROUP BY segment;
INSERT INTO occasion
SELECT j.journey, m.customer_id, '', $as_of, m.customer_id, 0
FROM tonglu.membership AS m JOIN journey_now AS j ON m.segment = j.enter_segment AND j.by_joining
LEFT JOIN tonglu.launch AS l USING (journey)
LEFT JOIN segment_known AS k ON k.segment = m.segment
WHERE m.left_run IS NULL
  AND ((m.entered_run = $run_no AND j.takes_new AND k.before) OR (l.journey IS NULL AND j.takes_current));
INSERT INTO occasion
SELECT journey, customer_id, '', $as_of, customer_id, 0
FROM (
    SELECT j.journey, m.customer_id
    FROM tonglu.membership AS m JOIN journey_now AS j ON m.segment = j.enter_segment AND NOT j.by_joining
    WHERE m.left_run = $run_no AND j.takes_new
    UNION -- who leaves in the run of the launch has one occasion, not two
    SELECT j.journey, p.customer_id
    FROM journey_now AS j CROSS JOIN tonglu.profile AS p
    WHERE j.enter_segment IS NOT NULL AND NOT j.by_joining AND j.takes_current AND j.journey NOT IN (SELECT journey FROM tonglu.launch)
      AND NOT EXISTS (SELECT 1 FROM tonglu.membership AS m
            WHERE m.segment = j.enter_segment AND m.customer_id = p.customer_id AND m.left_run IS NULL)
);
INSERT INTO tonglu.launch SELECT journey, $run_no FROM journey_now AS j WHERE enrols AND journey NOT IN (SELECT journey FROM tonglu.launch);
