-- The batches of a run: touches of one bulk channel that open at one instant.
SELECT batch_id, channel, min(not_before), max(expires_at), count(*) FROM tonglu.touch
WHERE run_no = $run_no AND batch_id IS NOT NULL GROUP BY batch_id, channel ORDER BY batch_id;
