CREATE TEMP TABLE old_employees AS
SELECT * FROM source.employees SEMI JOIN read_parquet(getvariable('employees')) USING (employee_id);
CREATE TEMP TABLE day_employees AS
SELECT * FROM read_parquet(getvariable('employees')) EXCEPT SELECT * EXCLUDE (loaded_run) FROM old_employees;
INSERT INTO history.employees BY NAME SELECT *, run_no() AS replaced_run FROM old_employees SEMI JOIN day_employees USING (employee_id);
DELETE FROM source.employees WHERE employee_id IN (SELECT employee_id FROM day_employees SEMI JOIN old_employees USING (employee_id));
INSERT INTO source.employees BY NAME SELECT *, run_no() AS loaded_run FROM day_employees;
