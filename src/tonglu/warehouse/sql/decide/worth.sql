-- P x V of every touch of this run, before context and levers: what was learned, else the version's prior and its first goal's value.
CREATE OR REPLACE TEMP TABLE worth AS
WITH learned AS (
    SELECT journey, step, arg_max(p, run_no) AS p, arg_max(v, run_no) AS v, arg_max(source, run_no) AS source FROM tonglu.learned_value
    WHERE run_no < $run_no GROUP BY journey, step
), touching AS (
    SELECT s.journey, s.step_key, s.step, t.topic, coalesce(l.p, n.prior) AS p, coalesce(l.v, n.value) AS v, coalesce(l.source, 'prior') AS source
    FROM tonglu.step AS s JOIN version_now AS n USING (version_no)
    LEFT JOIN learned AS l ON l.journey = s.journey AND l.step = s.step
    LEFT JOIN tonglu.topic AS t ON t.version_no = s.version_no AND t.message = s.message
    WHERE s.message IS NOT NULL
)
SELECT *, CAST(least(p * CAST(v AS DECIMAL(18, 0)) * CAST(0.01 AS DECIMAL(3, 2)), 999999999999.999999) AS DECIMAL(18, 6)) AS base FROM touching;
