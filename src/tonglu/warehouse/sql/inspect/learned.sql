-- What was learned of every arm, as of the last run; by stratum where the experiment learns by them (empty: everybody).
SELECT journey, "step", stratum, arm, n, conversions, p_best, propensity, expected_loss, p_value, standing FROM learned
WHERE run_no = (SELECT max(run_no) FROM runs) AND ($journey IS NULL OR journey = $journey) ORDER BY journey, "step", stratum, arm;
