-- What stays true of an entry or a customer once it is known, taken from this run.
INSERT INTO tonglu.first_decision
SELECT entry_id, $run_no, coalesce(gate IN ('contact_policy', 'arbitration', 'capacity', 'budget'), TRUE), channel
FROM tonglu.decision
WHERE run_no = $run_no AND entry_id NOT IN (
    SELECT f.entry_id FROM tonglu.first_decision AS f SEMI JOIN tonglu.decision AS d ON d.entry_id = f.entry_id AND d.run_no = $run_no)
ORDER BY entry_id;
INSERT INTO tonglu.first_decision
SELECT entry_id, $run_no, would_send, channel FROM tonglu.ghost
WHERE run_no = $run_no AND entry_id NOT IN (
    SELECT f.entry_id FROM tonglu.first_decision AS f SEMI JOIN tonglu.ghost AS g ON g.entry_id = f.entry_id AND g.run_no = $run_no)
ORDER BY entry_id;
INSERT INTO tonglu.first_entry
SELECT e.customer_id, $run_no, CASE WHEN bool_or(e.assignment = 'global_control') THEN 'global_control' ELSE 'others' END, $as_of
FROM tonglu.entry AS e JOIN tonglu.version AS v USING (version_no)
WHERE e.run_no = $run_no AND v.purpose = 'marketing' AND e.customer_id NOT IN (SELECT customer_id FROM tonglu.first_entry)
GROUP BY e.customer_id ORDER BY e.customer_id;
INSERT INTO tonglu.goal_event
SELECT event_id, $run_no, any_value(customer_id), any_value(occurred_at), max(value) FROM goal_seen
WHERE event_id NOT IN (SELECT event_id FROM tonglu.goal_event) GROUP BY event_id ORDER BY event_id;
INSERT INTO tonglu.balance
WITH told AS (
    SELECT e.journey, b.stratum, e.assignment AS side, b.covariates AS x FROM tonglu.entry AS e JOIN tonglu.baseline AS b USING (entry_id)
    WHERE e.run_no = $run_no AND e.assignment <> 'global_control' AND list_count(b.covariates) = len(b.covariates)
), pair AS (
    SELECT i.i, j.j FROM range(1, (SELECT coalesce(max(len(x)), 0) FROM told) + 1) AS i(i), range(1, (SELECT coalesce(max(len(x)), 0) FROM told) + 1) AS j(j)
    WHERE i.i <= j.j
)
SELECT $run_no, t.journey, t.stratum, t.side, p.i, p.j, count(*), sum(t.x[p.i]), sum(t.x[p.j]), sum(t.x[p.i]::HUGEINT * t.x[p.j])
FROM told AS t JOIN pair AS p ON TRUE
GROUP BY ALL ORDER BY ALL;
-- Units that were drawn for the first time, by the share that was declared.
INSERT INTO tonglu.drawn
SELECT $run_no, e.journey, min(e.version_no), any_value(j.holdout), e.side, count(*)
FROM (
    SELECT journey, unit, min(version_no) AS version_no, min(assignment) AS side FROM tonglu.entry
    WHERE run_no = $run_no AND assignment <> 'global_control' GROUP BY ALL
) AS e
JOIN journey_now AS j ON j.journey = e.journey
ANTI JOIN (
    SELECT b.journey, b.unit FROM tonglu.entry AS b SEMI JOIN (SELECT journey, unit FROM tonglu.entry WHERE run_no = $run_no) AS n
        ON n.journey = b.journey AND n.unit = b.unit
    WHERE b.run_no < $run_no AND b.assignment <> 'global_control'
) AS b ON b.journey = e.journey AND b.unit = e.unit
GROUP BY e.journey, e.side ORDER BY ALL;
