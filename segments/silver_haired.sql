-- segment: silver_haired
-- title: 银发客群 / Silver-haired customers
-- owner: retail-silver
-- grain: customer
--
-- 60 and over, as the law counts the elderly (老年人权益保障法 art. 2).
SELECT c.customer_id
FROM customers AS c
WHERE c.birth_date <= as_of_date() - INTERVAL 60 YEAR
  AND (c.closed_on IS NULL OR c.closed_on > as_of_date())
