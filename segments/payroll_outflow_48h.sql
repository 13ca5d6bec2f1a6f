-- segment: payroll_outflow_48h
-- title: 代发资金48小时流出 / Salary that left within 48 hours
-- owner: retail-payroll
-- grain: customer
--
-- A salary of the last 3 days of which more than 70 % went, within 48 hours of coming, to the customer's own account at
-- another bank or to a wallet: the two ways out that a bank can win back. Card repayment and mortgage are not counted. A salary
-- is a credit labelled 工资, or an unlabelled one of an employer to somebody whom payroll_detected has found.
WITH recent AS (
  SELECT t.customer_id, t.occurred_at, t.direction, t.counterparty_kind, t.code, t.amount
  FROM transactions AS t
  WHERE t.occurred_at > as_of() - INTERVAL 3 DAY
    AND t.occurred_at <= as_of()
    AND (
      (
        t.direction = 'in'
        AND t.counterparty_kind = 'employer'
        AND (t.code = '工资' OR (t.code = '转账' AND t.customer_id IN (SELECT d.customer_id FROM segment.payroll_detected AS d)))
      )
      OR (t.direction = 'out' AND t.counterparty_kind IN ('own_account', 'wallet'))
    )
),
salaries AS (
  SELECT r.customer_id, min(r.occurred_at) AS paid_at, sum(r.amount) AS amount
  FROM recent AS r
  WHERE r.direction = 'in'
  GROUP BY r.customer_id
)
SELECT s.customer_id
FROM salaries AS s
JOIN recent AS o ON o.customer_id = s.customer_id
  AND o.direction = 'out'
  AND o.occurred_at > s.paid_at
  AND o.occurred_at <= s.paid_at + INTERVAL 48 HOUR
GROUP BY s.customer_id
HAVING sum(o.amount) > 0.7 * max(s.amount)
