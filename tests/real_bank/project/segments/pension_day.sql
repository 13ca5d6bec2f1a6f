-- segment: pension_day
-- title: 养老金到账日 / Pension day
-- owner: retail-silver
-- grain: customer
--
-- A pension came in the last 36 hours: so labelled, or from outside to somebody found to be a pensioner.
SELECT DISTINCT t.customer_id
FROM transactions AS t
WHERE t.occurred_at > as_of() - INTERVAL 36 HOUR
  AND t.occurred_at <= as_of()
  AND t.direction = 'in'
  AND t.operation = 'PREVOD Z UCTU'
  AND (t.code = 'DUCHOD' OR t.customer_id IN (SELECT p.customer_id FROM segment.pension_detected AS p))
