-- segment: payroll_new
-- title: 代发新客 / New payroll customers
-- owner: retail-payroll
-- grain: customer
--
-- The first salary came within the last 90 days and there was none in the 12 months before. A credit labelled 工资 is a salary at
-- once; an unlabelled one counts when payroll_detected has found it, from the payer that pays most often (7 months are looked at).
WITH labelled AS (
  SELECT t.customer_id, min(t.occurred_at) AS first_at
  FROM transactions AS t
  WHERE t.occurred_at > as_of_date() - INTERVAL 15 MONTH AND t.direction = 'in' AND t.code = '工资'
  GROUP BY t.customer_id
),
unlabelled AS (
  SELECT t.customer_id, t.counterparty_id, count(*) AS n, min(t.occurred_at) AS first_at
  FROM transactions AS t
  SEMI JOIN segment.payroll_detected AS d ON d.customer_id = t.customer_id
  ANTI JOIN labelled AS l ON l.customer_id = t.customer_id
  WHERE t.occurred_at > as_of_date() - INTERVAL 7 MONTH
    AND t.direction = 'in'
    AND t.counterparty_kind IN ('employer', 'person')
    AND t.code = '转账'
  GROUP BY t.customer_id, t.counterparty_id
)
SELECT l.customer_id
FROM labelled AS l
WHERE l.first_at > as_of_date() - INTERVAL 90 DAY
UNION ALL
SELECT u.customer_id
FROM unlabelled AS u
GROUP BY u.customer_id
HAVING arg_max(u.first_at, (u.n, u.first_at)) > as_of_date() - INTERVAL 90 DAY
