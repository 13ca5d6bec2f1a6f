-- What was competed for, kept by run: who competed, each limit with what was taken of it and what more of it is worth, and how good the
-- whole is.
INSERT INTO tonglu.contender
SELECT $run_no, p.entry_id, p.step_key, c.customer_id, c.branch, c.employee, c.cost, c.opening, c.latest, l.needs_score
FROM contender AS c JOIN proposal AS p USING (proposal_no) LEFT JOIN left_over AS l USING (proposal_no) ORDER BY c.proposal_no;
INSERT INTO tonglu.limit_use
SELECT $run_no, a.limit_no, a.name, a.gate, r.channel, r.journey, r.purpose, r.unit_kind, a.unit, r.period, a.starts, a.ends, a.at_most,
    a.used_before, a.used_before + a.skipped + a.used_now, coalesce(x.left_out, 0), a.shadow_price
FROM allotment AS a JOIN limit_rule AS r USING (limit_no)
LEFT JOIN (SELECT allotment_no, count(*) AS left_out FROM left_over GROUP BY 1) AS x USING (allotment_no)
WHERE a.skipped + a.used_now > 0 OR x.left_out > 0 ORDER BY a.allotment_no;
INSERT INTO tonglu.allocation
SELECT $run_no, v.priority, v.proposals, v.placed, v.value, greatest(v.value, coalesce(q.bound, 0)::DECIMAL(24, 6) + v.unlimited),
    CASE WHEN coalesce(q.bound, 0) + v.unlimited > v.value THEN round(1 - v.value / (q.bound + v.unlimited), 9) ELSE 0 END, coalesce(q.method, 'room')
FROM (
    SELECT c.priority, count(*) AS proposals, count(t.proposal_no) AS placed, coalesce(sum(c.score) FILTER (t.proposal_no IS NOT NULL), 0) AS value,
        coalesce(sum(c.score) FILTER (b.cohort IS NULL), 0) AS unlimited
    FROM competitor AS c LEFT JOIN placed AS t USING (proposal_no) LEFT JOIN (FROM cohort_kind WHERE kind <> 'free') AS b USING (cohort) GROUP BY c.priority
) AS v LEFT JOIN quality AS q USING (priority) ORDER BY v.priority;
