-- Proposals as the gates before leave them, with the profile that their customers' branches are in.
CREATE TABLE tonglu.profile AS SELECT i AS customer_id, (hash(i, 'branch') % $branches)::INTEGER + 1001 AS branch_id FROM range($proposals) AS r(i);
CREATE OR REPLACE TEMP TABLE cap (cap_no INTEGER, name VARCHAR, purpose VARCHAR, channel VARCHAR, journey VARCHAR, topic VARCHAR,
    at_most INTEGER, within_us BIGINT);
CREATE OR REPLACE TEMP TABLE exclusion (exclusion_no INTEGER, name VARCHAR, journey VARCHAR, topic VARCHAR, within_us BIGINT);
CREATE OR REPLACE TEMP TABLE hours_now (channel VARCHAR, place INTEGER, segment VARCHAR, opening TIMESTAMP);
CREATE OR REPLACE TEMP TABLE hours_theirs (proposal_no BIGINT, place INTEGER, segment VARCHAR);
CREATE OR REPLACE TEMP TABLE worked_channel (channel VARCHAR, lasts_us BIGINT, by_branch BOOLEAN, role VARCHAR);
CREATE OR REPLACE TEMP TABLE staff (employee_id BIGINT, branch_id INTEGER, role VARCHAR, absent_from DATE, absent_until DATE);
CREATE OR REPLACE TEMP TABLE worth AS SELECT 1001 AS step_key, NULL::VARCHAR AS topic;
CREATE OR REPLACE TEMP TABLE stopped (proposal_no BIGINT, reason VARCHAR, detail VARCHAR, outcome VARCHAR);
CREATE OR REPLACE TEMP TABLE proposal AS
SELECT i AS proposal_no, i AS entry_id, i AS customer_id, 'j' || (hash(i, 'journey') % $journeys) AS journey, 1 AS version_no, 1 AS entry_no, FALSE AS ghost,
    1001 AS step_key, 'hi' AS step, 'hello' AS message, 43200000000 - 1 AS valid_us, TRUE AS competes, $as_of AS since, 'marketing' AS purpose, 0 AS priority,
    (-ln((hash(i, 'a') % 1000003 + 1) / 1000004.0) * 8 * (1 + hash(i, 'journey') % $journeys / 4.0))::DECIMAL(18, 6) AS score,
    (hash(i, 'tie') % 1000000007) / 1000000007.0::DOUBLE AS tie, 1 AS visit, $as_of AS first_proposed_at, 0::BIGINT AS paused_us, NULL::VARCHAR AS arm,
    (['call', 'wecom', 'rm_notice', 'sms'])[(hash(i, 'channel') % 4)::INTEGER + 1] AS channel, $as_of::TIMESTAMP AS not_before,
    NULL::VARCHAR AS outcome, NULL::VARCHAR AS gate, NULL::VARCHAR AS reason, NULL::VARCHAR AS detail
FROM range($proposals) AS r(i);
CREATE OR REPLACE TEMP TABLE everyone AS SELECT proposal_no, journey, channel, score, tie, branch_id FROM proposal JOIN tonglu.profile USING (customer_id);
