-- risk: new_device
-- dimension: device
-- title: 新设备登录 / A new device
-- owner: risk
-- action: hold
-- hours: 48
-- mode: live
-- list: risk_alerts
--
-- [D] A device that the customer never used. What devices tell serves the fight against fraud alone (反电信网络诈骗法 art. 18 [V]).
SELECT r.customer_id, r.raised_at AS since, r.cleared_at AS until
FROM risk_alerts AS r
WHERE r.dimension = 'device' AND r.rule = 'new_device'
