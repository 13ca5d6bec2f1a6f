SELECT source_table, path, max_by(size, run_no), max_by(mtime_ns, run_no), max_by(sha256, run_no)
FROM tonglu.ingested_file
WHERE sha256 IS NOT NULL
GROUP BY source_table, path;
