-- segment: silver_pension_day
-- title: 银发客群养老金日 / Silver-haired customers on their pension day
-- owner: retail-silver
-- grain: customer
--
-- Both at once: of age, and the pension has just come.
SELECT p.customer_id
FROM segment.pension_received AS p
SEMI JOIN segment.silver_haired AS s ON s.customer_id = p.customer_id
