-- Where a customer qualified and was left out for now, and why.
SELECT journey, since, reason FROM engine.candidate
WHERE customer_id = $customer_id AND (journey = $journey OR $journey IS NULL) ORDER BY journey, since;
