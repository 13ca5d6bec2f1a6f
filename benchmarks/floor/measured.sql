-- What is measured, counted whole from the facts: baselines and first decisions of today, sums by goal, time and slice, outcomes of arms.
INSERT INTO tonglu.first_decision
SELECT entry_id, run_no(), would_send, channel FROM (
    SELECT entry_id, gate IS NULL OR gate IN ('contact_policy', 'arbitration', 'capacity', 'budget') AS would_send, channel FROM tonglu.decision
    WHERE run_no = run_no()
    UNION ALL
    SELECT entry_id, would_send, channel FROM tonglu.ghost WHERE run_no = run_no()
) ANTI JOIN tonglu.first_decision USING (entry_id);
INSERT INTO tonglu.first_entry
SELECT customer_id, run_no(), CASE WHEN bool_or(assignment = 'global_control') THEN 'global_control' ELSE 'others' END, as_of()
FROM tonglu.entry ANTI JOIN (SELECT customer_id FROM tonglu.first_entry) AS f USING (customer_id)
WHERE run_no = run_no() GROUP BY customer_id;
INSERT INTO tonglu.goal_event
SELECT event_id, run_no(), customer_id, occurred_at, goal_worth(name, json_extract_string(properties, '$.product'))
FROM new_event ANTI JOIN tonglu.goal_event USING (event_id)
WHERE goal_worth(name, json_extract_string(properties, '$.product')) IS NOT NULL;
INSERT INTO tonglu.drawn
SELECT run_no(), journey, any_value(version_no), 0.1, assignment, count(DISTINCT customer_id) FROM tonglu.entry AS e
WHERE run_no = run_no() AND assignment <> 'global_control'
  AND NOT EXISTS (SELECT 1 FROM tonglu.entry AS b WHERE b.journey = e.journey AND b.customer_id = e.customer_id AND b.run_no < run_no() AND b.assignment <> 'global_control')
GROUP BY ALL;
INSERT INTO tonglu.balance
SELECT run_no(), e.journey, b.stratum, e.assignment, 1, 1, count(*), sum(b.covariates[1]), sum(b.covariates[1]), sum(b.covariates[1]::HUGEINT ** 2)
FROM tonglu.entry AS e JOIN tonglu.baseline AS b USING (entry_id)
WHERE e.run_no = run_no() AND e.assignment <> 'global_control' AND b.covariates[1] IS NOT NULL GROUP BY ALL;
DELETE FROM tonglu.measured;
INSERT INTO tonglu.measured
WITH outcome AS (
    SELECT e.entry_id, e.customer_id, e.journey, e.assignment AS side, e.assigned_at, g.goal, h.horizon_us, coalesce(f.stratum, '') AS stratum,
        b.adjust[g.goal_no + 1] AS x, coalesce(c.y, 0) AS y, coalesce(c.v, 0) AS v
    FROM (
        SELECT *, min(entry_id) OVER (PARTITION BY journey, customer_id) AS first_id FROM tonglu.entry WHERE assignment <> 'global_control'
    ) AS e JOIN tonglu.goal AS g USING (version_no) JOIN tonglu.horizon AS h USING (version_no, goal_no)
    LEFT JOIN tonglu.baseline AS b USING (entry_id) LEFT JOIN tonglu.baseline AS f ON f.entry_id = e.first_id
    LEFT JOIN (
        SELECT c.entry_id, c.goal_no, h.horizon_us, 1 AS y, sum(c.value) AS v
        FROM tonglu.conversion AS c JOIN tonglu.entry AS e USING (entry_id) JOIN tonglu.horizon AS h USING (version_no, goal_no)
        WHERE c.occurred_at <= e.assigned_at + to_microseconds(h.horizon_us) GROUP BY ALL
    ) AS c ON c.entry_id = e.entry_id AND c.goal_no = g.goal_no AND c.horizon_us = h.horizon_us
    WHERE e.assigned_at + to_microseconds(h.horizon_us) <= as_of()
), slice AS (
    SELECT entry_id, 'arm' AS kind, step || '/' || CASE assignment WHEN 'treated' THEN arm ELSE '' END AS slice
    FROM tonglu.exposure JOIN tonglu.entry USING (entry_id)
    UNION ALL SELECT entry_id, 'touched', '' FROM tonglu.first_decision WHERE would_send
    UNION ALL SELECT entry_id, 'channel', channel FROM tonglu.first_decision WHERE would_send AND channel IS NOT NULL
), sliced AS (
    SELECT *, 'all' AS kind, '' AS slice FROM outcome
    UNION ALL SELECT o.*, s.kind, s.slice FROM outcome AS o JOIN slice AS s USING (entry_id)
    UNION ALL
    SELECT o.*, 'segment', m.segment FROM outcome AS o JOIN tonglu.membership AS m USING (customer_id)
    WHERE m.segment IN ('silver_haired', 'county') AND m.entered_at <= o.assigned_at AND (m.left_at IS NULL OR m.left_at > o.assigned_at)
), customer AS (
    SELECT journey, goal, horizon_us, kind, slice, stratum, count(x) = count(*) AS adjusted, side, customer_id, count(*)::HUGEINT AS n, sum(y)::HUGEINT AS y,
        sum(v)::HUGEINT AS v, CASE WHEN count(x) = count(*) THEN sum(x) ELSE 0 END::HUGEINT AS x
    FROM sliced GROUP BY ALL
)
SELECT run_no(), journey, goal, horizon_us, kind, slice, stratum, adjusted, side, count(*), sum(n), sum(n * n), sum(y), sum(y * y), sum(n * y), sum(v), sum(v * v),
    sum(n * v), sum(x), sum(x * x), sum(n * x), sum(x * y), sum(x * v)
FROM customer GROUP BY ALL;
INSERT INTO tonglu.measured
SELECT run_no(), '', '', 14 * 86400000000, 'together', '', '', FALSE, side, count(*), count(*), count(*), sum(y), sum(y), sum(y), sum(v), sum(v::HUGEINT * v), sum(v),
    0, 0, 0, 0, 0
FROM (
    SELECT f.side, f.customer_id, (count(g.event_id) > 0)::INTEGER AS y, coalesce(sum(g.value), 0)::BIGINT AS v
    FROM tonglu.first_entry AS f LEFT JOIN tonglu.goal_event AS g
        ON g.customer_id = f.customer_id AND g.occurred_at > f.assigned_at AND g.occurred_at <= f.assigned_at + INTERVAL 14 DAY
    WHERE f.assigned_at + INTERVAL 14 DAY <= as_of() GROUP BY ALL
) GROUP BY side;
DELETE FROM tonglu.arm_outcome;
INSERT INTO tonglu.arm_outcome
SELECT run_no(), x.journey, x.step, e.assignment, coalesce(b.stratum, ''), x.arm, x.run_no, x.propensity, g.goal, count(*), sum(c.y), sum(c.v), sum(c.v::HUGEINT * c.v)
FROM tonglu.exposure AS x JOIN tonglu.entry AS e USING (entry_id) JOIN tonglu.goal AS g USING (version_no) LEFT JOIN tonglu.baseline AS b USING (entry_id)
CROSS JOIN LATERAL (
    SELECT (count(*) > 0)::INTEGER AS y, coalesce(sum(value), 0)::BIGINT AS v FROM tonglu.conversion AS c
    WHERE c.entry_id = x.entry_id AND c.goal_no = g.goal_no AND c.occurred_at > x.exposed_at
) AS c
WHERE e.assignment <> 'global_control' AND e.assigned_at + to_microseconds(g.window_us) <= as_of() AND x.exposed_at < e.assigned_at + to_microseconds(g.window_us)
GROUP BY ALL;
