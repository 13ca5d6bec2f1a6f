-- segment: payroll_missed_pay_day
-- title: 代发断薪预警 / Payroll customers whose pay-day passed without salary
-- owner: retail-payroll
-- grain: customer
--
-- Three or more months of salary, then a pay-day and 3 workdays more without one; from 45 days on it is payroll_lost. Often a
-- change of job: a reason to care, not to sell. The pay-day is the agreement's, else the usual day of the credits. Before a
-- holiday wages are paid early (工资支付暂行规定 art. 7), so the calendar day is the latest; workdays are Monday to Friday here,
-- which in a week of public holidays reports up to a week early. Unlabelled credits count as in payroll_lost.
WITH paid AS ( -- nobody is due within three weeks of a salary
  SELECT DISTINCT t.customer_id
  FROM transactions AS t
  WHERE t.occurred_at > as_of_date() - INTERVAL 21 DAY AND t.direction = 'in' AND t.code = '工资'
),
credits AS (
  SELECT t.customer_id, t.counterparty_id, t.code, t.amount, CAST(t.occurred_at + INTERVAL 8 HOUR AS DATE) AS paid_on
  FROM transactions AS t
  ANTI JOIN paid AS p ON p.customer_id = t.customer_id
  WHERE t.occurred_at > as_of_date() - INTERVAL 7 MONTH
    AND t.direction = 'in'
    AND t.counterparty_kind = 'employer'
    AND t.code IN ('工资', '转账')
),
payers AS (
  SELECT
    c.customer_id,
    c.counterparty_id AS employer_id,
    max(c.paid_on) AS last_on,
    bit_count(bit_or(1 << month(c.paid_on))) AS months,
    sum(CAST(1000 * sin(day(c.paid_on) * 2 * pi() / 30.44) AS INTEGER)) AS up,
    sum(CAST(1000 * cos(day(c.paid_on) * 2 * pi() / 30.44) AS INTEGER)) AS along
  FROM credits AS c
  GROUP BY c.customer_id, c.counterparty_id
  HAVING bool_and(c.code = '工资') OR (
    count(*) >= 3
    AND 4 * count(*) * sum(CAST(c.amount AS HUGEINT) * c.amount) < 5 * sum(c.amount) * sum(c.amount)
    AND up ** 2 + along ** 2 > (850 * count(*)) ** 2
  )
),
latest AS ( -- the last payer, where none has paid for three weeks
  SELECT
    p.customer_id,
    max(p.last_on) AS last_on,
    arg_max(p.employer_id, (p.last_on, p.employer_id)) AS employer_id,
    arg_max(CASE WHEN p.up < 0 THEN 30.44 ELSE 0 END + atan2(p.up, p.along) * 30.44 / (2 * pi()), (p.last_on, p.employer_id)) AS usual_day
  FROM payers AS p
  GROUP BY p.customer_id
  HAVING max(p.last_on) BETWEEN as_of_date() - 45 AND as_of_date() - 21
    AND max(p.months) >= 3
),
agreed AS (
  SELECT a.employer_id, max(a.pay_day) AS pay_day
  FROM agreements AS a
  WHERE a.signed_on <= as_of_date() AND (a.ended_on IS NULL OR a.ended_on > as_of_date())
  GROUP BY a.employer_id
),
usual AS (
  SELECT l.customer_id, l.last_on, coalesce(a.pay_day, greatest(1, CAST(round(l.usual_day) AS INTEGER))) AS pay_day
  FROM latest AS l
  LEFT JOIN agreed AS a ON a.employer_id = l.employer_id
),
due_months AS ( -- the month after the one that the last salary belongs to, counted from the middle between two pay-days
  SELECT u.customer_id, u.pay_day, date_trunc('month', u.last_on + (15 - u.pay_day)) + INTERVAL 1 MONTH AS first_day
  FROM usual AS u
),
due AS (
  SELECT
    d.customer_id,
    CAST(least(d.first_day + (d.pay_day - 1) * INTERVAL 1 DAY, d.first_day + INTERVAL 1 MONTH - INTERVAL 1 DAY) AS DATE) AS due_on
  FROM due_months AS d
)
SELECT d.customer_id
FROM due AS d
-- three workdays after Monday, Tuesday, Sunday: 3 days; after Saturday 4; otherwise a week-end lies between
WHERE as_of_date() > d.due_on + CASE isodow(d.due_on) WHEN 1 THEN 3 WHEN 2 THEN 3 WHEN 7 THEN 3 WHEN 6 THEN 4 ELSE 5 END
