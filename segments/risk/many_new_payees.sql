-- risk: many_new_payees
-- dimension: transaction
-- title: 一日内多名新收款人 / Many new payees in a day
-- owner: risk
-- action: alert
-- hours: 72
-- mode: live
-- list: risk_alerts
--
-- [D] Five or more payees within 24 hours whom the customer never paid before: often somebody being defrauded right now.
SELECT r.customer_id, r.raised_at AS since, r.cleared_at AS until
FROM risk_alerts AS r
WHERE r.dimension = 'transaction' AND r.rule = 'many_new_payees'
