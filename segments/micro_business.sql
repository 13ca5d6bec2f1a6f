-- segment: micro_business
-- title: 小微与个体经营者 / Micro-business owners
-- owner: inclusive-micro
-- grain: customer
--
-- Owns a business by occupation, or repays a business loan.
SELECT c.customer_id
FROM customers AS c
WHERE (c.closed_on IS NULL OR c.closed_on > as_of_date())
  AND (
    c.occupation = 'business_owner'
    OR c.customer_id IN (
      SELECT h.customer_id
      FROM holdings AS h
      WHERE h.product = 'business_loan' AND h.since_on <= as_of_date() AND (h.ended_on IS NULL OR h.ended_on > as_of_date())
    )
  )
