-- The steps of a journey whose arms have shown something, each with its goals; what the journey is judged by comes first.
SELECT o.step, o.goal, bool_or(coalesce(g.role, '') = 'primary') AS judged
FROM engine.arm_outcome AS o LEFT JOIN engine.version AS v ON v.journey = o.journey
LEFT JOIN engine.goal AS g ON g.version_no = v.version_no AND g.goal = o.goal
WHERE o.journey = $journey GROUP BY o.step, o.goal ORDER BY o.step, judged DESC, o.goal;
