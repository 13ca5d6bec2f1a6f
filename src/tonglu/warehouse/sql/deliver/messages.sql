SELECT DISTINCT t.version_no, t.message FROM tonglu.touch AS t WHERE t.run_no = $run_no ORDER BY ALL;
