-- Whose complaint holds marketing: it is open, or was closed less than the hold ago.
CREATE OR REPLACE TEMP TABLE complaining AS
SELECT DISTINCT customer_id FROM source.complaints
WHERE opened_at <= $as_of AND (closed_at IS NULL OR closed_at > $as_of - to_microseconds($hold_us));
