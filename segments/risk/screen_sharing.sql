-- risk: screen_sharing
-- dimension: device
-- title: 屏幕共享 / Screen sharing
-- owner: risk
-- action: alert
-- hours: 48
-- mode: live
-- list: risk_alerts
--
-- [D] An application that shares the screen ran beside ours: somebody may be guiding the customer.
SELECT r.customer_id, r.raised_at AS since, r.cleared_at AS until
FROM risk_alerts AS r
WHERE r.dimension = 'device' AND r.rule = 'screen_sharing'
