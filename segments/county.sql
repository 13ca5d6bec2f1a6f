-- segment: county
-- title: 县域客群 / County customers
-- owner: inclusive-county
-- grain: customer
--
-- Lives in a county rather than in a city's districts, by the bank's own address flag.
SELECT c.customer_id
FROM customers AS c
WHERE c.county
  AND (c.closed_on IS NULL OR c.closed_on > as_of_date())
