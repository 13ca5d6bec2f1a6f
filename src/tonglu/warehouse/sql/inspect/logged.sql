-- What treated exposures of one experiment have shown of one goal, by the run that drew them, with the propensity by which they were drawn.
SELECT stratum, batch, arm, propensity, sum(n)::BIGINT AS n, sum(y)::BIGINT AS y, sum(v)::DOUBLE AS v, sum(v2)::DOUBLE AS v2
FROM engine.arm_outcome
WHERE journey = $journey AND step = $step AND goal = $goal AND side = 'treated'
GROUP BY ALL HAVING sum(n) > 0 ORDER BY ALL;
