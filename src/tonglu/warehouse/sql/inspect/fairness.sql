-- How groups were treated by each journey, up to the last run that counted it.
SELECT journey, by_column, group_name, entered, touched, offered FROM engine.fairness
WHERE run_no = (SELECT max(run_no) FROM engine.run) AND ($journey IS NULL OR journey = $journey)
ORDER BY journey, by_column, group_name;
