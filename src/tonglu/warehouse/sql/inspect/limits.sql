-- Each limit in the last run that anybody competed in, or in a given one, period by period.
SELECT l.* FROM limits AS l
WHERE l.run_no = coalesce($run_no, (SELECT max(run_no) FROM limits)) ORDER BY l.gate DESC, l.limit_name, l.unit, l.starts;
