-- segment: payroll_lost
-- title: 代发流失客户 / Lost payroll customers
-- owner: retail-payroll
-- grain: customer
--
-- Paid here by one employer in at least 3 different months of the last 7, and by nobody for more than 45 days: who changes jobs
-- and is still paid here is not lost. Unlabelled credits count as wages when their amounts are steady (CV below 0.5) and their
-- days lie close together (mean resultant length on the month's circle above 0.85, about 5 days either way). Sums are of whole
-- numbers, for the reason given in payroll_detected.
WITH payers AS (
  SELECT t.customer_id, max(t.occurred_at) AS last_at
  FROM transactions AS t
  ANTI JOIN segment.payroll AS s ON s.customer_id = t.customer_id
  WHERE t.occurred_at > as_of_date() - INTERVAL 7 MONTH
    AND t.direction = 'in'
    AND t.counterparty_kind = 'employer'
    AND t.code IN ('工资', '转账')
  GROUP BY t.customer_id, t.counterparty_id
  HAVING bit_count(bit_or(1 << month(t.occurred_at + INTERVAL 8 HOUR))) >= 3 -- a set of months, in bits
    AND (
      bool_and(t.code = '工资')
      OR (
        4 * count(*) * sum(CAST(t.amount AS HUGEINT) * t.amount) < 5 * sum(t.amount) * sum(t.amount)
        AND sum(CAST(1000 * cos(day(t.occurred_at + INTERVAL 8 HOUR) * 2 * pi() / 30.44) AS INTEGER)) ** 2
          + sum(CAST(1000 * sin(day(t.occurred_at + INTERVAL 8 HOUR) * 2 * pi() / 30.44) AS INTEGER)) ** 2 > (850 * count(*)) ** 2
      )
    )
)
SELECT p.customer_id
FROM payers AS p
GROUP BY p.customer_id
HAVING max(p.last_at) <= as_of_date() - INTERVAL 45 DAY
