-- Who got a place is planned there; of the others, what stood in the way: capacity where it alone would, otherwise budget.
UPDATE proposal SET not_before = o.planned_at
FROM placed AS t JOIN planning_option AS o USING (option_no)
WHERE t.proposal_no = proposal.proposal_no AND o.planned_at IS NOT NULL;
CREATE OR REPLACE TEMP TABLE option_taken AS SELECT option_no, count(*) AS taken FROM placed GROUP BY option_no;
UPDATE allotment SET used_now = u.used
FROM (SELECT n.allotment_no, sum(n.amount * t.taken)::BIGINT AS used FROM allotment_use AS n JOIN option_taken AS t USING (option_no) GROUP BY 1) AS u
WHERE u.allotment_no = allotment.allotment_no;
CREATE OR REPLACE TEMP TABLE hindrance AS -- of each option, the first limit of either kind that has no room for one more
SELECT n.cohort, n.option_no, min(n.allotment_no) FILTER (n.gate = 'capacity') AS capacity, min(n.allotment_no) FILTER (n.gate = 'budget') AS budget
FROM allotment_use AS n JOIN allotment AS a USING (allotment_no)
WHERE n.amount > a.room - a.used_now GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE refusal AS
SELECT o.cohort, bool_and(h.capacity IS NOT NULL) AS by_capacity, arg_min(h.capacity, o.option_no) AS capacity,
    arg_min(h.budget, o.option_no) FILTER (h.capacity IS NULL) AS budget
FROM planning_option AS o LEFT JOIN hindrance AS h USING (option_no) GROUP BY o.cohort;
INSERT INTO left_over
SELECT c.proposal_no, a.allotment_no, a.gate, a.name || CASE WHEN a.unit = '' THEN '' ELSE ': ' || a.unit END,
    coalesce(l.lowest, CASE WHEN w.needs > 0 THEN w.needs END)
FROM competitor AS c
JOIN refusal AS r USING (cohort)
JOIN allotment AS a ON a.allotment_no = CASE WHEN r.by_capacity THEN r.capacity ELSE r.budget END
LEFT JOIN (SELECT k.cohort, min(k.score) AS lowest FROM placed JOIN competitor AS k USING (proposal_no) GROUP BY k.cohort) AS l USING (cohort)
LEFT JOIN cohort_price AS w USING (cohort)
WHERE NOT EXISTS (SELECT 1 FROM placed AS t WHERE t.proposal_no = c.proposal_no);
