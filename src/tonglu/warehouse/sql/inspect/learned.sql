-- What was learned of every arm, as of the last run.
SELECT journey, "step", arm, n, conversions, p_best, propensity FROM learned
WHERE run_no = (SELECT max(run_no) FROM runs) ORDER BY journey, "step", arm;
