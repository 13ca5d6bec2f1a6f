-- All marketing together: customers whose time since their first marketing entry has passed, those whom nothing touches beside the others;
-- what they did of anything that is a journey's goal, whether or not an entry's window was open.
CREATE OR REPLACE TEMP TABLE together_now AS
WITH due AS (
    SELECT customer_id, side, assigned_at, NOT $anew AND assigned_at + to_microseconds($within_us) <= $previous_as_of AS before
    FROM tonglu.first_entry
    WHERE assigned_at + to_microseconds($within_us) <= $as_of
      AND ($anew OR assigned_at + to_microseconds($within_us) > $previous_as_of
           OR customer_id IN (SELECT customer_id FROM tonglu.goal_event WHERE run_no = $run_no))
)
SELECT d.customer_id, d.side, d.before, (count(g.event_id) > 0)::TINYINT AS y, coalesce(sum(g.value), 0)::BIGINT AS v,
    (d.before AND count(g.event_id) FILTER (g.run_no < $run_no) > 0)::TINYINT AS y0,
    CASE WHEN d.before THEN coalesce(sum(g.value) FILTER (g.run_no < $run_no), 0) ELSE 0 END::BIGINT AS v0
FROM due AS d
LEFT JOIN tonglu.goal_event AS g
    ON g.customer_id = d.customer_id AND g.occurred_at > d.assigned_at AND g.occurred_at <= d.assigned_at + to_microseconds($within_us)
GROUP BY d.customer_id, d.side, d.before;
INSERT INTO tonglu.measured
SELECT $run_no, '', '', horizon_us, kind, slice, stratum, adjusted, side, -sum(clusters), -sum(n), -sum(n2), -sum(y), -sum(y2), -sum(ny), -sum(v),
    -sum(v2), -sum(nv), 0, 0, 0, 0, 0
FROM tonglu.measured WHERE $anew AND kind = 'together'
GROUP BY ALL;
INSERT INTO tonglu.measured
SELECT $run_no, '', '', $within_us, 'together', '', '', FALSE, side, count(*) FILTER (NOT before), count(*) FILTER (NOT before),
    count(*) FILTER (NOT before), sum(y - y0), sum(y - y0), sum(y - y0),
    sum(v - v0), sum(v::HUGEINT * v - v0::HUGEINT * v0), sum(v - v0), 0, 0, 0, 0, 0
FROM together_now GROUP BY side ORDER BY side;
