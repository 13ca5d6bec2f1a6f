-- The batches of a run as they are handed over: touches of one bulk channel that open at one instant; with their journey, where they
-- have one in common, so that its switch holds the whole batch. One touch that heeds quiet hours makes its batch heed them.
SELECT batch_id, channel, CASE WHEN min(journey) = max(journey) THEN min(journey) ELSE '' END AS journey, max(not_before), max(expires_at),
    count(*), bool_or(heeds_hours)
FROM outgoing WHERE batch_id IS NOT NULL GROUP BY batch_id, channel ORDER BY batch_id;
