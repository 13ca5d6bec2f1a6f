-- The segments that a customer is in, or was in at an instant.
SELECT segment, entered_at FROM engine.membership
WHERE customer_id = $customer_id AND (entered_at <= $until OR $until IS NULL) AND (left_run IS NULL OR left_at > $until) ORDER BY segment;
