-- From how many exposures each run had learned of an experiment.
SELECT run_no, sum(n)::BIGINT AS n FROM engine.learned WHERE journey = $journey AND step = $step AND stratum = '' GROUP BY run_no ORDER BY run_no;
