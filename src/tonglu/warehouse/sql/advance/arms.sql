-- The arms of this run with their cumulative propensities: what was learned last, until then the written weights. The stratum '' is for
-- everybody; a step that learns by strata has shares of its own for each stratum of which something was learned.
CREATE OR REPLACE TEMP TABLE arm_share AS
WITH newest AS (
    SELECT journey, step, stratum, arm, propensity FROM tonglu.learned
    WHERE run_no = (SELECT max(run_no) FROM tonglu.learned)
), wanted AS (
    SELECT a.*, s.journey, s.step, n.stratum
    FROM tonglu.arm AS a JOIN tonglu.step AS s USING (step_key)
    JOIN (SELECT DISTINCT journey, step, stratum FROM newest) AS n ON n.journey = s.journey AND n.step = s.step
    WHERE a.by_stratum AND a.learn <> 'fixed' AND n.stratum <> ''
    UNION ALL
    SELECT a.*, s.journey, s.step, '' FROM tonglu.arm AS a JOIN tonglu.step AS s USING (step_key)
), given AS (
    SELECT w.version_no, w.step_key, w.stratum, w.arm_no, w.arm, w.to_key, -- learned shares count only where every arm of the step has one: an arm that was added starts all of them at their weights
        CASE WHEN count(n.propensity) OVER arms = count(*) OVER arms AND abs(sum(n.propensity) OVER arms - 1) < 1e-6
             THEN n.propensity ELSE w.weight END AS propensity
    FROM wanted AS w
    LEFT JOIN newest AS n ON w.learn <> 'fixed' AND n.journey = w.journey AND n.step = w.step AND n.stratum = w.stratum AND n.arm = w.arm
    WINDOW arms AS (PARTITION BY w.step_key, w.stratum)
)
SELECT version_no, step_key, stratum, arm_no, arm, to_key, propensity,
    sum(propensity) OVER written - propensity AS low,
    CASE WHEN arm_no = max(arm_no) OVER (PARTITION BY step_key, stratum) THEN 1.0 ELSE sum(propensity) OVER written END AS high
FROM given
WINDOW written AS (PARTITION BY step_key, stratum ORDER BY arm_no);
CREATE OR REPLACE TEMP TABLE arm_stratum AS SELECT DISTINCT step_key, stratum FROM arm_share WHERE stratum <> '';
