-- What a later run overwrites of an earlier one's state, kept as spans of runs, so that every run can be replayed: who waited to enter
-- (since is empty where entering by a segment takes the run's own instant), which proposals waited, what each run loaded, and with
-- which calendar and program it was made.
CREATE TABLE tonglu.candidate_span (journey VARCHAR, customer_id BIGINT, key VARCHAR, since TIMESTAMP, from_run INTEGER, until_run INTEGER);
CREATE TABLE tonglu.waiting_span (entry_id BIGINT, step_key INTEGER, visit INTEGER, first_proposed_at TIMESTAMP, paused_us BIGINT,
    from_run INTEGER, until_run INTEGER);
CREATE TABLE tonglu.loaded (run_no INTEGER, source_table VARCHAR, rows BIGINT);
CREATE TABLE tonglu.run_input (run_no INTEGER, calendar VARCHAR, program VARCHAR);
INSERT INTO tonglu.candidate_span
SELECT journey, customer_id, key, since, (SELECT max(run_no) FROM tonglu.run), NULL FROM tonglu.candidate;
INSERT INTO tonglu.waiting_span
SELECT entry_id, step_key, visit, first_proposed_at, paused_us, (SELECT max(run_no) FROM tonglu.run), NULL FROM tonglu.waiting_touch;
