-- segment: youth
-- title: 青春客群 / Young customers
-- owner: retail-youth
-- grain: customer
--
-- 18 to 30 (a house definition). Students belong here and must stay out of every credit offer.
SELECT c.customer_id
FROM customers AS c
WHERE c.birth_date <= as_of_date() - INTERVAL 18 YEAR
  AND c.birth_date > as_of_date() - INTERVAL 31 YEAR
  AND (c.closed_on IS NULL OR c.closed_on > as_of_date())
