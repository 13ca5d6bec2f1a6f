-- risk: in_and_out
-- dimension: transaction
-- title: 快进快出 / In and out within the hour
-- owner: risk
-- action: hold
-- hours: 72
-- mode: live
-- list: risk_alerts
--
-- [D] Money that leaves within an hour of its arrival.
SELECT r.customer_id, r.raised_at AS since, r.cleared_at AS until
FROM risk_alerts AS r
WHERE r.dimension = 'transaction' AND r.rule = 'in_and_out'
