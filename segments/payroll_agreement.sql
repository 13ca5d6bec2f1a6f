-- segment: payroll_agreement
-- title: 协议代发客户 / Payroll customers under an agreement
-- owner: retail-payroll
-- grain: customer
--
-- Paid wages in the last 45 days by an employer whose payroll agreement is in force. What the same employer transfers without the
-- label 工资 (fees to a freelancer, reimbursements, bonuses) does not count. 45 days = one monthly pay-day (wages are due at least
-- monthly: 工资支付暂行规定 art. 7) and two weeks of grace; payroll_lost begins where this ends.
SELECT DISTINCT t.customer_id
FROM transactions AS t
WHERE t.occurred_at > as_of_date() - INTERVAL 45 DAY
  AND t.direction = 'in'
  AND t.code = '工资'
  AND t.counterparty_id IN (
    SELECT a.employer_id
    FROM agreements AS a
    WHERE a.signed_on <= as_of_date() AND (a.ended_on IS NULL OR a.ended_on > as_of_date())
  )
