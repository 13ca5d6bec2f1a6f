-- Sums by journey, goal, time and slice over entries whose time has passed: of what changed since the last run, what it gives now less what
-- it gave then. What the last run saw is known from the facts themselves: those that it had. A unit with one entry gives its own outcome
-- and the square of that, so such entries are counted by group, and looked at one by one only where something has happened; only units that
-- may have several are put together first.
SET VARIABLE anew = $anew;
CREATE OR REPLACE TEMP TABLE stirred AS
SELECT m.entry_id
FROM (
    SELECT entry_id, version_no, assigned_at FROM tonglu.entry
    WHERE NOT $anew AND assignment <> 'global_control'
      AND assigned_at > $previous_as_of - to_microseconds((SELECT max(horizon_us) FROM tonglu.horizon))
) AS m JOIN tonglu.horizon AS h USING (version_no)
WHERE m.assigned_at + to_microseconds(h.horizon_us) <= $as_of
  AND m.assigned_at + to_microseconds(h.horizon_us) > $previous_as_of
UNION
SELECT entry_id FROM tonglu.conversion WHERE NOT $anew AND run_no = $run_no
UNION
SELECT entry_id FROM tonglu.exposure WHERE NOT $anew AND run_no = $run_no
UNION
SELECT entry_id FROM tonglu.first_decision WHERE NOT $anew AND run_no = $run_no;
CREATE OR REPLACE TEMP TABLE several AS
SELECT DISTINCT journey, unit FROM tonglu.entry
WHERE assignment <> 'global_control' AND (entry_no > 1 OR key <> '' OR unit <> customer_id::VARCHAR);
-- Entries that are their unit's only one.
CREATE OR REPLACE TEMP VIEW lone AS
SELECT e.entry_id, e.customer_id, e.version_no, e.assigned_at, e.assignment AS side, coalesce(b.stratum, '') AS stratum,
    CASE WHEN list_count(b.adjust) > 0 THEN b.adjust END AS adjust, CASE WHEN list_count(b.adjust) > 0 THEN e.version_no END AS adjusting
FROM (SELECT * FROM tonglu.entry
      WHERE assignment <> 'global_control' AND (getvariable('anew')::BOOLEAN OR entry_id IN (SELECT entry_id FROM stirred))) AS e
ANTI JOIN several AS s ON s.journey = e.journey AND s.unit = e.unit
LEFT JOIN tonglu.baseline AS b ON b.entry_id = e.entry_id;
CREATE OR REPLACE TEMP TABLE counted AS
WITH first AS (
    SELECT l.version_no, l.assigned_at, l.side, l.stratum, g.goal_no, l.adjust[g.goal_no + 1] IS NOT NULL AS adjusted, f.would_send, f.channel,
        f.run_no = $run_no AS fresh, count(*) AS n, sum(l.adjust[g.goal_no + 1])::HUGEINT AS x,
        sum(l.adjust[g.goal_no + 1]::HUGEINT * l.adjust[g.goal_no + 1])::HUGEINT AS x2
    FROM lone AS l LEFT JOIN tonglu.first_decision AS f ON f.entry_id = l.entry_id LEFT JOIN tonglu.goal AS g ON g.version_no = l.adjusting
    GROUP BY ALL
), arm AS (
    SELECT l.version_no, l.assigned_at, l.side, l.stratum, g.goal_no, l.adjust[g.goal_no + 1] IS NOT NULL AS adjusted, x.step, x.arm,
        x.run_no = $run_no AS fresh, count(*) AS n, sum(l.adjust[g.goal_no + 1])::HUGEINT AS x,
        sum(l.adjust[g.goal_no + 1]::HUGEINT * l.adjust[g.goal_no + 1])::HUGEINT AS x2
    FROM lone AS l JOIN tonglu.exposure AS x ON x.entry_id = l.entry_id LEFT JOIN tonglu.goal AS g ON g.version_no = l.adjusting
    GROUP BY ALL
), segment AS (
    SELECT l.version_no, l.assigned_at, l.side, l.stratum, g.goal_no, l.adjust[g.goal_no + 1] IS NOT NULL AS adjusted, m.segment,
        count(*) AS n, sum(l.adjust[g.goal_no + 1])::HUGEINT AS x, sum(l.adjust[g.goal_no + 1]::HUGEINT * l.adjust[g.goal_no + 1])::HUGEINT AS x2
    FROM (SELECT * FROM tonglu.membership WHERE list_contains($segments, segment)) AS m
    JOIN lone AS l ON m.customer_id = l.customer_id AND m.entered_at <= l.assigned_at AND (m.left_at IS NULL OR m.left_at > l.assigned_at)
    LEFT JOIN tonglu.goal AS g ON g.version_no = l.adjusting
    GROUP BY ALL
)
SELECT version_no, assigned_at, side, stratum, goal_no, adjusted, 'all' AS kind, '' AS slice, FALSE AS fresh, n, x, x2 FROM first
UNION ALL
SELECT version_no, assigned_at, side, stratum, goal_no, adjusted, 'touched', '', fresh, n, x, x2 FROM first WHERE would_send
UNION ALL
SELECT version_no, assigned_at, side, stratum, goal_no, adjusted, 'channel', channel, fresh, n, x, x2 FROM first WHERE would_send AND channel IS NOT NULL
UNION ALL
SELECT version_no, assigned_at, side, stratum, goal_no, adjusted, 'arm', step || '/' || CASE side WHEN 'treated' THEN arm ELSE '' END, fresh, n, x, x2
FROM arm
UNION ALL
SELECT version_no, assigned_at, side, stratum, goal_no, adjusted, 'segment', segment, FALSE, n, x, x2 FROM segment;
-- What has happened by each time, and what of that was known before.
CREATE OR REPLACE TEMP TABLE reached AS
SELECT l.entry_id, l.customer_id, l.assigned_at, l.version_no, h.goal_no, h.horizon_us, l.side, l.stratum, l.adjust[h.goal_no + 1] AS x,
    NOT $anew AND l.assigned_at + to_microseconds(h.horizon_us) <= $previous_as_of AS before, sum(c.value)::BIGINT AS v,
    (count(*) FILTER (c.run_no < $run_no) > 0)::TINYINT AS y0, coalesce(sum(c.value) FILTER (c.run_no < $run_no), 0)::BIGINT AS v0
FROM lone AS l
JOIN tonglu.conversion AS c ON c.entry_id = l.entry_id
JOIN tonglu.horizon AS h ON h.version_no = l.version_no AND h.goal_no = c.goal_no
WHERE l.assigned_at + to_microseconds(h.horizon_us) <= $as_of AND c.occurred_at <= l.assigned_at + to_microseconds(h.horizon_us)
GROUP BY ALL;
-- Units that may have several entries, of which something changed: all that is due of them. A unit is in one stratum, that of its first
-- entry: were it in two, these would not be independent.
CREATE OR REPLACE TEMP TABLE standing AS
WITH changed AS (
    SELECT e.journey, e.unit, min(e.entry_id) AS first_id FROM tonglu.entry AS e SEMI JOIN several AS s ON s.journey = e.journey AND s.unit = e.unit
    WHERE e.assignment <> 'global_control'
    GROUP BY ALL HAVING $anew OR bool_or(e.entry_id IN (SELECT entry_id FROM stirred))
), due AS (
    SELECT e.entry_id, s.first_id, e.journey, e.customer_id, hash(e.unit) AS unit, e.assignment AS side, e.assigned_at, g.goal, h.goal_no, h.horizon_us,
        NOT $anew AND e.assigned_at + to_microseconds(h.horizon_us) <= $previous_as_of AS before
    FROM tonglu.entry AS e JOIN changed AS s ON s.journey = e.journey AND s.unit = e.unit
    JOIN tonglu.horizon AS h ON h.version_no = e.version_no
    JOIN tonglu.goal AS g ON g.version_no = h.version_no AND g.goal_no = h.goal_no
    WHERE e.assignment <> 'global_control' AND e.assigned_at + to_microseconds(h.horizon_us) <= $as_of
), happened AS (
    SELECT d.entry_id, d.goal_no, d.horizon_us, sum(c.value)::BIGINT AS v, count(*) FILTER (c.run_no < $run_no) AS times_before,
        coalesce(sum(c.value) FILTER (c.run_no < $run_no), 0)::BIGINT AS v_before
    FROM due AS d JOIN tonglu.conversion AS c
        ON c.entry_id = d.entry_id AND c.goal_no = d.goal_no AND c.occurred_at <= d.assigned_at + to_microseconds(d.horizon_us)
    GROUP BY ALL
)
SELECT d.entry_id, d.journey, d.customer_id, d.unit, d.side, d.assigned_at, d.goal, d.horizon_us, d.before, coalesce(f.stratum, '') AS stratum,
    b.adjust[d.goal_no + 1] AS x, (r.entry_id IS NOT NULL)::TINYINT AS y, coalesce(r.v, 0) AS v,
    (coalesce(r.times_before, 0) > 0)::TINYINT AS y_before, coalesce(r.v_before, 0) AS v_before
FROM due AS d
LEFT JOIN happened AS r ON r.entry_id = d.entry_id AND r.goal_no = d.goal_no AND r.horizon_us = d.horizon_us
LEFT JOIN tonglu.baseline AS b ON b.entry_id = d.entry_id
LEFT JOIN tonglu.baseline AS f ON f.entry_id = d.first_id;
-- The slices that an entry is in, each with the run that knew it first. A control is compared with every arm of the step that it came to.
CREATE OR REPLACE TEMP TABLE slice AS
WITH looked AS (
    SELECT DISTINCT entry_id, customer_id, side, assigned_at FROM standing
    UNION
    SELECT entry_id, customer_id, side, assigned_at FROM reached
)
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
    SELECT journey, goal, horizon_us, kind, slice, stratum, side, unit, count(*) AS n, sum(y)::BIGINT AS y, sum(v)::BIGINT AS v,
        CASE WHEN count(x) = count(*) THEN sum(x)::BIGINT END AS x, count(*) FILTER (before) AS n0,
        coalesce(sum(y_before) FILTER (before), 0)::BIGINT AS y0, coalesce(sum(v_before) FILTER (before), 0)::BIGINT AS v0,
        CASE WHEN count(x) FILTER (before) = count(*) FILTER (before) THEN sum(x) FILTER (before)::BIGINT END AS x0
    FROM sliced GROUP BY ALL
), unit_sum AS ( -- what a unit gives now, and what it gave; with its covariate where that is known of all its entries
    SELECT journey, goal, horizon_us, kind, slice, stratum, side, 1 AS times, n, y, v, x FROM summed WHERE (n, y, v, x) IS DISTINCT FROM (n0, y0, v0, x0)
    UNION ALL
    SELECT journey, goal, horizon_us, kind, slice, stratum, side, -1, n0, y0, v0, x0 FROM summed
    WHERE n0 > 0 AND (n, y, v, x) IS DISTINCT FROM (n0, y0, v0, x0)
), happened AS (
    SELECT version_no, goal_no, horizon_us, 'all' AS kind, '' AS slice, stratum, side, x, v, before AND y0 = 1 AS y0, CASE WHEN before THEN v0 ELSE 0 END AS v0
    FROM reached
    UNION ALL
    SELECT r.version_no, r.goal_no, r.horizon_us, l.kind, l.slice, r.stratum, r.side, r.x, r.v, r.before AND l.since < $run_no AND r.y0 = 1,
        CASE WHEN r.before AND l.since < $run_no THEN r.v0 ELSE 0 END
    FROM reached AS r JOIN slice AS l USING (entry_id)
), lone_sum AS (
    SELECT c.version_no, h.goal_no, h.horizon_us, c.kind, c.slice, c.stratum, c.adjusted, c.side, sum(c.n) AS n, 0 AS y, 0 AS v, 0 AS v2,
        coalesce(sum(c.x) FILTER (c.adjusted), 0) AS x, coalesce(sum(c.x2) FILTER (c.adjusted), 0) AS x2, 0 AS xy, 0 AS xv
    FROM counted AS c JOIN tonglu.horizon AS h ON h.version_no = c.version_no AND (c.goal_no IS NULL OR h.goal_no = c.goal_no)
    WHERE c.assigned_at + to_microseconds(h.horizon_us) <= $as_of
      AND ($anew OR c.fresh OR c.assigned_at + to_microseconds(h.horizon_us) > $previous_as_of)
    GROUP BY ALL
    UNION ALL
    SELECT version_no, goal_no, horizon_us, kind, slice, stratum, x IS NOT NULL, side, 0, count(*) FILTER (NOT y0), sum(v - v0),
        sum(v::HUGEINT * v - v0::HUGEINT * v0), 0, 0, coalesce(sum(x) FILTER (NOT y0), 0), coalesce(sum(x::HUGEINT * (v - v0)), 0)
    FROM happened WHERE NOT y0 OR v <> v0
    GROUP BY ALL
)
SELECT $run_no, journey, goal, horizon_us, kind, slice, stratum, x IS NOT NULL, side, sum(times), sum(times * n), sum(times * n::HUGEINT * n),
    sum(times * y), sum(times * y::HUGEINT * y), sum(times * n::HUGEINT * y), sum(times * v), sum(times * v::HUGEINT * v),
    sum(times * n::HUGEINT * v), coalesce(sum(times * x), 0), coalesce(sum(times * x::HUGEINT * x), 0), coalesce(sum(times * n::HUGEINT * x), 0),
    coalesce(sum(times * x::HUGEINT * y), 0), coalesce(sum(times * x::HUGEINT * v), 0)
FROM unit_sum
GROUP BY ALL
UNION ALL
SELECT $run_no, r.journey, g.goal, l.horizon_us, l.kind, l.slice, l.stratum, l.adjusted, l.side, sum(l.n), sum(l.n), sum(l.n), sum(l.y), sum(l.y), sum(l.y),
    sum(l.v), sum(l.v2), sum(l.v), sum(l.x), sum(l.x2), sum(l.x), sum(l.xy), sum(l.xv)
FROM lone_sum AS l JOIN tonglu.goal AS g USING (version_no, goal_no) JOIN tonglu.version AS r USING (version_no)
GROUP BY ALL
ORDER BY ALL;
