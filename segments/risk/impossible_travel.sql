-- risk: impossible_travel
-- dimension: location
-- title: 异地登录 / Logins too far apart
-- owner: risk
-- action: hold
-- hours: 48
-- mode: live
-- list: risk_alerts
--
-- [D] Two logins farther apart than anybody travels in the time between. Places serve the fight against fraud alone (反电信网络诈骗法 art. 18 [V]).
SELECT r.customer_id, r.raised_at AS since, r.cleared_at AS until
FROM risk_alerts AS r
WHERE r.dimension = 'location' AND r.rule = 'impossible_travel'
