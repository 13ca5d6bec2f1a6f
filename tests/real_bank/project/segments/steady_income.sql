-- segment: steady_income
-- title: 稳定进账客户 / Customers with a steady monthly income
-- owner: retail-analytics
-- grain: customer
--
-- Found by its shape alone: transfers from one account at another bank in at least 3 different months of the last 6, amounts with
-- a coefficient of variation below 0.5, all within 3 days of their usual day, the last in the past 45 days. No label is read,
-- so pensions and salaries are both here.
WITH credits AS (
  SELECT t.customer_id, t.counterparty_id AS payer_id, CAST(t.amount AS HUGEINT) AS amount, CAST(t.occurred_at AS DATE) AS paid_on
  FROM transactions AS t
  WHERE t.occurred_at > as_of() - INTERVAL 6 MONTH
    AND t.occurred_at <= as_of()
    AND t.direction = 'in'
    AND t.operation = 'PREVOD Z UCTU'
    AND t.counterparty_id IS NOT NULL
),
sums AS (
  SELECT
    c.customer_id,
    c.payer_id,
    count(*) AS n,
    sum(c.amount) AS total,
    sum(c.amount * c.amount) AS squares,
    max(c.paid_on) AS last_on,
    bit_count(bit_or(1 << month(c.paid_on))) AS months,
    sum(CAST(1e6 * sin(day(c.paid_on) * 2 * pi() / 30.44) AS INTEGER)) AS up, -- whole numbers: their sum has no order
    sum(CAST(1e6 * cos(day(c.paid_on) * 2 * pi() / 30.44) AS INTEGER)) AS along
  FROM credits AS c
  GROUP BY c.customer_id, c.payer_id
),
payers AS (
  SELECT s.customer_id, s.payer_id, s.n, atan2(s.up, s.along) * 30.44 / (2 * pi()) AS usual_day
  FROM sums AS s
  WHERE s.months >= 3
    AND s.last_on >= as_of_date() - 45
    AND 4 * s.n * s.squares < 5 * s.total * s.total
)
SELECT c.customer_id
FROM credits AS c
JOIN payers AS p ON p.customer_id = c.customer_id AND p.payer_id = c.payer_id
GROUP BY c.customer_id
HAVING max(abs(day(c.paid_on) - p.usual_day - 30.44 * round((day(c.paid_on) - p.usual_day) / 30.44))) <= 3.5
