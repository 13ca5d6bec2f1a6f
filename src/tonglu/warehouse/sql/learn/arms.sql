-- What each arm has shown: treated exposures inside the goal's window, once it has passed, and how many of those entries converted on
-- the first goal after they were shown the arm.
WITH shown AS (
    SELECT x.journey, x.step, x.arm, count(*) AS n,
        count(*) FILTER (WHERE EXISTS (SELECT 1 FROM tonglu.conversion AS c
            WHERE c.entry_id = x.entry_id AND c.goal_no = 0 AND c.occurred_at > x.exposed_at)) AS conversions
    FROM tonglu.exposure AS x
    JOIN tonglu.entry AS e USING (entry_id)
    JOIN tonglu.goal AS g ON g.version_no = e.version_no AND g.goal_no = 0
    WHERE e.assignment = 'treated' AND e.assigned_at + to_microseconds(g.window_us) <= $as_of
      AND x.exposed_at < e.assigned_at + to_microseconds(g.window_us)
    GROUP BY ALL
)
SELECT a.version_no, s.journey, a.step_key, s.step, a.arm_no, a.arm, coalesce(w.n, 0), coalesce(w.conversions, 0)
FROM tonglu.arm AS a
JOIN tonglu.step AS s USING (step_key)
JOIN journey_now AS j ON j.version_no = a.version_no
LEFT JOIN shown AS w ON w.journey = s.journey AND w.step = s.step AND w.arm = a.arm
WHERE a.learn = 'thompson'
ORDER BY s.journey, s.step, a.arm_no;
