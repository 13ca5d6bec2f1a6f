-- Sums by journey, goal, time and slice over entries whose time has passed: of the units in which something changed since the last run,
-- what they give now less what they gave then. What the last run saw is known from the facts themselves: those that it had.
CREATE OR REPLACE TEMP TABLE stirred AS
SELECT DISTINCT e.journey, e.unit FROM tonglu.entry AS e
WHERE e.assignment <> 'global_control' AND e.entry_id IN (
    SELECT m.entry_id FROM tonglu.entry AS m JOIN tonglu.horizon AS h USING (version_no)
    WHERE m.assigned_at + to_microseconds(h.horizon_us) <= $as_of
      AND ($anew OR m.assigned_at + to_microseconds(h.horizon_us) > $previous_as_of)
    UNION ALL SELECT entry_id FROM tonglu.conversion WHERE run_no = $run_no
    UNION ALL SELECT entry_id FROM tonglu.exposure WHERE run_no = $run_no
    UNION ALL SELECT entry_id FROM tonglu.first_decision WHERE run_no = $run_no);
CREATE OR REPLACE TEMP TABLE standing AS
WITH due AS (
    SELECT e.entry_id, e.journey, e.customer_id, hash(e.unit) AS unit, e.assignment AS side, e.assigned_at, g.goal, h.goal_no, h.horizon_us,
        NOT $anew AND e.assigned_at + to_microseconds(h.horizon_us) <= $previous_as_of AS before
    FROM tonglu.entry AS e SEMI JOIN stirred AS s ON s.journey = e.journey AND s.unit = e.unit
    JOIN tonglu.horizon AS h ON h.version_no = e.version_no
    JOIN tonglu.goal AS g ON g.version_no = h.version_no AND g.goal_no = h.goal_no
    WHERE e.assignment <> 'global_control' AND e.assigned_at + to_microseconds(h.horizon_us) <= $as_of
), reached AS (
    SELECT d.entry_id, d.goal_no, d.horizon_us, sum(c.value)::BIGINT AS v, count(*) FILTER (c.run_no < $run_no) AS times_before,
        coalesce(sum(c.value) FILTER (c.run_no < $run_no), 0)::BIGINT AS v_before
    FROM due AS d JOIN tonglu.conversion AS c
        ON c.entry_id = d.entry_id AND c.goal_no = d.goal_no AND c.occurred_at <= d.assigned_at + to_microseconds(d.horizon_us)
    GROUP BY ALL
)
SELECT d.entry_id, d.journey, d.customer_id, d.unit, d.side, d.assigned_at, d.goal, d.horizon_us, d.before, coalesce(b.stratum, '') AS stratum,
    b.adjust[d.goal_no + 1] AS x, (r.entry_id IS NOT NULL)::TINYINT AS y, coalesce(r.v, 0) AS v,
    (coalesce(r.times_before, 0) > 0)::TINYINT AS y_before, coalesce(r.v_before, 0) AS v_before
FROM due AS d
LEFT JOIN reached AS r ON r.entry_id = d.entry_id AND r.goal_no = d.goal_no AND r.horizon_us = d.horizon_us
LEFT JOIN tonglu.baseline AS b ON b.entry_id = d.entry_id;
-- The slices that an entry is in, each with the run that knew it first. A control is compared with every arm of the step that it came to.
CREATE OR REPLACE TEMP TABLE slice AS
WITH looked AS (SELECT DISTINCT entry_id, customer_id, side, assigned_at FROM standing)
SELECT l.entry_id, 'segment' AS kind, m.segment AS slice, 0 AS since
FROM looked AS l JOIN tonglu.membership AS m
    ON m.customer_id = l.customer_id AND m.entered_at <= l.assigned_at AND (m.left_at IS NULL OR m.left_at > l.assigned_at)
WHERE list_contains($segments, m.segment)
UNION ALL
SELECT l.entry_id, 'arm', x.step || '/' || CASE l.side WHEN 'treated' THEN x.arm ELSE '' END, x.run_no
FROM looked AS l JOIN tonglu.exposure AS x USING (entry_id)
UNION ALL
SELECT l.entry_id, 'touched', '', f.run_no FROM looked AS l JOIN tonglu.first_decision AS f USING (entry_id) WHERE f.would_send
UNION ALL
SELECT l.entry_id, 'channel', f.channel, f.run_no FROM looked AS l JOIN tonglu.first_decision AS f USING (entry_id)
WHERE f.would_send AND f.channel IS NOT NULL;
INSERT INTO tonglu.measured
SELECT $run_no, journey, goal, horizon_us, kind, slice, stratum, adjusted, side, -sum(clusters), -sum(n), -sum(n2), -sum(y), -sum(y2), -sum(ny), -sum(v),
    -sum(v2), -sum(nv), -sum(x), -sum(x2), -sum(nx), -sum(xy), -sum(xv)
FROM tonglu.measured WHERE $anew AND kind <> 'together'
GROUP BY ALL;
INSERT INTO tonglu.measured
WITH sliced AS (
    SELECT journey, goal, horizon_us, 'all' AS kind, '' AS slice, stratum, side, unit, before, x, y, v, y_before, v_before FROM standing
    UNION ALL
    SELECT s.journey, s.goal, s.horizon_us, l.kind, l.slice, s.stratum, s.side, s.unit, s.before AND l.since < $run_no, s.x, s.y, s.v, s.y_before, s.v_before
    FROM standing AS s JOIN slice AS l USING (entry_id)
), summed AS (
    SELECT journey, goal, horizon_us, kind, slice, stratum, x IS NOT NULL AS adjusted, side, unit,
        count(*) AS n, sum(y)::BIGINT AS y, sum(v)::BIGINT AS v, coalesce(sum(x), 0)::BIGINT AS x,
        count(*) FILTER (before) AS n0, coalesce(sum(y_before) FILTER (before), 0)::BIGINT AS y0, coalesce(sum(v_before) FILTER (before), 0)::BIGINT AS v0,
        coalesce(sum(x) FILTER (before), 0)::BIGINT AS x0
    FROM sliced GROUP BY ALL
)
SELECT $run_no, journey, goal, horizon_us, kind, slice, stratum, adjusted, side, count(*) - count(*) FILTER (n0 > 0) AS clusters, sum(n - n0),
    sum(n::HUGEINT * n - n0::HUGEINT * n0), sum(y - y0), sum(y::HUGEINT * y - y0::HUGEINT * y0), sum(n::HUGEINT * y - n0::HUGEINT * y0),
    sum(v - v0), sum(v::HUGEINT * v - v0::HUGEINT * v0), sum(n::HUGEINT * v - n0::HUGEINT * v0),
    sum(x - x0), sum(x::HUGEINT * x - x0::HUGEINT * x0), sum(n::HUGEINT * x - n0::HUGEINT * x0), sum(x::HUGEINT * y - x0::HUGEINT * y0),
    sum(x::HUGEINT * v - x0::HUGEINT * v0)
FROM summed WHERE (n, y, v, x) IS DISTINCT FROM (n0, y0, v0, x0)
GROUP BY ALL ORDER BY ALL;
