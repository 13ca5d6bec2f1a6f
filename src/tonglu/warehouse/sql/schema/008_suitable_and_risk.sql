-- What the gate `suitable` judged a touch of a product by, the rules that it broke, and the channels that a rule barred.
CREATE TABLE tonglu.suitability (run_no INTEGER, entry_id BIGINT, step_key INTEGER, ghost BOOLEAN, kind VARCHAR, risk INTEGER, low INTEGER,
    high INTEGER, rating VARCHAR, rated_on DATE, age INTEGER, vulnerable BOOLEAN, arrears BOOLEAN, collections BOOLEAN, student BOOLEAN,
    broken VARCHAR[], barred VARCHAR[]);
-- Whom the risk rules hit: one table per rule, for the gate `risk` alone.
CREATE SCHEMA IF NOT EXISTS risk;
-- The rules that hit the customer of a touch: those that hold it until an instant (empty: until cleared), and those that do not.
CREATE TABLE tonglu.risk_seen (run_no INTEGER, entry_id BIGINT, step_key INTEGER, ghost BOOLEAN, rules VARCHAR[], shadows VARCHAR[],
    until TIMESTAMP);
-- What each rule hit and stopped in a run.
CREATE TABLE tonglu.risk_count (run_no INTEGER, rule VARCHAR, title_zh VARCHAR, title_en VARCHAR, dimension VARCHAR, action VARCHAR,
    mode VARCHAR, customers BIGINT, touches BIGINT, stopped BIGINT, would_stop BIGINT, newly BIGINT);
