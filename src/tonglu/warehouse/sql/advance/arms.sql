-- The arms of this run with their cumulative propensities: what was learned last, until then the written weights.
CREATE OR REPLACE TEMP TABLE arm_share AS
WITH newest AS (
    SELECT journey, step, arm, propensity FROM tonglu.learned
    WHERE run_no = (SELECT max(run_no) FROM tonglu.learned)
), given AS (
    SELECT a.version_no, a.step_key, a.arm_no, a.arm, a.to_key, s.journey, s.step, -- learned shares count only where every arm of the step has one: an arm that was added starts all of them at their weights
        CASE WHEN count(n.propensity) OVER arms = count(*) OVER arms AND abs(sum(n.propensity) OVER arms - 1) < 1e-6
             THEN n.propensity ELSE a.weight END AS propensity
    FROM tonglu.arm AS a JOIN tonglu.step AS s USING (step_key)
    LEFT JOIN newest AS n ON a.learn <> 'fixed' AND n.journey = s.journey AND n.step = s.step AND n.arm = a.arm
    WINDOW arms AS (PARTITION BY a.step_key)
)
SELECT version_no, step_key, arm_no, arm, to_key, propensity,
    sum(propensity) OVER written - propensity AS low,
    CASE WHEN arm_no = max(arm_no) OVER (PARTITION BY step_key) THEN 1.0 ELSE sum(propensity) OVER written END AS high
FROM given
WINDOW written AS (PARTITION BY step_key ORDER BY arm_no);
