INSERT INTO tonglu.staged_file (source_table, path, size, mtime_ns, sha256, rows, day, watermark, run_no)
VALUES ($source_table, $path, $size, $mtime_ns, $sha256, $rows, $day, $watermark, $run_no);
