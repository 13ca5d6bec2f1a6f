-- segment: payroll
-- title: 代发客户 / Payroll customers
-- owner: retail-payroll
-- grain: customer
--
-- Everyone whose salary comes here now: under an agreement, or found by its shape.
SELECT a.customer_id
FROM segment.payroll_agreement AS a
UNION
SELECT d.customer_id
FROM segment.payroll_detected AS d
