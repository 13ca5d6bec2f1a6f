-- A customer's touches, and the run from which each no longer counts against a cap.
SELECT t.touch_key, t.run_no, t.journey, t.step, t.purpose, t.channel, t.not_before, d.freed_run, k.topic
FROM engine.touch AS t
LEFT JOIN engine.topic AS k ON k.version_no = t.version_no AND k.message = t.message
LEFT JOIN (
    SELECT touch_key, min(run_no) AS freed_run FROM engine.delivery WHERE state IN ('cancelled', 'expired') GROUP BY touch_key
) AS d USING (touch_key)
WHERE t.customer_id = $customer_id ORDER BY t.not_before, t.touch_key;
