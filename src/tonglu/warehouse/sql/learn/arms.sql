-- What each arm has shown: treated exposures whose goal window has passed, and how many of those entries converted on the first goal.
WITH reached AS (
    SELECT DISTINCT entry_id FROM tonglu.conversion WHERE goal_no = 0
), shown AS (
    SELECT x.journey, x.step, x.arm, count(*) AS n, count(r.entry_id) AS conversions
    FROM tonglu.exposure AS x
    JOIN tonglu.entry AS e USING (entry_id)
    JOIN tonglu.goal AS g ON g.version_no = e.version_no AND g.goal_no = 0
    LEFT JOIN reached AS r USING (entry_id)
    WHERE e.assignment = 'treated' AND e.assigned_at + to_microseconds(g.window_us) <= $as_of
    GROUP BY ALL
)
SELECT a.version_no, s.journey, a.step_key, s.step, a.arm_no, a.arm, coalesce(w.n, 0), coalesce(w.conversions, 0)
FROM tonglu.arm AS a
JOIN tonglu.step AS s USING (step_key)
JOIN journey_now AS j ON j.version_no = a.version_no
LEFT JOIN shown AS w ON w.journey = s.journey AND w.step = s.step AND w.arm = a.arm
WHERE a.learn = 'thompson'
ORDER BY s.journey, s.step, a.arm_no;
