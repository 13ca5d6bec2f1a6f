-- segment: payroll_missed_pay_day
-- title: 代发断薪预警 / Payroll customers whose pay-day passed without salary
-- owner: retail-payroll
-- grain: customer
--
-- Three or more months of salary, then a pay-day and 3 workdays more without one; from 45 days on it is payroll_lost. Often a
-- change of job: a reason to care, not to sell. The pay-day is the agreement's, else the usual day of the credits. Before a holiday wages
-- are paid early (工资支付暂行规定 art. 7), so the calendar day is the latest; workdays are Monday to Friday here, which in a week of
-- public holidays reports up to a week early.
WITH credits AS (
  SELECT
    t.customer_id,
    max(CAST(t.occurred_at + INTERVAL 8 HOUR AS DATE)) AS last_on,
    arg_max(t.counterparty_id, t.occurred_at) AS employer_id,
    bit_count(bit_or(1 << month(t.occurred_at + INTERVAL 8 HOUR))) AS months,
    30.44 / (2 * pi()) * atan2(
      avg(sin(2 * pi() * day(t.occurred_at + INTERVAL 8 HOUR) / 30.44)),
      avg(cos(2 * pi() * day(t.occurred_at + INTERVAL 8 HOUR) / 30.44))
    ) AS mean_day
  FROM transactions AS t
  WHERE t.occurred_at > as_of() - INTERVAL 7 MONTH
    AND t.occurred_at <= as_of()
    AND t.direction = 'in'
    AND t.counterparty_kind = 'employer'
    AND t.code NOT IN ('报销', '奖金')
  GROUP BY t.customer_id
  HAVING max(t.occurred_at) > as_of() - INTERVAL 45 DAY
    AND max(t.occurred_at) <= as_of() - INTERVAL 21 DAY -- nobody is due sooner
),
agreed AS (
  SELECT a.employer_id, max(a.pay_day) AS pay_day
  FROM agreements AS a
  WHERE a.signed_on <= as_of_date() AND (a.ended_on IS NULL OR a.ended_on > as_of_date())
  GROUP BY a.employer_id
),
usual AS (
  SELECT
    c.customer_id,
    c.last_on,
    coalesce(a.pay_day, CAST(round(CASE WHEN c.mean_day < 0.5 THEN c.mean_day + 30.44 ELSE c.mean_day END) AS INTEGER)) AS pay_day
  FROM credits AS c
  LEFT JOIN agreed AS a ON a.employer_id = c.employer_id
  WHERE c.months >= 3
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
