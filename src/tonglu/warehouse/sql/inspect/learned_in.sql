-- What one run had learned of the arms of an experiment, by stratum (empty: everybody).
SELECT stratum, arm, p_best, propensity FROM engine.learned
WHERE journey = $journey AND step = $step AND run_no = $run_no ORDER BY stratum, arm_no;
