-- segment: risk_hold
-- title: 风险管控中 / Customers under a risk hold
-- owner: risk
-- grain: customer
--
-- An alert that nobody has cleared. Customer and account alerts hold until cleared; device, location and the rest lapse after
-- the house default of 48 or 72 hours.
SELECT DISTINCT r.customer_id
FROM risk_alerts AS r
WHERE r.raised_at <= as_of()
  AND (r.cleared_at IS NULL OR r.cleared_at > as_of())
  AND (
    r.dimension IN ('customer', 'account')
    OR (r.dimension IN ('transaction', 'operation') AND r.raised_at > as_of() - INTERVAL 72 HOUR)
    OR (r.dimension IN ('device', 'location') AND r.raised_at > as_of() - INTERVAL 48 HOUR)
  )
