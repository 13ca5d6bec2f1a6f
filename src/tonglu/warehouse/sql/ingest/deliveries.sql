SELECT day, sum(rows)::BIGINT
FROM (
  SELECT day, path, max_by(rows, run_no) AS rows
  FROM tonglu.ingested_file
  WHERE source_table = $source_table AND day IS NOT NULL
  GROUP BY day, path
  UNION ALL
  SELECT day, path, rows
  FROM tonglu.staged_file
  WHERE source_table = $source_table AND day IS NOT NULL
    AND path NOT IN (SELECT path FROM tonglu.ingested_file WHERE source_table = $source_table)
) AS delivered
GROUP BY day
ORDER BY day;
