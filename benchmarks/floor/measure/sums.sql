-- The sums of two goals over entries whose window has passed, all of them and by arm, channel and who would be touched: a plain GROUP BY.
-- Written by hand for a journey each customer enters once, and for one (the fourth) that some enter twice.
CREATE OR REPLACE TEMP TABLE floor_row AS
WITH reached AS (
    SELECT entry_id, sum(value) FILTER (goal_no = 0)::BIGINT AS v0, sum(value) FILTER (goal_no = 1)::BIGINT AS v1 FROM tonglu.conversion GROUP BY entry_id
)
SELECT e.journey, e.customer_id, e.assignment AS side, e.assigned_at + INTERVAL 7 DAY <= $as_of AS due0, e.assigned_at + INTERVAL 3 DAY <= $as_of AS due1,
    r.v0 IS NOT NULL AS y0, r.v1 IS NOT NULL AS y1, coalesce(r.v0, 0) AS v0, coalesce(r.v1, 0) AS v1, coalesce(b.stratum, '') AS stratum, b.adjust[1] AS x,
    x.arm, f.would_send, f.channel
FROM tonglu.entry AS e LEFT JOIN reached AS r USING (entry_id) LEFT JOIN tonglu.baseline AS b USING (entry_id)
LEFT JOIN tonglu.exposure AS x USING (entry_id) LEFT JOIN tonglu.first_decision AS f USING (entry_id);
CREATE OR REPLACE TEMP TABLE floor_slice AS
WITH sliced AS (
    SELECT 'all' AS kind, '' AS slice, * FROM floor_row
    UNION ALL SELECT 'arm', CASE side WHEN 'treated' THEN 'offer/' || arm ELSE 'offer/' END, * FROM floor_row
    UNION ALL SELECT 'touched', '', * FROM floor_row WHERE would_send
    UNION ALL SELECT 'channel', channel, * FROM floor_row WHERE would_send
)
SELECT * FROM sliced;
CREATE OR REPLACE TEMP TABLE floor_sums AS
WITH one AS (
    SELECT journey, 'paid' AS goal, kind, slice, stratum, x IS NOT NULL AS adjusted, side, count(*) AS clusters, count(*) AS n, count(*) AS n2,
        sum(y0::INTEGER) AS y, sum(y0::INTEGER) AS y2, sum(y0::INTEGER) AS ny, sum(v0) AS v, sum(v0 * v0) AS v2, sum(v0) AS nv,
        coalesce(sum(x), 0) AS x, coalesce(sum(x * x), 0) AS x2, coalesce(sum(x), 0) AS nx, coalesce(sum(x) FILTER (y0), 0) AS xy, coalesce(sum(x * v0), 0) AS xv
    FROM floor_slice WHERE due0 AND journey <> 'journey 4' GROUP BY ALL
    UNION ALL
    SELECT journey, 'visited', kind, slice, stratum, FALSE, side, count(*), count(*), count(*), sum(y1::INTEGER), sum(y1::INTEGER), sum(y1::INTEGER),
        sum(v1), sum(v1 * v1), sum(v1), 0, 0, 0, 0, 0
    FROM floor_slice WHERE due1 AND journey <> 'journey 4' GROUP BY ALL
), unit AS (
    SELECT kind, slice, side, customer_id, 'paid' AS goal, count(*) AS n, sum(y0::INTEGER) AS y, sum(v0) AS v
    FROM floor_slice WHERE due0 AND journey = 'journey 4' GROUP BY ALL
    UNION ALL
    SELECT kind, slice, side, customer_id, 'visited', count(*), sum(y1::INTEGER), sum(v1)
    FROM floor_slice WHERE due1 AND journey = 'journey 4' GROUP BY ALL
)
SELECT * FROM one
UNION ALL
SELECT 'journey 4', goal, kind, slice, '', FALSE, side, count(*), sum(n), sum(n * n), sum(y), sum(y * y), sum(n * y), sum(v), sum(v * v), sum(n * v), 0, 0, 0, 0, 0
FROM unit GROUP BY ALL;
