-- The batches of a run as they are handed over: touches of one bulk channel, journey and product that open at one instant by the same
-- hours, so that the switch of the journey or the product holds the whole batch. One touch that heeds quiet hours makes its batch heed them.
SELECT batch_id, channel, CASE WHEN min(journey) = max(journey) THEN min(journey) ELSE '' END AS journey, max(not_before), max(expires_at),
    count(*), bool_or(heeds_hours), coalesce(min(topic), ''), CASE WHEN min(purpose) = max(purpose) THEN min(purpose) ELSE 'marketing' END,
    coalesce(min(segment), '')
FROM outgoing WHERE batch_id IS NOT NULL GROUP BY batch_id, channel ORDER BY batch_id;
