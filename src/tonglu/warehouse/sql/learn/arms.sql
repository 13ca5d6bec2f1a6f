-- What each arm has shown by batch and goal, and the controls who came to the step.
SELECT s.journey, s.step, o.side = 'treated', o.stratum, o.goal, o.batch, o.arm, any_value(o.propensity), sum(o.n)::BIGINT, sum(o.y)::BIGINT, sum(o.v)::HUGEINT,
    sum(o.v2)::HUGEINT, any_value(epoch_us($as_of) - epoch_us(r.as_of)) / 86400000000
FROM tonglu.arm_outcome AS o
JOIN (SELECT DISTINCT s.journey, s.step FROM tonglu.arm AS a JOIN tonglu.step AS s USING (step_key) JOIN journey_now AS j ON j.version_no = a.version_no) AS s ON s.journey = o.journey AND s.step = o.step
JOIN (SELECT run_no, as_of FROM tonglu.run UNION ALL SELECT $run_no, $as_of) AS r ON r.run_no = o.batch
GROUP BY ALL HAVING sum(o.n) > 0 ORDER BY ALL;
