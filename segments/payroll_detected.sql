-- segment: payroll_detected
-- title: 识别代发客户 / Payroll customers found without labels
-- owner: retail-payroll
-- grain: customer
--
-- Salary found by its shape, whatever the entry is called: one payer, at least 3 pay months of the last 6, amounts that vary
-- little (coefficient of variation below 0.5, the largest credit set aside as a bonus where that leaves 3), a pay-day that
-- stays within 3 days of its usual day, the last one in the past 45 days. The thresholds are the house definition of true
-- payroll. Neither the label 工资 nor an agreement is read. What a payer is not (a wallet, the customer's own account elsewhere)
-- is known from its account number; a person counts as an employer from 3 recipients on, so that rent and pocket money stay out.
-- Reimbursements go by their label, pensions by the age of those whom a payer pays.
--
-- Days of a month lie on a circle of 30.44 days, so that month ends and a pay-day moved before a holiday stay near each other;
-- a long holiday or a bonus may put one credit in three further away than 3 days. Sums are of whole numbers (sines in millionths),
-- because sums of fractions depend on the order in which threads add them, and a segment must not.
WITH credits AS (
  SELECT
    t.customer_id,
    t.counterparty_id AS payer_id,
    t.counterparty_kind = 'person' AS by_person,
    t.amount // 100 AS amount, -- whole yuan, so that squares stay in 64 bits
    CAST(t.occurred_at + INTERVAL 8 HOUR AS DATE) AS paid_on -- the bank's day: China has one zone and no summer time
  FROM transactions AS t
  WHERE t.occurred_at > as_of_date() - INTERVAL 6 MONTH
    AND t.direction = 'in'
    AND t.counterparty_kind IN ('employer', 'pension_fund', 'person')
    AND t.counterparty_id IS NOT NULL
    AND t.code <> '报销'
),
sums AS ( -- one row per customer and payer
  SELECT
    c.customer_id,
    c.payer_id,
    bool_or(c.by_person) AS by_person,
    count(*) AS n,
    sum(c.amount) AS total,
    sum(c.amount * c.amount) AS squares,
    max(c.amount) AS largest,
    max(c.paid_on) AS last_on,
    sum(CAST(1e6 * sin(day(c.paid_on) * 2 * pi() / 30.44) AS INTEGER)) AS up,
    sum(CAST(1e6 * cos(day(c.paid_on) * 2 * pi() / 30.44) AS INTEGER)) AS along
  FROM credits AS c
  GROUP BY c.customer_id, c.payer_id
  HAVING count(*) >= 3
),
payers AS ( -- ... whose amounts are steady: n * squares / total^2 = 1 + CV^2
  SELECT s.customer_id, s.payer_id, s.by_person, s.n, atan2(s.up, s.along) * 30.44 / (2 * pi()) AS usual_day
  FROM sums AS s
  WHERE s.last_on >= as_of_date() - 45
    AND (
      4 * s.n * s.squares < 5 * s.total * s.total
      OR (s.n > 3 AND 4 * (s.n - 1) * (s.squares - s.largest * s.largest) < 5 * (s.total - s.largest) * (s.total - s.largest))
    )
),
steady AS ( -- ... and whose days are
  SELECT c.customer_id, c.payer_id, bool_or(p.by_person) AS by_person
  FROM credits AS c
  JOIN payers AS p ON p.customer_id = c.customer_id AND p.payer_id = c.payer_id
  WHERE abs(day(c.paid_on) - p.usual_day - 30.44 * round((day(c.paid_on) - p.usual_day) / 30.44)) <= 3.5
  GROUP BY c.customer_id, c.payer_id
  -- a pay month reaches from the middle between two pay-days to the next, so that a 1st moved to the 30th keeps its month
  HAVING bit_count(bit_or(1 << month(c.paid_on + CAST(round(15 - p.usual_day) AS INTEGER)))) >= 3
    AND 3 * count(*) >= 2 * max(p.n)
),
aged AS (
  SELECT
    s.customer_id,
    s.payer_id,
    s.by_person,
    c.birth_date <= as_of_date() - INTERVAL 55 YEAR AS past_55,
    c.birth_date <= as_of_date() - INTERVAL 60 YEAR AS past_60
  FROM steady AS s
  JOIN customers AS c ON c.customer_id = s.customer_id
),
others AS ( -- pays pensions: to five or more, mostly of 55 and over; or pays one or two people privately
  SELECT a.payer_id
  FROM aged AS a
  GROUP BY a.payer_id
  HAVING (count(*) >= 5 AND 5 * count_if(a.past_55) > 3 * count(*))
    OR (bool_or(a.by_person) AND count(*) < 3)
)
SELECT DISTINCT a.customer_id
FROM aged AS a
WHERE a.payer_id NOT IN (SELECT o.payer_id FROM others AS o)
  AND NOT a.past_60
