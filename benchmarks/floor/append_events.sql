INSERT INTO source.events BY NAME SELECT *, run_no() AS loaded_run FROM new_event ORDER BY occurred_at;
