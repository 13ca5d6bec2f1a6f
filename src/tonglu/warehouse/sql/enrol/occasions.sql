-- Who has an occasion to enter: those left out before who still qualify, and who joined a segment in this run.
-- (Events add theirs by generated statements.) At a journey's first launch the members of that moment count as `enrolment` says.
INSERT INTO occasion
SELECT c.journey, c.customer_id, c.key, CASE WHEN j.enter_event IS NULL THEN $as_of ELSE c.since END, c.customer_id, 0
FROM tonglu.candidate AS c JOIN journey_now AS j USING (journey)
WHERE (j.enter_segment IS NULL OR EXISTS (SELECT 1 FROM tonglu.membership AS m
        WHERE m.segment = j.enter_segment AND m.customer_id = c.customer_id AND m.left_run IS NULL))
  AND (j.enter_event IS NULL OR c.since >= $as_of - to_microseconds(j.fresh_us));
DELETE FROM tonglu.candidate;
INSERT INTO occasion
SELECT j.journey, m.customer_id, '', $as_of, m.customer_id, 0
FROM tonglu.membership AS m JOIN journey_now AS j ON m.segment = j.enter_segment
LEFT JOIN tonglu.launch AS l USING (journey)
LEFT JOIN (SELECT segment, min(run_no) AS first_run FROM tonglu.segment_size GROUP BY segment) AS known ON known.segment = m.segment
WHERE m.left_run IS NULL
  AND ((m.entered_run = $run_no AND j.takes_new AND known.first_run < $run_no) OR (l.journey IS NULL AND j.takes_current));
INSERT INTO tonglu.launch SELECT journey, $run_no FROM journey_now AS j WHERE enrols AND journey NOT IN (SELECT journey FROM tonglu.launch);
