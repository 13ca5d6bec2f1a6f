-- What the policy limits, who competes for it, and what earlier runs have taken. Empty tables where nothing is limited.
CREATE OR REPLACE TEMP TABLE limit_rule (limit_no INTEGER, gate VARCHAR, name VARCHAR, channel VARCHAR, journey VARCHAR, purpose VARCHAR,
    unit_kind VARCHAR, period VARCHAR, at_most BIGINT);
CREATE OR REPLACE TEMP TABLE limit_figure (limit_no INTEGER, unit VARCHAR, at_most BIGINT);
CREATE OR REPLACE TEMP TABLE channel_cost (channel VARCHAR, cost BIGINT);
CREATE OR REPLACE TEMP TABLE contender (proposal_no BIGINT, customer_id BIGINT, channel VARCHAR, journey VARCHAR, purpose VARCHAR,
    priority INTEGER, score DECIMAL(18, 6), tie DOUBLE, opening TIMESTAMP, latest TIMESTAMP, hours INTEGER, free_capacity BOOLEAN,
    free_budget BOOLEAN, branch VARCHAR, employee VARCHAR, cost BIGINT);
CREATE OR REPLACE TEMP TABLE charged (channel VARCHAR, journey VARCHAR, purpose VARCHAR, branch VARCHAR, employee VARCHAR, cost BIGINT,
    not_before TIMESTAMP);
CREATE OR REPLACE TEMP TABLE time_slot (channel VARCHAR, hours INTEGER, slot_no INTEGER, starts TIMESTAMP, ends TIMESTAMP, planned_at TIMESTAMP);
CREATE OR REPLACE TEMP TABLE shift (limit_no INTEGER, starts TIMESTAMP, employee_id BIGINT, branch_id INTEGER, takes_turns BOOLEAN);
CREATE OR REPLACE TEMP TABLE charge (limit_no INTEGER, unit VARCHAR, starts TIMESTAMP, used BIGINT);
CREATE OR REPLACE TEMP TABLE desk (limit_no INTEGER, unit VARCHAR, starts TIMESTAMP, at_most BIGINT, used_before BIGINT, skipped BIGINT, room BIGINT);
CREATE OR REPLACE TEMP TABLE placed (proposal_no BIGINT, option_no BIGINT);
CREATE OR REPLACE TEMP TABLE left_over (proposal_no BIGINT, allotment_no BIGINT, gate VARCHAR, detail VARCHAR, needs_score DECIMAL(18, 6));
