-- What exposures have shown by batch (the run that drew them), of treated and of controls, inside the goal's window, once it has passed. Of those in which
-- something changed since the last run, what they give now less what they gave then; all rows together are the state.
CREATE OR REPLACE TEMP TABLE shown AS
WITH due AS (
    SELECT x.entry_id, x.journey, x.step, e.assignment AS side, x.arm, x.run_no AS batch, x.propensity, x.exposed_at, g.goal_no, g.goal, e.assigned_at, g.window_us,
        NOT $anew AND e.assigned_at + to_microseconds(g.window_us) <= $previous_as_of AND x.run_no < $run_no AS before
    FROM tonglu.exposure AS x
    JOIN tonglu.entry AS e USING (entry_id)
    JOIN tonglu.goal AS g ON g.version_no = e.version_no
    WHERE e.assignment <> 'global_control' AND e.assigned_at + to_microseconds(g.window_us) <= $as_of
      AND x.exposed_at < e.assigned_at + to_microseconds(g.window_us)
      AND ($anew OR e.assigned_at + to_microseconds(g.window_us) > $previous_as_of OR x.run_no = $run_no
           OR x.entry_id IN (SELECT entry_id FROM tonglu.conversion WHERE run_no = $run_no))
), reached AS (
    SELECT d.entry_id, d.step, d.goal_no, sum(c.value)::BIGINT AS v, count(*) FILTER (c.run_no < $run_no) AS times_before,
        coalesce(sum(c.value) FILTER (c.run_no < $run_no), 0)::BIGINT AS v_before
    FROM due AS d JOIN tonglu.conversion AS c ON c.entry_id = d.entry_id AND c.goal_no = d.goal_no AND c.occurred_at > d.exposed_at
    GROUP BY ALL
)
SELECT d.journey, d.step, d.side, coalesce(b.stratum, '') AS stratum, d.arm, d.batch, d.propensity, d.goal, d.before,
    (r.entry_id IS NOT NULL)::TINYINT AS y, coalesce(r.v, 0) AS v,
    (d.before AND coalesce(r.times_before, 0) > 0)::TINYINT AS y0, CASE WHEN d.before THEN coalesce(r.v_before, 0) ELSE 0 END AS v0
FROM due AS d
LEFT JOIN reached AS r ON r.entry_id = d.entry_id AND r.step = d.step AND r.goal_no = d.goal_no
LEFT JOIN tonglu.baseline AS b ON b.entry_id = d.entry_id;
INSERT INTO tonglu.arm_outcome
SELECT $run_no, journey, step, side, stratum, arm, batch, propensity, goal, count(*) FILTER (NOT before), sum(y - y0), sum(v - v0),
    sum(v::HUGEINT * v - v0::HUGEINT * v0)
FROM shown WHERE NOT before OR (y, v) IS DISTINCT FROM (y0, v0)
GROUP BY ALL ORDER BY ALL;
