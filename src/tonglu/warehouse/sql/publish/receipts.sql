CREATE TABLE published.engine.receipt AS
SELECT json_extract_string(properties, '$.touch_key') AS touch_key, split_part(name, '.', 2) AS receipt, occurred_at
FROM source.events WHERE name LIKE 'touch.%' ORDER BY occurred_at, event_id;
