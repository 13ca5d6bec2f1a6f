CREATE TEMP TABLE new_event AS
SELECT * FROM read_parquet(getvariable('events')) WHERE occurred_at <= as_of()
QUALIFY row_number() OVER (PARTITION BY event_id) = 1;
DELETE FROM new_event WHERE event_id IN (SELECT event_id FROM source.events SEMI JOIN new_event USING (event_id));
