-- What a touch is about: the kind of the product that its message names, by version.
CREATE TABLE tonglu.topic (version_no INTEGER, message VARCHAR, topic VARCHAR);
INSERT INTO tonglu.topic
SELECT v.version_no, m.key, json_extract_string((m.value ->> '$')::JSON, '$.product.kind')
FROM tonglu.version AS v, json_each(v.definition, '$.messages') AS m
WHERE json_extract_string((m.value ->> '$')::JSON, '$.product.kind') IS NOT NULL;
-- What was learned of a touch: the lift of the goal's probability, and what reaching the goal is worth in fen. Either may be empty: the
-- journey's prior and the goal's value stand in for it. A run uses the newest of each that an earlier run wrote.
CREATE TABLE tonglu.learned_value (run_no INTEGER, journey VARCHAR, step VARCHAR, p DECIMAL(9, 6), v BIGINT, source VARCHAR);
-- The operators' levers as the run saw them.
CREATE TABLE tonglu.lever_position (run_no INTEGER, scope VARCHAR, name VARCHAR, factor DECIMAL(9, 4), until TIMESTAMP, reason VARCHAR, set_by VARCHAR);
-- What the run took a touch to be worth before context and levers: one row per touch that somebody proposed.
CREATE TABLE tonglu.worth (run_no INTEGER, journey VARCHAR, step_key INTEGER, step VARCHAR, topic VARCHAR, p DECIMAL(9, 6), v BIGINT,
    source VARCHAR, base DECIMAL(18, 6));
-- Context weight and lever of the proposals on which one of them is not 1, with the numbers of the weights that held.
CREATE TABLE tonglu.weighed (run_no INTEGER, entry_id BIGINT, step_key INTEGER, context DECIMAL(18, 4), lever DECIMAL(18, 4), weights INTEGER[]);
-- The touch that took a proposal's place: the last one that its cap or exclusion counted.
CREATE TABLE tonglu.yielded (run_no INTEGER, entry_id BIGINT, step_key INTEGER, rule VARCHAR, to_journey VARCHAR, to_step VARCHAR, planned_at TIMESTAMP);
-- The segment whose hours held for a proposal, where it was not the channel's own.
CREATE TABLE tonglu.hours_group (run_no INTEGER, entry_id BIGINT, step VARCHAR, segment VARCHAR);
ALTER TABLE tonglu.opt_out ADD COLUMN purpose VARCHAR DEFAULT '*';
