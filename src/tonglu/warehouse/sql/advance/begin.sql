-- The working tables of moving (see steps/kind.py), empty.
CREATE OR REPLACE TEMP TABLE position (entry_id BIGINT, customer_id BIGINT, journey VARCHAR, version_no INTEGER, entry_no INTEGER,
    assignment VARCHAR, round INTEGER, step_key INTEGER, step VARCHAR, kind VARCHAR, since TIMESTAMP, horizon TIMESTAMP, looks_back BOOLEAN,
    from_key INTEGER, cause VARCHAR);
CREATE OR REPLACE TEMP TABLE hop (entry_id BIGINT, to_key INTEGER, clock TIMESTAMP, cause VARCHAR);
CREATE OR REPLACE TEMP TABLE matched (entry_id BIGINT, ordinal INTEGER, won_at TIMESTAMP, event_id VARCHAR, to_key INTEGER);
CREATE OR REPLACE TEMP TABLE wait_end (entry_id BIGINT, round INTEGER, ends_at TIMESTAMP, state VARCHAR);
CREATE OR REPLACE TEMP TABLE exit_match (entry_id BIGINT, exit_at TIMESTAMP, ordinal INTEGER, reason VARCHAR, as_it_stands BOOLEAN);
CREATE OR REPLACE TEMP TABLE leaving (entry_id BIGINT, exit_at TIMESTAMP, reason VARCHAR, as_it_stands BOOLEAN);
CREATE OR REPLACE TEMP TABLE enrolled (entry_id BIGINT, first_since TIMESTAMP);
-- The events that came in with this run.
CREATE OR REPLACE TEMP TABLE new_event AS
SELECT event_id, customer_id, name, occurred_at, properties FROM source.events WHERE loaded_run = $run_no;
