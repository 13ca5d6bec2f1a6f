-- How many are in a segment at the last run.
SELECT members FROM segment_size WHERE segment = $segment ORDER BY run_no DESC LIMIT 1;
