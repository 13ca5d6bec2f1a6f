-- profile: customer
-- title: 客户画像 / Customer profile
-- owner: retail-analytics
-- grain: customer
--
-- One row per account owner. Money is haler (1/100 koruna).
WITH recent AS (
  SELECT
    t.customer_id,
    arg_max(t.balance_after, (t.occurred_at, t.transaction_id)) AS last_balance,
    max(t.occurred_at) AS last_movement_at,
    max(t.occurred_at) FILTER (WHERE t.operation = 'PREVOD Z UCTU') AS last_income_at,
    arg_max(t.amount, (t.occurred_at, t.transaction_id)) FILTER (WHERE t.operation = 'PREVOD Z UCTU') AS last_income_amount,
    count_if(t.code = 'SIPO') AS bills_90d
  FROM transactions AS t
  WHERE t.occurred_at > as_of() - INTERVAL 90 DAY AND t.occurred_at <= as_of()
  GROUP BY t.customer_id
)
SELECT
  c.customer_id,
  CAST(date_sub('year', c.birth_date, as_of_date()) AS INTEGER) AS age,
  c.sex,
  c.district,
  c.region,
  as_of_date() - c.opened_on AS tenure_days,
  r.last_balance,
  r.last_movement_at,
  r.last_income_at,
  r.last_income_amount,
  coalesce(r.bills_90d, 0) AS bills_90d,
  p.customer_id IS NOT NULL AS is_pensioner,
  s.customer_id IS NOT NULL AS has_salary
FROM customers AS c
LEFT JOIN recent AS r ON r.customer_id = c.customer_id
LEFT JOIN segment.pension_detected AS p ON p.customer_id = c.customer_id
LEFT JOIN segment.salary_detected AS s ON s.customer_id = c.customer_id
