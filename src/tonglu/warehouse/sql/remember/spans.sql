-- Who waits to enter and which proposals wait, as spans of runs: rows are written for what came and what went, and for nothing else.
CREATE OR REPLACE TEMP TABLE waits_to_enter AS
SELECT c.journey, c.customer_id, c.key, CASE WHEN j.enter_segment IS NULL THEN c.since END AS since
FROM tonglu.candidate AS c LEFT JOIN journey_now AS j USING (journey);
UPDATE tonglu.candidate_span SET until_run = $run_no
WHERE until_run IS NULL AND NOT EXISTS (
    SELECT 1 FROM waits_to_enter AS w WHERE w.journey = candidate_span.journey AND w.customer_id = candidate_span.customer_id
        AND w.key = candidate_span.key AND coalesce(w.since, '-infinity') = coalesce(candidate_span.since, '-infinity'));
INSERT INTO tonglu.candidate_span
SELECT w.*, $run_no, NULL FROM waits_to_enter AS w
ANTI JOIN (FROM tonglu.candidate_span WHERE until_run IS NULL) AS s ON s.journey = w.journey AND s.customer_id = w.customer_id
    AND s.key = w.key AND coalesce(s.since, '-infinity') = coalesce(w.since, '-infinity');
UPDATE tonglu.waiting_span SET until_run = $run_no
WHERE until_run IS NULL AND NOT EXISTS (
    SELECT 1 FROM tonglu.waiting_touch AS w WHERE w.entry_id = waiting_span.entry_id AND w.step_key = waiting_span.step_key
        AND w.visit = waiting_span.visit AND w.first_proposed_at = waiting_span.first_proposed_at AND w.paused_us = waiting_span.paused_us);
INSERT INTO tonglu.waiting_span
SELECT w.entry_id, w.step_key, w.visit, w.first_proposed_at, w.paused_us, $run_no, NULL FROM tonglu.waiting_touch AS w
ANTI JOIN (FROM tonglu.waiting_span WHERE until_run IS NULL) AS s ON s.entry_id = w.entry_id AND s.step_key = w.step_key
    AND s.visit = w.visit AND s.first_proposed_at = w.first_proposed_at AND s.paused_us = w.paused_us;
INSERT INTO tonglu.run_input
SELECT $run_no, (SELECT md5(string_agg(concat_ws(' ', day, is_workday), ',' ORDER BY day)) FROM tonglu.calendar_day), $program;
