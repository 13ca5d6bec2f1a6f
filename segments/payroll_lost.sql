-- segment: payroll_lost
-- title: 代发流失客户 / Lost payroll customers
-- owner: retail-payroll
-- grain: customer
--
-- Paid here in at least 3 different months of the last 7, and nothing for more than 45 days, by any employer: who changes
-- jobs and is still paid here is not lost.
SELECT t.customer_id
FROM transactions AS t
WHERE t.occurred_at > as_of() - INTERVAL 7 MONTH
  AND t.occurred_at <= as_of()
  AND t.direction = 'in'
  AND t.counterparty_kind = 'employer'
  AND t.code NOT IN ('报销', '奖金')
GROUP BY t.customer_id
HAVING max(t.occurred_at) <= as_of() - INTERVAL 45 DAY
  AND bit_count(bit_or(1 << month(t.occurred_at + INTERVAL 8 HOUR))) >= 3 -- a set of months, in bits
