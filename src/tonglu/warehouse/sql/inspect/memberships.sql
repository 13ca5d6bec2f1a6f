-- The segments that a customer is in.
SELECT segment, entered_at FROM engine.membership WHERE customer_id = $customer_id AND left_run IS NULL ORDER BY segment;
