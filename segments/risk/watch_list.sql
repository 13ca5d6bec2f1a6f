-- risk: watch_list
-- dimension: customer
-- title: 命中关注名单 / On a watch list
-- owner: risk
-- action: alert
-- hours: until cleared
-- mode: live
-- list: risk_alerts
--
-- [D] Police, money-laundering and victims' lists, as the risk system raised it. Nobody is touched until it is cleared.
SELECT r.customer_id, r.raised_at AS since, r.cleared_at AS until
FROM risk_alerts AS r
WHERE r.dimension = 'customer' AND r.rule = 'watch_list'
