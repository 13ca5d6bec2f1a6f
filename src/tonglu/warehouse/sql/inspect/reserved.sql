-- A customer's touches, when each counts against a cap, and from which run it no longer does. One that people work counts at its end until
-- a run knew that it was settled, then at the instant of that.
SELECT t.touch_key, t.run_no, t.journey, t.step, t.purpose, t.channel, t.not_before, d.freed_run, w.expires_at AS counts_until,
    CASE WHEN w.touch_key IS NOT NULL THEN d.settled_at END AS settled_at, d.settled_run, k.topic
FROM engine.touch AS t
LEFT JOIN engine.topic AS k ON k.version_no = t.version_no AND k.message = t.message
LEFT JOIN (SELECT touch_key, expires_at FROM engine.work_item WHERE customer_id = $customer_id) AS w USING (touch_key)
LEFT JOIN (
    SELECT touch_key, min(run_no) FILTER (WHERE state IN ('cancelled', 'expired')) AS freed_run,
        min(changed_at) FILTER (WHERE state IN ('delivered', 'failed', 'unknown')) AS settled_at,
        min(run_no) FILTER (WHERE state IN ('delivered', 'failed', 'unknown')) AS settled_run
    FROM engine.delivery WHERE touch_key IN (SELECT touch_key FROM engine.touch WHERE customer_id = $customer_id) GROUP BY touch_key
) AS d USING (touch_key)
WHERE t.customer_id = $customer_id ORDER BY t.not_before, t.touch_key;
