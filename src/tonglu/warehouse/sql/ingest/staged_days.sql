SELECT day, sum(rows)::BIGINT
FROM tonglu.staged_file
WHERE source_table = $source_table AND day IS NOT NULL
GROUP BY day
ORDER BY day;
