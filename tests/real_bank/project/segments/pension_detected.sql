-- segment: pension_detected
-- title: 识别养老金客户 / Pensioners found without labels
-- owner: retail-analytics
-- grain: customer
--
-- A steady income of somebody of pension age: in the Czech law of the time men 60, women 53 to 57 by the children they
-- brought up, so 55 here.
SELECT c.customer_id
FROM customers AS c
SEMI JOIN segment.steady_income AS s ON s.customer_id = c.customer_id
WHERE c.birth_date <= as_of_date() - (CASE WHEN c.sex = 'F' THEN INTERVAL 55 YEAR ELSE INTERVAL 60 YEAR END)
