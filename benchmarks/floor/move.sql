-- Who was decided moves on: from the touch, through a branch and an experiment, or out of the long wait where a pay-day was missed.
CREATE TEMP TABLE decided AS
SELECT p.entry_id, p.customer_id, p.journey, p.entry_no, 1 AS n, p.step_key AS from_key,
    CASE WHEN p.outcome = 'sent' THEN s.next_key ELSE coalesce(s.otherwise_key, s.next_key) END AS to_key,
    greatest(p.since, as_of(), CASE WHEN p.outcome = 'sent' THEN p.not_before END) AS clock, CASE WHEN p.ghost THEN 'ghost' ELSE p.outcome END AS cause
FROM proposal AS p JOIN tonglu.step AS s USING (step_key) WHERE p.outcome <> 'deferred';
INSERT INTO decided
SELECT d.entry_id, d.customer_id, d.journey, d.entry_no, 2, 1002,
    CASE WHEN f.has_salary_plan OR f.is_student OR f.vulnerable OR EXISTS (FROM segment.risk_hold AS h WHERE h.customer_id = d.customer_id) THEN 1009 ELSE 1003 END, d.clock, 'branched'
FROM decided AS d LEFT JOIN tonglu.profile AS f USING (customer_id) WHERE d.to_key = 1002 AND d.clock <= as_of();
CREATE TEMP TABLE last_draw AS
SELECT d.*, chance('arm|' || d.journey || '|' || d.customer_id || '|pace|' || d.entry_no) < a.share AS first, a.* EXCLUDE (step_key)
FROM decided AS d JOIN arm AS a ON a.step_key = d.to_key WHERE d.to_key = 1003;
INSERT INTO decided
SELECT entry_id, customer_id, journey, entry_no, 3, to_key, CASE WHEN first THEN first_key ELSE second_key END, clock,
    'arm ' || CASE WHEN first THEN first_arm ELSE second_arm END
FROM last_draw;
INSERT INTO tonglu.exposure
SELECT run_no(), entry_id, customer_id, journey, to_key, 'pace', CASE WHEN first THEN first_arm ELSE second_arm END,
    CASE WHEN first THEN share ELSE rest_share END, clock
FROM last_draw;
INSERT INTO decided
SELECT entry_id, customer_id, journey, entry_no, n + 1, 1009, 1010, as_of(), 'won'
FROM decided SEMI JOIN segment.payroll_missed_pay_day USING (customer_id) WHERE to_key = 1009 AND clock <= as_of();
INSERT INTO tonglu.move SELECT run_no(), entry_id, 300000 + n, from_key, to_key, clock, cause FROM decided;
CREATE TEMP TABLE moved_on AS
SELECT d.*, s.message IS NULL AS timed, s.takes_us, f.reason
FROM (SELECT entry_id, arg_max(to_key, n) AS step_key, arg_max(clock, n) AS since FROM decided GROUP BY entry_id) AS d
JOIN tonglu.step AS s USING (step_key) LEFT JOIN final AS f USING (step_key);
INSERT INTO tonglu.ended SELECT entry_id, run_no(), since, reason FROM moved_on WHERE reason IS NOT NULL;
UPDATE tonglu.rest SET step_key = m.step_key, since = m.since, due_at = CASE WHEN m.timed THEN m.since + to_microseconds(m.takes_us) END
FROM moved_on AS m WHERE m.entry_id = rest.entry_id;
DELETE FROM tonglu.rest WHERE entry_id IN (SELECT entry_id FROM moved_on WHERE reason IS NOT NULL);
