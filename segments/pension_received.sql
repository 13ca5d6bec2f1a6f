-- segment: pension_received
-- title: 养老金到账 / Pension received
-- owner: retail-silver
-- grain: customer
--
-- A pension was credited in the last 36 hours: a daily run sees each pension once, and one that is some hours late misses none.
SELECT DISTINCT t.customer_id
FROM transactions AS t
WHERE t.occurred_at > as_of() - INTERVAL 36 HOUR
  AND t.occurred_at <= as_of()
  AND t.direction = 'in'
  AND (t.counterparty_kind = 'pension_fund' OR t.code = '养老金')
