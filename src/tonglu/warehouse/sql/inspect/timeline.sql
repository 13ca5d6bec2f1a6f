-- Everything that happened to a customer, in one list.
SELECT happened_at AS "at", what, journey, "step", detail
FROM customer_timeline WHERE customer_id = $customer_id AND (journey = $journey OR $journey IS NULL)
ORDER BY happened_at, journey, what, "step", detail;
