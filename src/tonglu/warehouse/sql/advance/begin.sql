-- The working tables of moving (see steps/kind.py), empty.
CREATE OR REPLACE TEMP TABLE position (entry_id BIGINT, customer_id BIGINT, journey VARCHAR, version_no INTEGER, entry_no INTEGER,
    assignment VARCHAR, round INTEGER, step_key INTEGER, step VARCHAR, kind VARCHAR, since TIMESTAMP, horizon TIMESTAMP, looks_back BOOLEAN,
    from_key INTEGER, cause VARCHAR);
CREATE OR REPLACE TEMP TABLE hop (entry_id BIGINT, to_key INTEGER, clock TIMESTAMP, cause VARCHAR);
CREATE OR REPLACE TEMP TABLE matched (entry_id BIGINT, ordinal INTEGER, won_at TIMESTAMP, event_id VARCHAR, to_key INTEGER);
CREATE OR REPLACE TEMP TABLE exit_match (entry_id BIGINT, exit_at TIMESTAMP, ordinal INTEGER, reason VARCHAR, as_it_stands BOOLEAN);
CREATE OR REPLACE TEMP TABLE leaving (entry_id BIGINT, exit_at TIMESTAMP, reason VARCHAR, as_it_stands BOOLEAN);
CREATE OR REPLACE TEMP TABLE enrolled (entry_id BIGINT, first_since TIMESTAMP);
-- The events that came in with this run.
CREATE OR REPLACE TEMP TABLE new_event AS
SELECT event_id, customer_id, name, occurred_at, properties FROM source.events WHERE loaded_run = $run_no;
-- The arms of this run with their cumulative propensities: what was learned last, until then the written weights.
CREATE OR REPLACE TEMP TABLE arm_share AS
WITH newest AS (
    SELECT journey, step, arm, propensity FROM tonglu.learned
    WHERE run_no = (SELECT max(run_no) FROM tonglu.learned)
), given AS (
    SELECT a.version_no, a.step_key, a.arm_no, a.arm, a.to_key, s.journey, s.step, coalesce(n.propensity, a.weight) AS propensity
    FROM tonglu.arm AS a JOIN tonglu.step AS s USING (step_key)
    LEFT JOIN newest AS n ON a.learn <> 'fixed' AND n.journey = s.journey AND n.step = s.step AND n.arm = a.arm
)
SELECT version_no, step_key, arm_no, arm, to_key, propensity,
    sum(propensity) OVER written - propensity AS low,
    CASE WHEN arm_no = max(arm_no) OVER (PARTITION BY step_key) THEN 1.0 ELSE sum(propensity) OVER written END AS high
FROM given
WINDOW written AS (PARTITION BY step_key ORDER BY arm_no);
