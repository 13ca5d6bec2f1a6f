CREATE TEMP TABLE old_risk_alerts AS
SELECT * FROM source.risk_alerts SEMI JOIN read_parquet(getvariable('risk_alerts')) USING (alert_id);
CREATE TEMP TABLE day_risk_alerts AS
SELECT * FROM read_parquet(getvariable('risk_alerts')) WHERE raised_at <= as_of() EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_risk_alerts;
INSERT INTO history.risk_alerts BY NAME SELECT *, run_no() AS replaced_run FROM old_risk_alerts SEMI JOIN day_risk_alerts USING (alert_id);
DELETE FROM source.risk_alerts WHERE alert_id IN (SELECT alert_id FROM day_risk_alerts SEMI JOIN old_risk_alerts USING (alert_id));
INSERT INTO source.risk_alerts BY NAME SELECT *, run_no() AS loaded_run FROM day_risk_alerts;
