-- The journeys that may enrol and propose in this run, one row each, filled from the program.
CREATE OR REPLACE TEMP TABLE journey_now (journey VARCHAR, version_no INTEGER,
    enter_segment VARCHAR, by_joining BOOLEAN, fresh_us BIGINT, takes_current BOOLEAN, takes_new BOOLEAN,
    again VARCHAR, again_us BIGINT, per_run BIGINT, per_day BIGINT, total BIGINT, holdout DOUBLE, global_control DOUBLE, epoch VARCHAR,
    first_key INTEGER, collects BOOLEAN, enrols BOOLEAN, proposes BOOLEAN, killed BOOLEAN);
CREATE OR REPLACE TEMP TABLE occasion (journey VARCHAR, customer_id BIGINT, key VARCHAR, since TIMESTAMP, unit VARCHAR, order_value DOUBLE);
-- What the touches of each version carry: an open entry keeps the purpose, the rank and the value that it entered with.
CREATE OR REPLACE TEMP TABLE version_now (version_no INTEGER, purpose VARCHAR, priority INTEGER, prior DECIMAL(9, 6), value BIGINT);
