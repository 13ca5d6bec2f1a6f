-- Touches that people work: to whom each was given when it was decided. What became of it is in tonglu.delivery, like of any other.
CREATE TABLE tonglu.work_item (run_no INTEGER, touch_key VARCHAR, entry_id BIGINT, customer_id BIGINT, journey VARCHAR, step VARCHAR,
    purpose VARCHAR, channel VARCHAR, branch_id INTEGER, employee_id BIGINT, not_before TIMESTAMP, expires_at TIMESTAMP);
-- What "reserved" means, for caps and capacities alike: a touch counts from the run that sent it until it is cancelled or expires. It
-- counts at `counts_at`: a touch that leaves by itself at the instant planned; one that people work at the latest instant at which it
-- may still be confirmed, and once it is settled at the instant of that.
CREATE VIEW tonglu.reserved_touch AS
SELECT t.touch_key, t.run_no, t.entry_id, t.customer_id, t.journey, t.step, t.purpose, t.channel, t.not_before, t.not_before AS counts_at,
    k.topic
FROM tonglu.touch AS t LEFT JOIN tonglu.topic AS k ON k.version_no = t.version_no AND k.message = t.message
WHERE t.batch_id IS NOT NULL -- of a bulk channel: no employee has it, and nobody need look
  AND NOT EXISTS (SELECT 1 FROM tonglu.delivery AS d WHERE d.touch_key = t.touch_key AND d.state IN ('cancelled', 'expired'))
UNION ALL
SELECT t.touch_key, t.run_no, t.entry_id, t.customer_id, t.journey, t.step, t.purpose, t.channel, t.not_before, t.not_before, k.topic
FROM tonglu.touch AS t LEFT JOIN tonglu.topic AS k ON k.version_no = t.version_no AND k.message = t.message
WHERE t.batch_id IS NULL AND NOT EXISTS (SELECT 1 FROM tonglu.work_item AS w WHERE w.touch_key = t.touch_key)
  AND NOT EXISTS (SELECT 1 FROM tonglu.delivery AS d WHERE d.touch_key = t.touch_key AND d.state IN ('cancelled', 'expired'))
UNION ALL
SELECT w.touch_key, w.run_no, w.entry_id, w.customer_id, w.journey, w.step, w.purpose, w.channel, w.not_before,
    coalesce(d.settled_at, w.expires_at) AS counts_at, k.topic
FROM tonglu.work_item AS w JOIN tonglu.touch AS t USING (touch_key)
LEFT JOIN tonglu.topic AS k ON k.version_no = t.version_no AND k.message = t.message
LEFT JOIN (
    SELECT touch_key, min(changed_at) FILTER (WHERE state IN ('delivered', 'failed', 'unknown')) AS settled_at,
        bool_or(state IN ('cancelled', 'expired')) AS freed
    FROM tonglu.delivery WHERE touch_key IN (SELECT touch_key FROM tonglu.work_item) GROUP BY touch_key
) AS d USING (touch_key)
WHERE NOT coalesce(d.freed, FALSE);
