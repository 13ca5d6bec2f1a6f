-- segment: new_citizen
-- title: 新市民 / New citizens
-- owner: inclusive-city
-- grain: customer
--
-- No local registered residence, or one of less than 3 years (银保监发〔2022〕4号). Where somebody is registered is never
-- shown in a message.
SELECT c.customer_id
FROM customers AS c
WHERE (NOT c.local_residence OR c.resident_since > as_of_date() - INTERVAL 3 YEAR)
  AND (c.closed_on IS NULL OR c.closed_on > as_of_date())
