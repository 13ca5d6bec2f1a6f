-- segment: payroll_new
-- title: 代发新客 / New payroll customers
-- owner: retail-payroll
-- grain: customer
--
-- The first salary came within the last 90 days and there was none in the 12 months before. A single credit is a salary
-- when the payer has an agreement or the entry says 工资; without either it counts once payroll_detected has found it.
WITH credits AS (
  SELECT
    t.customer_id,
    min(t.occurred_at) AS first_at,
    count_if(t.code = '工资' OR t.counterparty_id IN (
      SELECT a.employer_id
      FROM agreements AS a
      WHERE a.signed_on <= as_of_date() AND (a.ended_on IS NULL OR a.ended_on > as_of_date())
    )) AS named
  FROM transactions AS t
  WHERE t.occurred_at > as_of() - INTERVAL 15 MONTH
    AND t.occurred_at <= as_of()
    AND t.direction = 'in'
    AND t.counterparty_kind = 'employer'
    AND t.code NOT IN ('报销', '奖金')
  GROUP BY t.customer_id
)
SELECT c.customer_id
FROM credits AS c
WHERE c.first_at > as_of() - INTERVAL 90 DAY
  AND (c.named > 0 OR c.customer_id IN (SELECT d.customer_id FROM segment.payroll_detected AS d))
