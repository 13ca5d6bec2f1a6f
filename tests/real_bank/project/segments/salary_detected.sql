-- segment: salary_detected
-- title: 识别工资类收入客户 / Customers with a salary-like income
-- owner: retail-analytics
-- grain: customer
--
-- A steady income of somebody who is not yet of pension age.
SELECT s.customer_id
FROM segment.steady_income AS s
ANTI JOIN segment.pension_detected AS p ON p.customer_id = s.customer_id
