-- segment: salary_day
-- title: 工资到账日 / Pay-day
-- owner: retail-payroll
-- grain: customer
--
-- A credit of the last 36 hours to somebody whose income looks like a salary.
SELECT DISTINCT t.customer_id
FROM transactions AS t
SEMI JOIN segment.salary_detected AS s ON s.customer_id = t.customer_id
WHERE t.occurred_at > as_of() - INTERVAL 36 HOUR
  AND t.occurred_at <= as_of()
  AND t.direction = 'in'
  AND t.operation = 'PREVOD Z UCTU'
