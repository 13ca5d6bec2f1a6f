-- The last run, and how many there were.
SELECT max(run_no) AS run_no, max(as_of) AS as_of, count(*) AS runs FROM runs;
