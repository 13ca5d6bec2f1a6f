-- The newest version is current; every older one, of the day or of the table, is history.
CREATE TEMP TABLE old_consents AS
SELECT * FROM source.consents SEMI JOIN read_parquet(getvariable('consents')) USING (customer_id, purpose, channel);
CREATE TEMP TABLE day_consents AS
SELECT *, row_number() OVER (PARTITION BY customer_id, purpose, channel ORDER BY changed_at DESC) > 1 AS older
FROM (SELECT * FROM read_parquet(getvariable('consents')) WHERE changed_at <= as_of() EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_consents);
UPDATE day_consents SET older = TRUE FROM old_consents AS o
WHERE o.customer_id = day_consents.customer_id AND o.purpose = day_consents.purpose AND o.channel = day_consents.channel AND o.changed_at > day_consents.changed_at;
INSERT INTO history.consents BY NAME
SELECT *, run_no() AS replaced_run FROM old_consents SEMI JOIN (FROM day_consents WHERE NOT older) AS d USING (customer_id, purpose, channel)
UNION ALL BY NAME SELECT * EXCLUDE (older), run_no() AS loaded_run, run_no() AS replaced_run FROM day_consents WHERE older;
DELETE FROM source.consents WHERE (customer_id, purpose, channel) IN (SELECT (customer_id, purpose, channel) FROM day_consents WHERE NOT older);
INSERT INTO source.consents BY NAME SELECT * EXCLUDE (older), run_no() AS loaded_run FROM day_consents WHERE NOT older;
