-- segment: pension_labelled
-- title: 标注养老金客户 / Pensioners by the bank's label
-- owner: retail-analytics
-- grain: customer
--
-- The bank itself calls a credit of the last 45 days a pension (DUCHOD). The yardstick for pension_detected.
SELECT DISTINCT t.customer_id
FROM transactions AS t
WHERE t.occurred_at > as_of() - INTERVAL 45 DAY AND t.occurred_at <= as_of() AND t.direction = 'in' AND t.code = 'DUCHOD'
