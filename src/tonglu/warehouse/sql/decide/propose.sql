-- Every entry that rests at a touch makes a proposal; controls walk along as ghosts.
CREATE OR REPLACE TEMP TABLE proposal AS
SELECT row_number() OVER (ORDER BY r.entry_id) AS proposal_no, r.entry_id, r.customer_id, r.journey, r.version_no, r.entry_no,
    r.assignment <> 'treated' AS ghost, r.step_key, s.step, s.message, s.valid_us, s.competes, r.since, v.purpose, v.priority, w.base AS score,
    draw('tie', epoch_us($as_of), r.customer_id, r.journey, s.step) AS tie,
    coalesce(h.visit, 1) AS visit, coalesce(h.first_proposed_at, $as_of) AS first_proposed_at, coalesce(h.paused_us, 0) AS paused_us,
    NULL::VARCHAR AS arm, NULL::VARCHAR AS channel, NULL::TIMESTAMP AS not_before,
    NULL::VARCHAR AS outcome, NULL::VARCHAR AS gate, NULL::VARCHAR AS reason, NULL::VARCHAR AS detail
FROM tonglu.rest AS r
JOIN tonglu.step AS s USING (step_key)
JOIN journey_now AS j ON j.journey = r.journey
JOIN version_now AS v ON v.version_no = r.version_no
JOIN worth AS w ON w.step_key = r.step_key
LEFT JOIN tonglu.waiting_touch AS h ON h.entry_id = r.entry_id AND h.step_key = r.step_key
WHERE s.message IS NOT NULL AND r.since <= $as_of AND j.proposes;
-- A visit is counted by the step's name, over the versions that the trip has been on.
UPDATE proposal SET visit = 1 + v.visits
FROM (
    SELECT m.entry_id, s.step, count(*) AS visits FROM tonglu.move AS m JOIN tonglu.step AS s ON s.step_key = m.from_key
    WHERE m.entry_id IN (SELECT entry_id FROM proposal)
      AND (s.revisited OR m.entry_id IN (SELECT entry_id FROM tonglu.move WHERE cause = 'migrated'))
    GROUP BY ALL
) AS v
WHERE v.entry_id = proposal.entry_id AND v.step = proposal.step;
UPDATE proposal SET outcome = 'dropped', gate = 'valid_for', reason = 'expired'
WHERE $as_of > first_proposed_at + to_microseconds(valid_us + paused_us);
CREATE OR REPLACE TEMP TABLE stopped (proposal_no BIGINT, reason VARCHAR, detail VARCHAR, outcome VARCHAR);
CREATE OR REPLACE TEMP TABLE permitted (proposal_no BIGINT, channel VARCHAR, place INTEGER);
CREATE OR REPLACE TEMP TABLE addressed (proposal_no BIGINT, channel VARCHAR, place INTEGER);
CREATE OR REPLACE TEMP TABLE channel_now (channel VARCHAR, stop VARCHAR, bulk BOOLEAN);
CREATE OR REPLACE TEMP TABLE stopped_now (scope VARCHAR, name VARCHAR, position VARCHAR);
CREATE OR REPLACE TEMP TABLE hours_now (channel VARCHAR, place INTEGER, segment VARCHAR, opening TIMESTAMP);
CREATE OR REPLACE TEMP TABLE hours_theirs (proposal_no BIGINT, place INTEGER, segment VARCHAR);
CREATE OR REPLACE TEMP TABLE exclusion (exclusion_no INTEGER, name VARCHAR, journey VARCHAR, topic VARCHAR, within_us BIGINT);
CREATE OR REPLACE TEMP TABLE cap (cap_no INTEGER, name VARCHAR, purpose VARCHAR, channel VARCHAR, journey VARCHAR, topic VARCHAR,
    at_most INTEGER, within_us BIGINT);
CREATE OR REPLACE TEMP TABLE seen (proposal_no BIGINT, parts JSON, saw JSON);
-- The channels whose touches people work: how long an item lasts, whether a branch works it together, and whose work it is.
CREATE OR REPLACE TEMP TABLE worked_channel (channel VARCHAR, lasts_us BIGINT, by_branch BOOLEAN, role VARCHAR);
