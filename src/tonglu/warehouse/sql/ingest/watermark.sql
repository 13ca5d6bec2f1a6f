SELECT watermark
FROM tonglu.ingested_file
WHERE source_table = $source_table AND path = $path AND watermark IS NOT NULL
ORDER BY run_no DESC
LIMIT 1;
