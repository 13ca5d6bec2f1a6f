-- Sufficient statistics per journey, goal and side, by intention to treat, over entries whose window has passed.
-- The unit is what was drawn: the customer, or the employer. Global controls are left out.
WITH reached AS (
    SELECT entry_id, goal_no, count(*) AS times, sum(value) AS value FROM tonglu.conversion GROUP BY ALL
), entry AS (
    SELECT e.journey, g.goal, e.unit, e.assignment,
        e.assigned_at + to_microseconds(g.window_us) <= $as_of AS matured,
        CASE WHEN r.times > 0 THEN 1 ELSE 0 END AS converted, coalesce(r.value, 0) AS value
    FROM tonglu.entry AS e
    JOIN tonglu.goal AS g USING (version_no)
    LEFT JOIN reached AS r ON r.entry_id = e.entry_id AND r.goal_no = g.goal_no
    WHERE e.assignment <> 'global_control'
), drawn AS (
    SELECT journey, goal, assignment, unit, count(*) AS assigned, count(*) FILTER (WHERE matured) AS n,
        coalesce(sum(converted) FILTER (WHERE matured), 0) AS y, coalesce(sum(value) FILTER (WHERE matured), 0) AS v
    FROM entry GROUP BY ALL
)
SELECT journey, goal, assignment, sum(assigned)::BIGINT, count(*) FILTER (WHERE n > 0), sum(n)::BIGINT, sum(n * n)::BIGINT, sum(y)::BIGINT, sum(y * y)::BIGINT,
    sum(n * y)::BIGINT, sum(v)::DOUBLE, sum(v * v::DOUBLE)::DOUBLE, sum(n * v)::DOUBLE
FROM drawn GROUP BY ALL ORDER BY ALL;
