-- profile: customer
-- title: 客户画像 / Customer profile
-- owner: customer-data
-- grain: customer
--
-- One row per customer: the attributes that conditions and messages may use. Money is fen. Names, telephone numbers and
-- identity numbers are personal data and are not here.
-- Nothing here depends on the hour: a profile that asks for as_of(), or reads a segment that does, is made anew in every run. Who has
-- an open complaint or a risk hold is asked with "in segment open_complaint", "in segment risk_hold".
WITH balances AS (
  SELECT
    a.customer_id,
    CAST(sum(a.balance) FILTER (WHERE a.kind <> 'credit') AS BIGINT) AS total_balance,
    CAST(sum(a.balance) FILTER (WHERE a.kind = 'deposit') AS BIGINT) AS deposit_balance
  FROM accounts AS a
  WHERE a.closed_on IS NULL OR a.closed_on > as_of_date()
  GROUP BY a.customer_id
),
products AS (
  SELECT
    h.customer_id,
    bool_or(h.product = 'salary_plan') AS has_salary_plan,
    bool_or(h.product = 'pension_deposit') AS has_pension_deposit,
    bool_or(h.product = 'credit_card') AS has_credit_card,
    bool_or(h.product IN ('consumer_loan', 'business_loan')) AS has_loan,
    bool_or(h.product IN ('fund', 'wealth')) AS has_investment
  FROM holdings AS h
  WHERE h.since_on <= as_of_date() AND (h.ended_on IS NULL OR h.ended_on > as_of_date())
  GROUP BY h.customer_id
),
logins AS (
  SELECT e.customer_id, count_if(e.occurred_at > as_of_date() - INTERVAL 30 DAY) AS logins_30d, max(e.occurred_at) AS last_login_at
  FROM events AS e
  WHERE e.occurred_at > as_of_date() - INTERVAL 90 DAY AND e.name = 'app_login'
  GROUP BY e.customer_id
),
income AS ( -- a salary is labelled so, or an employer's transfer to somebody whom payroll_detected has found
  SELECT
    t.customer_id,
    max(t.occurred_at) FILTER (WHERE t.counterparty_kind <> 'pension_fund') AS last_salary_at,
    arg_max(t.amount, (t.occurred_at, t.transaction_id)) FILTER (WHERE t.counterparty_kind <> 'pension_fund') AS last_salary_amount,
    max(t.occurred_at) FILTER (WHERE t.counterparty_kind = 'pension_fund') AS last_pension_at,
    arg_max(t.amount, (t.occurred_at, t.transaction_id)) FILTER (WHERE t.counterparty_kind = 'pension_fund') AS last_pension_amount
  FROM transactions AS t
  WHERE t.occurred_at > as_of_date() - INTERVAL 45 DAY
    AND t.direction = 'in'
    AND (
      t.code = '工资'
      OR t.counterparty_kind = 'pension_fund'
      OR (
        t.code = '转账'
        AND t.counterparty_kind = 'employer'
        AND t.customer_id IN (SELECT d.customer_id FROM segment.payroll_detected AS d)
      )
    )
  GROUP BY t.customer_id
),
behind AS ( -- an amount due that was not paid; from ninety days on the debt is being collected
  SELECT l.customer_id, bool_or(l.overdue_days > 0) AS in_arrears, bool_or(l.overdue_days >= 90) AS in_collections
  FROM loans AS l
  WHERE l.stage IN ('drawn', 'repaying')
  GROUP BY l.customer_id
),
pay_days AS ( -- the day of the month that the employer's agreement names
  SELECT a.employer_id, CAST(max(a.pay_day) AS INTEGER) AS pay_day
  FROM agreements AS a
  WHERE a.signed_on <= as_of_date() AND (a.ended_on IS NULL OR a.ended_on > as_of_date())
  GROUP BY a.employer_id
)
SELECT
  c.customer_id,
  CAST(date_sub('year', c.birth_date, as_of_date()) AS INTEGER) AS age,
  CASE
    WHEN date_sub('year', c.birth_date, as_of_date()) < 30 THEN 'below 30'
    WHEN date_sub('year', c.birth_date, as_of_date()) < 45 THEN '30 to 44'
    WHEN date_sub('year', c.birth_date, as_of_date()) < 60 THEN '45 to 59'
    WHEN c.birth_date IS NOT NULL THEN '60 and older'
  END AS age_band,
  c.birth_date <= as_of_date() - INTERVAL 60 YEAR AS is_senior,
  c.sex,
  c.province,
  c.city,
  c.county,
  c.occupation,
  c.occupation = 'student' AS is_student,
  c.employer_id,
  d.pay_day,
  c.monthly_income,
  CASE
    WHEN c.monthly_income < 500000 THEN 'below 5k'
    WHEN c.monthly_income < 1000000 THEN '5k to 10k'
    WHEN c.monthly_income < 2000000 THEN '10k to 20k'
    WHEN c.monthly_income < 5000000 THEN '20k to 50k'
    WHEN c.monthly_income IS NOT NULL THEN '50k and more'
  END AS income_band,
  c.risk_rating,
  c.risk_rated_on,
  coalesce(c.risk_rated_on > as_of_date() - 365, FALSE) AS risk_rating_valid, -- an assessment holds a year
  c.branch_id,
  c.manager_id,
  c.married,
  c.children,
  c.vulnerable,
  coalesce(o.in_arrears, FALSE) AS in_arrears,
  coalesce(o.in_collections, FALSE) AS in_collections,
  as_of_date() - c.opened_on AS tenure_days,
  coalesce(b.total_balance, 0) AS total_balance,
  coalesce(b.deposit_balance, 0) AS deposit_balance,
  coalesce(p.has_salary_plan, FALSE) AS has_salary_plan,
  coalesce(p.has_pension_deposit, FALSE) AS has_pension_deposit,
  coalesce(p.has_credit_card, FALSE) AS has_credit_card,
  coalesce(p.has_loan, FALSE) AS has_loan,
  coalesce(p.has_investment, FALSE) AS has_investment,
  coalesce(l.logins_30d, 0) AS logins_30d,
  l.last_login_at,
  i.last_salary_at,
  i.last_salary_amount,
  i.last_pension_at,
  i.last_pension_amount
FROM customers AS c
LEFT JOIN balances AS b ON b.customer_id = c.customer_id
LEFT JOIN products AS p ON p.customer_id = c.customer_id
LEFT JOIN logins AS l ON l.customer_id = c.customer_id
LEFT JOIN income AS i ON i.customer_id = c.customer_id
LEFT JOIN behind AS o ON o.customer_id = c.customer_id
LEFT JOIN pay_days AS d ON d.employer_id = c.employer_id
