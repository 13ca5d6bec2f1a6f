-- The engine's own tables. Instants are UTC, money is fen, every table that a run appends to carries the run's number.
CREATE SCHEMA IF NOT EXISTS tonglu;
CREATE SCHEMA IF NOT EXISTS source;
CREATE SCHEMA IF NOT EXISTS history;
CREATE SCHEMA IF NOT EXISTS personal;
CREATE SCHEMA IF NOT EXISTS staging;
CREATE SCHEMA IF NOT EXISTS quarantine;
CREATE SCHEMA IF NOT EXISTS held;
CREATE SCHEMA IF NOT EXISTS segment;

-- One pass of the loop. A row is there exactly when the run's decisions are committed.
CREATE TABLE tonglu.run (run_no INTEGER PRIMARY KEY, as_of TIMESTAMP NOT NULL UNIQUE, definitions VARCHAR NOT NULL, summary JSON);
-- What is left to do after the commit, done once: hand-over, publishing.
CREATE TABLE tonglu.run_step (run_no INTEGER, step VARCHAR, PRIMARY KEY (run_no, step));
-- Every text that a run depended on, by hash, and which run used it: what replay starts from.
CREATE TABLE tonglu.definition (hash VARCHAR PRIMARY KEY, kind VARCHAR, name VARCHAR, text VARCHAR);
CREATE TABLE tonglu.run_definition (run_no INTEGER, hash VARCHAR);

-- A journey's pinned version, and its steps as they were compiled.
CREATE TABLE tonglu.version (version_no INTEGER PRIMARY KEY, journey VARCHAR, hash VARCHAR UNIQUE, purpose VARCHAR,
    title_zh VARCHAR, title_en VARCHAR, definition VARCHAR, first_run INTEGER);
CREATE TABLE tonglu.step (step_key INTEGER PRIMARY KEY, version_no INTEGER, journey VARCHAR, step_no INTEGER, step VARCHAR, kind VARCHAR,
    label_zh VARCHAR, next_key INTEGER, otherwise_key INTEGER, takes_us BIGINT, watched BOOLEAN, valid_us BIGINT, competes BOOLEAN,
    message VARCHAR, reason VARCHAR, listens BOOLEAN, revisited BOOLEAN, branches JSON);
-- The channels that a touch may take, in the order it names them.
CREATE TABLE tonglu.via (step_key INTEGER, place INTEGER, channel VARCHAR);
CREATE TABLE tonglu.goal (version_no INTEGER, goal_no INTEGER, goal VARCHAR, event VARCHAR, window_us BIGINT, value BIGINT);
CREATE TABLE tonglu.arm (version_no INTEGER, step_key INTEGER, arm_no INTEGER, arm VARCHAR, to_key INTEGER, learn VARCHAR, weight DOUBLE);

-- Segments: who is in, since when, and who left.
CREATE TABLE tonglu.membership (segment VARCHAR, customer_id BIGINT, entered_run INTEGER, entered_at TIMESTAMP, left_run INTEGER, left_at TIMESTAMP);
CREATE TABLE tonglu.segment_size (run_no INTEGER, segment VARCHAR, title_zh VARCHAR, members BIGINT, entered BIGINT, left_count BIGINT);

-- Entries: the immutable fact, where each open one rests, how each ended, and every move.
CREATE TABLE tonglu.entry (entry_id BIGINT, journey VARCHAR, version_no INTEGER, customer_id BIGINT, key VARCHAR, entry_no INTEGER,
    assignment VARCHAR, unit VARCHAR, run_no INTEGER, assigned_at TIMESTAMP, since TIMESTAMP);
CREATE TABLE tonglu.rest (entry_id BIGINT, customer_id BIGINT, journey VARCHAR, version_no INTEGER, entry_no INTEGER, assignment VARCHAR,
    first_since TIMESTAMP, step_key INTEGER, since TIMESTAMP, due_at TIMESTAMP);
CREATE TABLE tonglu.ended (entry_id BIGINT, run_no INTEGER, ended_at TIMESTAMP, reason VARCHAR);
CREATE TABLE tonglu.move (run_no INTEGER, entry_id BIGINT, ordinal INTEGER, from_key INTEGER, to_key INTEGER, clock TIMESTAMP, cause VARCHAR);
CREATE TABLE tonglu.launch (journey VARCHAR PRIMARY KEY, run_no INTEGER);
-- Who qualified and was left out for now, and why.
CREATE TABLE tonglu.candidate (journey VARCHAR, customer_id BIGINT, key VARCHAR, since TIMESTAMP, run_no INTEGER, reason VARCHAR);
CREATE TABLE tonglu.left_out (run_no INTEGER, journey VARCHAR, reason VARCHAR, customers BIGINT);

-- Decisions: one row per proposal and run; ghosts beside them; exposures; what left.
CREATE TABLE tonglu.waiting_touch (entry_id BIGINT, step_key INTEGER, visit INTEGER, first_proposed_at TIMESTAMP, paused_us BIGINT);
CREATE TABLE tonglu.decision (run_no INTEGER, entry_id BIGINT, customer_id BIGINT, journey VARCHAR, version_no INTEGER, step_key INTEGER,
    step VARCHAR, visit INTEGER, outcome VARCHAR, gate VARCHAR, reason VARCHAR, detail VARCHAR, channel VARCHAR, message VARCHAR, arm VARCHAR,
    priority INTEGER, score DECIMAL(18, 6), tie DOUBLE, not_before TIMESTAMP, first_proposed_at TIMESTAMP);
CREATE TABLE tonglu.ghost (run_no INTEGER, entry_id BIGINT, customer_id BIGINT, journey VARCHAR, step_key INTEGER, step VARCHAR, visit INTEGER,
    would_send BOOLEAN, gate VARCHAR, reason VARCHAR, channel VARCHAR, arm VARCHAR);
CREATE TABLE tonglu.exposure (run_no INTEGER, entry_id BIGINT, customer_id BIGINT, journey VARCHAR, step_key INTEGER, step VARCHAR, arm VARCHAR,
    propensity DOUBLE, exposed_at TIMESTAMP);
CREATE TABLE tonglu.touch (touch_key VARCHAR, run_no INTEGER, entry_id BIGINT, customer_id BIGINT, journey VARCHAR, version_no INTEGER, step VARCHAR,
    visit INTEGER, purpose VARCHAR, channel VARCHAR, message VARCHAR, arm VARCHAR, decided_at TIMESTAMP, not_before TIMESTAMP,
    expires_at TIMESTAMP, batch_id VARCHAR);
-- What became of a touch: one row each time its delivery state changed; the newest is the state.
CREATE TABLE tonglu.delivery (touch_key VARCHAR, run_no INTEGER, seq BIGINT, state VARCHAR, changed_at TIMESTAMP, detail VARCHAR);
-- Words of customers about a channel or all ('*'), 'out' or 'in' again, each at its instant; the latest that covers a channel counts.
CREATE TABLE tonglu.opt_out (customer_id BIGINT, channel VARCHAR, opted_out_at TIMESTAMP, run_no INTEGER, word VARCHAR);
CREATE TABLE tonglu.switch_position (run_no INTEGER, scope VARCHAR, name VARCHAR, position VARCHAR);
CREATE TABLE tonglu.run_watermark (run_no INTEGER, name VARCHAR, seq BIGINT);
CREATE TABLE tonglu.watermark (name VARCHAR PRIMARY KEY, seq BIGINT);

-- Measured and learned, by run.
CREATE TABLE tonglu.conversion (run_no INTEGER, entry_id BIGINT, goal_no INTEGER, event_id VARCHAR, occurred_at TIMESTAMP, value BIGINT);
CREATE TABLE tonglu.lift (run_no INTEGER, journey VARCHAR, goal VARCHAR, assigned_treated BIGINT, assigned_control BIGINT, n_treated BIGINT,
    n_control BIGINT, conversions_treated BIGINT, conversions_control BIGINT, rate_treated DOUBLE, rate_control DOUBLE, lift DOUBLE,
    lift_low DOUBLE, lift_high DOUBLE, value_lift DOUBLE, value_low DOUBLE, value_high DOUBLE, method VARCHAR, matured_only BOOLEAN);
CREATE TABLE tonglu.learned (run_no INTEGER, version_no INTEGER, journey VARCHAR, step_key INTEGER, step VARCHAR, arm_no INTEGER, arm VARCHAR, n BIGINT,
    conversions BIGINT, p_best DOUBLE, propensity DOUBLE);

-- Watching over the run.
CREATE TABLE tonglu.check_result (run_no INTEGER, source_table VARCHAR, expectation VARCHAR, severity VARCHAR, success BOOLEAN, observed VARCHAR);
CREATE TABLE tonglu.conservation (run_no INTEGER, rule VARCHAR, breaches BIGINT);
CREATE TABLE tonglu.ejection (run_no INTEGER, customer_id BIGINT, journey VARCHAR, reason VARCHAR, ejected_by VARCHAR);
