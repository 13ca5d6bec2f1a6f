INSERT INTO tonglu.ingested_file (source_table, path, size, mtime_ns, sha256, rows, day, watermark, run_no)
SELECT source_table, path, size, mtime_ns, sha256, rows, day, watermark, $run_no
FROM tonglu.staged_file;
DELETE FROM tonglu.staged_file;
