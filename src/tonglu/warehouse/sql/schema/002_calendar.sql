-- The days that are worked, and when wages that are due on a day of the month are paid; what steps of these kinds do.
CREATE TABLE tonglu.calendar (name VARCHAR, first_day DATE, last_day DATE);
CREATE TABLE tonglu.calendar_day (day DATE, is_workday BOOLEAN, workday_no INTEGER);
CREATE TABLE tonglu.pay_day (month DATE, nominal INTEGER, day DATE);
CREATE TABLE tonglu.calendar_gap (run_no INTEGER, journey VARCHAR, step VARCHAR, entries BIGINT);
CREATE TABLE tonglu.split_way (version_no INTEGER, step_key INTEGER, way_no INTEGER, to_key INTEGER, low DOUBLE, high DOUBLE);
CREATE TABLE tonglu.set_value (version_no INTEGER, step_key INTEGER, name VARCHAR, value VARCHAR);
CREATE TABLE tonglu.enter_target (version_no INTEGER, step_key INTEGER, target VARCHAR);
-- What journeys noted about a customer, and whom they passed on to another journey.
CREATE TABLE tonglu.attribute (run_no INTEGER, entry_id BIGINT, customer_id BIGINT, journey VARCHAR, name VARCHAR, value VARCHAR,
    clock TIMESTAMP, ordinal INTEGER);
CREATE TABLE tonglu.passed_on (run_no INTEGER, entry_id BIGINT, customer_id BIGINT, from_journey VARCHAR, journey VARCHAR, key VARCHAR,
    since TIMESTAMP);
-- Whether the end of a wait is read from the profile anew in every run.
ALTER TABLE tonglu.step ADD COLUMN rereads BOOLEAN DEFAULT FALSE;
