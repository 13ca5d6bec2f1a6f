-- The touches that a run decided, and those of them that are ready to be handed over: the same, or something was lost on the way.
SELECT (SELECT count(*) FROM tonglu.touch WHERE run_no = $run_no), (SELECT count(*) FROM outgoing), (SELECT count(DISTINCT touch_key) FROM outgoing);
