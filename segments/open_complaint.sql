-- segment: open_complaint
-- title: 投诉处理中 / Customers with an open complaint
-- owner: consumer-protection
-- grain: customer
--
-- Opened and not yet closed.
SELECT DISTINCT p.customer_id
FROM complaints AS p
WHERE p.opened_at <= as_of()
  AND (p.closed_at IS NULL OR p.closed_at > as_of())
