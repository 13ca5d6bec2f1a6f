-- risk: password_then_limit
-- dimension: operation
-- title: 重置密码后调高限额 / Password reset, then a higher limit
-- owner: risk
-- action: alert
-- hours: 72
-- mode: live
-- list: risk_alerts
--
-- [D] A reset password and a raised limit one after the other.
SELECT r.customer_id, r.raised_at AS since, r.cleared_at AS until
FROM risk_alerts AS r
WHERE r.dimension = 'operation' AND r.rule = 'password_then_limit'
