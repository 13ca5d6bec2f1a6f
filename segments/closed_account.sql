-- segment: closed_account
-- title: 已销户客户 / Customers who have left
-- owner: retail-operations
-- grain: customer
--
-- Closed as a customer, or left without a single open account.
SELECT c.customer_id
FROM customers AS c
WHERE c.closed_on <= as_of_date()
UNION
SELECT a.customer_id
FROM accounts AS a
GROUP BY a.customer_id
HAVING count_if(a.closed_on IS NULL OR a.closed_on > as_of_date()) = 0
