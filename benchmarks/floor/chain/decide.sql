-- The same decisions, written by hand for these three journeys, this policy and this instant.
CREATE TEMP TABLE p AS
WITH way AS (
    SELECT c.customer_id, c.channel, a.channel IS NOT NULL AS reached
    FROM source.consents AS c LEFT JOIN personal.addresses AS a ON a.customer_id = c.customer_id AND a.channel = c.channel
    LEFT JOIN tonglu.opt_out AS o ON o.customer_id = c.customer_id AND o.channel = c.channel
    WHERE c.granted AND o.customer_id IS NULL
), person AS (
    SELECT customer_id, count(*) AS permitted, min(channel) FILTER (reached) AS channel FROM way GROUP BY customer_id
)
SELECT r.entry_id, r.customer_id, r.journey, r.version_no, r.step_key, r.assignment <> 'treated' AS ghost, v.priority, (v.prior * v.value / 100)::DECIMAL(18, 6) AS score, r.version_no = 2 AS competes,
    draw('tie', epoch_us($as_of), r.customer_id, r.journey, 'hi') AS tie, $as_of::TIMESTAMP AS opening,
    CASE WHEN r.version_no = 2 AND NOT coalesce(f.age >= 30, FALSE) THEN 'not_eligible'
        WHEN w.permitted IS NULL THEN CASE WHEN o.customer_id IS NOT NULL THEN 'opted_out' ELSE 'no_consent' END
        WHEN w.channel IS NULL THEN 'no_address' END AS reason,
    CASE WHEN reason IS DISTINCT FROM 'not_eligible' THEN w.channel END AS channel
FROM tonglu.rest AS r JOIN version_now AS v USING (version_no) LEFT JOIN person AS w USING (customer_id)
LEFT JOIN tonglu.opt_out AS o USING (customer_id) LEFT JOIN tonglu.profile AS f USING (customer_id);
CREATE TEMP TABLE capped AS
WITH counted AS (
    SELECT customer_id, count(*) FILTER (not_before > $as_of - INTERVAL 1 DAY) AS day, count(*) FILTER (not_before > $as_of - INTERVAL 7 DAY) AS week
    FROM tonglu.touch GROUP BY customer_id
), ranked AS (
    SELECT p.entry_id, coalesce(c.day, 0) AS day, coalesce(c.week, 0) AS week,
        row_number() OVER (PARTITION BY p.customer_id ORDER BY p.priority, p.score DESC, p.tie, p.entry_id) AS place
    FROM p LEFT JOIN counted AS c USING (customer_id) WHERE p.reason IS NULL AND NOT p.ghost
)
SELECT entry_id, CASE WHEN day >= 1 OR (place > 1 AND week < 2) THEN 'daily' WHEN place > 1 AND week >= 2 THEN CASE WHEN week = 2 AND day = 0 THEN 'daily' ELSE 'weekly' END
    WHEN week >= 3 THEN 'weekly' END AS cap
FROM ranked;
CREATE TEMP TABLE decided AS
WITH placed AS (
    SELECT p.entry_id, row_number() OVER (ORDER BY p.priority, p.score DESC, p.tie, p.entry_id) AS place
    FROM p JOIN capped AS c USING (entry_id) WHERE c.cap IS NULL AND p.channel = 'sms'
)
SELECT p.*, CASE WHEN p.reason IS NOT NULL THEN p.reason WHEN p.ghost THEN 'passed' WHEN c.cap IS NOT NULL THEN 'cap_reached'
        WHEN l.place > ($daily + $hourly) THEN 'no_budget' ELSE 'passed' END AS why, c.cap, l.place
FROM p LEFT JOIN capped AS c USING (entry_id) LEFT JOIN placed AS l USING (entry_id);
CREATE TABLE floor_decision AS
SELECT entry_id, customer_id, journey, version_no, step_key, 'hi' AS step, 1 AS visit,
    CASE WHEN why = 'passed' THEN 'sent' WHEN why = 'no_budget' OR (why = 'cap_reached' AND competes) THEN 'deferred' ELSE 'dropped' END AS outcome,
    CASE why WHEN 'not_eligible' THEN 'eligible' WHEN 'no_consent' THEN 'consent' WHEN 'opted_out' THEN 'consent' WHEN 'no_address' THEN 'reachable'
        WHEN 'cap_reached' THEN 'contact_policy' WHEN 'no_budget' THEN 'budget' END AS gate, why AS reason,
    CASE why WHEN 'cap_reached' THEN cap WHEN 'no_budget' THEN 'sms_money' END AS detail, channel, priority, score, tie,
    CASE WHEN channel IS NULL OR p.reason IS NOT NULL THEN NULL WHEN why = 'passed' AND channel = 'sms' AND place > $daily THEN $as_of + INTERVAL 1 DAY
        WHEN why = 'passed' AND channel = 'sms' THEN $as_of + to_hours(((place - 1) // $hourly)::INTEGER) ELSE $as_of END AS not_before
FROM decided AS p WHERE NOT ghost;
CREATE TABLE floor_touch AS
SELECT md5(concat_ws('|', journey, customer_id, '', 1, step, visit, 1)) AS touch_key, entry_id, customer_id, journey, channel, not_before
FROM floor_decision WHERE outcome = 'sent';
CREATE TABLE floor_waiting AS SELECT entry_id, step_key FROM floor_decision WHERE outcome = 'deferred';
