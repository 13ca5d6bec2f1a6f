-- risk: dormant_woken
-- dimension: account
-- title: 睡眠户突然动账 / A dormant account woken
-- owner: risk
-- action: hold
-- hours: until cleared
-- mode: live
-- list: risk_alerts
--
-- [D] An account that slept and moves again may have changed hands.
SELECT r.customer_id, r.raised_at AS since, r.cleared_at AS until
FROM risk_alerts AS r
WHERE r.dimension = 'account' AND r.rule = 'dormant_woken'
