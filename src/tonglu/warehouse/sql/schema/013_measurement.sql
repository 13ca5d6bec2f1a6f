-- What is measured of each version: the role of its goals, what foretells them, the times at which they are looked at.
ALTER TABLE tonglu.goal ADD COLUMN role VARCHAR;
ALTER TABLE tonglu.goal ADD COLUMN expected BIGINT;
UPDATE tonglu.goal SET role = CASE WHEN goal_no = 0 THEN 'primary' ELSE 'secondary' END;
CREATE TABLE tonglu.horizon (version_no INTEGER, goal_no INTEGER, horizon_us BIGINT);
INSERT INTO tonglu.horizon SELECT version_no, goal_no, window_us FROM tonglu.goal;
-- What was known of an entry when it was assigned: its stratum, what foretells each goal, the attributes that must be balanced (hundredths).
CREATE TABLE tonglu.baseline (entry_id BIGINT, stratum VARCHAR, adjust BIGINT[], covariates BIGINT[]);
CREATE TABLE tonglu.balance (run_no INTEGER, journey VARCHAR, stratum VARCHAR, side VARCHAR, one INTEGER, other INTEGER, n BIGINT, x HUGEINT,
    y HUGEINT, xy HUGEINT);
-- Units that were drawn for the first time in a journey, against the share of controls that its version declared.
CREATE TABLE tonglu.drawn (run_no INTEGER, journey VARCHAR, version_no INTEGER, holdout DOUBLE, side VARCHAR, units BIGINT);
-- The first touch that an entry asked for: whether it would have been sent but for competition, and by which channel.
CREATE TABLE tonglu.first_decision (entry_id BIGINT, run_no INTEGER, would_send BOOLEAN, channel VARCHAR);
-- Sums of entries whose time has passed, by unit of randomisation. Each run writes what changed; all rows together are the state.
CREATE TABLE tonglu.measured (run_no INTEGER, journey VARCHAR, goal VARCHAR, horizon_us BIGINT, kind VARCHAR, slice VARCHAR, stratum VARCHAR,
    adjusted BOOLEAN, side VARCHAR, clusters BIGINT, n BIGINT, n2 HUGEINT, y BIGINT, y2 HUGEINT, ny HUGEINT, v HUGEINT, v2 HUGEINT, nv HUGEINT,
    x HUGEINT, x2 HUGEINT, nx HUGEINT, xy HUGEINT, xv HUGEINT);
CREATE TABLE tonglu.measured_by (run_no INTEGER, rule VARCHAR);
-- The effect of all marketing together: every customer's first marketing entry, and every event that is somebody's goal.
CREATE TABLE tonglu.first_entry (customer_id BIGINT, run_no INTEGER, side VARCHAR, assigned_at TIMESTAMP);
CREATE TABLE tonglu.goal_event (event_id VARCHAR, run_no INTEGER, customer_id BIGINT, occurred_at TIMESTAMP, value BIGINT);
-- Lifts: whole journeys always valid by default; beside them one row by slice and time.
ALTER TABLE tonglu.lift ADD COLUMN role VARCHAR;
ALTER TABLE tonglu.lift ADD COLUMN fixed_low DOUBLE;
ALTER TABLE tonglu.lift ADD COLUMN fixed_high DOUBLE;
ALTER TABLE tonglu.lift ADD COLUMN p_value DOUBLE;
ALTER TABLE tonglu.lift ADD COLUMN relative DOUBLE;
ALTER TABLE tonglu.lift ADD COLUMN relative_low DOUBLE;
ALTER TABLE tonglu.lift ADD COLUMN relative_high DOUBLE;
ALTER TABLE tonglu.lift ADD COLUMN variance_ratio DOUBLE;
CREATE TABLE tonglu.lift_by (run_no INTEGER, journey VARCHAR, goal VARCHAR, role VARCHAR, horizon_us BIGINT, kind VARCHAR, slice VARCHAR, n_treated BIGINT,
    n_control BIGINT, conversions_treated BIGINT, conversions_control BIGINT, lift DOUBLE, lift_low DOUBLE, lift_high DOUBLE, fixed_low DOUBLE,
    fixed_high DOUBLE, p_value DOUBLE, shrunk DOUBLE, value_lift DOUBLE, value_low DOUBLE, value_high DOUBLE, method VARCHAR);
CREATE TABLE tonglu.trust (run_no INTEGER, journey VARCHAR, about VARCHAR, statistic DOUBLE, p_value DOUBLE, broken BOOLEAN, said VARCHAR);
