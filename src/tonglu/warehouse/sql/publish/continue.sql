-- What a published file of the run $last gets on top: memberships that began or ended since, and the receipts that came since.
DELETE FROM published.engine.membership AS p
USING tonglu.membership AS m
WHERE p.left_run IS NULL AND m.left_run > $last AND m.entered_run <= $last
    AND p.segment = m.segment AND p.customer_id = m.customer_id AND p.entered_run = m.entered_run;
INSERT INTO published.engine.membership FROM tonglu.membership WHERE entered_run > $last OR left_run > $last;
INSERT INTO published.engine.receipt
SELECT json_extract_string(properties, '$.touch_key') AS touch_key, split_part(name, '.', 2) AS receipt, occurred_at
FROM source.events WHERE loaded_run > $last AND name LIKE 'touch.%' ORDER BY occurred_at, event_id;
