-- Touches that travel one by one.
SELECT touch_key, channel, journey, customer_id, not_before, expires_at, message, arm, version, address, variables, heeds_hours,
    heeds_opt_out, topic, branch, purpose, segment
FROM outgoing
WHERE batch_id IS NULL ORDER BY touch_key;
