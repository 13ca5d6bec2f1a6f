-- The newest version is current; every older one, of the day or of the table, is history.
CREATE TEMP TABLE old_loans AS
SELECT * FROM source.loans SEMI JOIN read_parquet(getvariable('loans')) USING (loan_id);
CREATE TEMP TABLE day_loans AS
SELECT *, row_number() OVER (PARTITION BY loan_id ORDER BY changed_at DESC) > 1 AS older
FROM (SELECT * FROM read_parquet(getvariable('loans')) WHERE changed_at <= as_of() EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_loans);
UPDATE day_loans SET older = TRUE FROM old_loans AS o
WHERE o.loan_id = day_loans.loan_id AND o.changed_at > day_loans.changed_at;
INSERT INTO history.loans BY NAME
SELECT *, run_no() AS replaced_run FROM old_loans SEMI JOIN (FROM day_loans WHERE NOT older) AS d USING (loan_id)
UNION ALL BY NAME SELECT * EXCLUDE (older), run_no() AS loaded_run, run_no() AS replaced_run FROM day_loans WHERE older;
DELETE FROM source.loans WHERE loan_id IN (SELECT loan_id FROM day_loans WHERE NOT older);
INSERT INTO source.loans BY NAME SELECT * EXCLUDE (older), run_no() AS loaded_run FROM day_loans WHERE NOT older;
