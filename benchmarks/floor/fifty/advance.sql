-- Moves. The graph without cycles is walked once, level by level: waits for events, branch and split, experiment, other waits, set.
CREATE TEMP TABLE waiting AS
SELECT (v * 1000 + n)::INTEGER AS step_key, to_hours(hours) AS takes, (v * 1000 + won)::INTEGER AS won_key, (v * 1000 + other)::INTEGER AS else_key
FROM range(1, 51) AS r(v)
CROSS JOIN LATERAL (VALUES (2, 24 + v, 3, 3), (5, 12 + v, NULL, 6), (7, 48 + v, 11, 8), (9, 24, NULL, 10)) AS w(n, hours, won, other);
CREATE TEMP TABLE final (step INTEGER, reason VARCHAR);
INSERT INTO final VALUES (11, 'looked'), (12, 'cared_for');
-- The events that a wait may look at: those of the day, and earlier ones for who comes to a wait by a fact that was late.
CREATE TEMP TABLE recent_event AS
SELECT event_id, customer_id, name, occurred_at, loaded_run, json_extract_string(properties, '$.product') AS product,
    CASE WHEN name = 'touch.clicked' THEN json_extract_string(properties, '$.entry_id') END AS entry
FROM source.events
WHERE occurred_at > (SELECT least(min(occurred_at), as_of() - INTERVAL 1 DAY) FROM new_event) AND name IN ('app_login', 'product_viewed', 'touch.clicked');
CREATE TEMP TABLE stand AS
SELECT r.entry_id, r.customer_id, r.journey, r.version_no, r.entry_no, r.assignment, r.first_since, r.step_key, r.since, FALSE AS looks_back,
    CASE WHEN l.entry_id IS NULL THEN as_of() ELSE l.exit_at - INTERVAL 1 MICROSECOND END AS horizon,
    CASE WHEN l.entry_id IS NULL THEN 200000 ELSE 0 END AS phase
FROM tonglu.rest AS r LEFT JOIN leaving AS l USING (entry_id)
WHERE r.due_at IS NOT NULL AND l.as_it_stands IS DISTINCT FROM TRUE;
CREATE TEMP TABLE hop (entry_id BIGINT, n INTEGER, from_key INTEGER, to_key INTEGER, clock TIMESTAMP, cause VARCHAR);
CREATE TEMP VIEW arrived AS
SELECT entry_id, customer_id, journey, entry_no, horizon, step_key, since, looks_back, version_no, 0 AS n FROM stand
UNION ALL
SELECT s.entry_id, s.customer_id, s.journey, s.entry_no, s.horizon, h.to_key, h.clock, TRUE, s.version_no, h.n FROM hop AS h JOIN stand AS s USING (entry_id);

INSERT INTO hop
WITH won AS (
    SELECT p.entry_id, min(e.occurred_at) AS clock
    FROM stand AS p JOIN waiting AS w USING (step_key)
    JOIN recent_event AS e ON e.customer_id = p.customer_id AND e.occurred_at > p.since AND e.occurred_at <= least(p.since + w.takes, p.horizon)
    WHERE p.step_key % 1000 IN (2, 7) AND e.loaded_run = run_no() AND CASE p.step_key % 1000
        WHEN 2 THEN e.entry = p.entry_id::VARCHAR OR e.name = 'app_login'
        ELSE e.name = 'product_viewed' AND e.product = CASE p.version_no % 2 WHEN 0 THEN 'salary_plan' ELSE 'pension_deposit' END END
    GROUP BY ALL
)
SELECT p.entry_id, 1, p.step_key, CASE WHEN v.entry_id IS NULL THEN w.else_key ELSE w.won_key END, coalesce(v.clock, p.since + w.takes),
    CASE WHEN v.entry_id IS NULL THEN 'timed out' ELSE 'won' END
FROM stand AS p JOIN waiting AS w USING (step_key) LEFT JOIN won AS v USING (entry_id)
WHERE p.step_key % 1000 IN (2, 7) AND (v.entry_id IS NOT NULL OR p.since + w.takes <= p.horizon);
INSERT INTO hop
SELECT p.entry_id, p.n + 1, p.step_key, p.version_no * 1000 + CASE
        WHEN p.step_key % 1000 = 8 THEN CASE WHEN chance('split|' || p.journey || '|' || p.customer_id || '|level|' || p.entry_no) < 0.5 THEN 9 ELSE 10 END
        WHEN f.vulnerable OR f.total_balance < 100000 + 10000 * p.version_no THEN 12 ELSE 4 END,
    p.since, CASE p.step_key % 1000 WHEN 8 THEN 'split' ELSE 'branched' END
FROM arrived AS p LEFT JOIN tonglu.profile AS f USING (customer_id)
WHERE p.step_key % 1000 IN (3, 8) AND p.since <= p.horizon;
CREATE TEMP TABLE draw AS
SELECT p.*, chance('arm|' || p.journey || '|' || p.customer_id || '|pace|' || p.entry_no) < a.share AS first, a.* EXCLUDE (step_key)
FROM arrived AS p JOIN arm AS a USING (step_key) WHERE p.step_key % 1000 = 4 AND p.since <= p.horizon;
INSERT INTO hop
SELECT entry_id, n + 1, step_key, CASE WHEN first THEN first_key ELSE second_key END, since, 'arm ' || CASE WHEN first THEN first_arm ELSE second_arm END
FROM draw;
INSERT INTO tonglu.exposure
SELECT run_no(), entry_id, customer_id, journey, step_key, 'pace', CASE WHEN first THEN first_arm ELSE second_arm END,
    CASE WHEN first THEN share ELSE rest_share END, since
FROM draw;
INSERT INTO hop
SELECT p.entry_id, p.n + 1, p.step_key, w.else_key, p.since + w.takes, 'waited'
FROM arrived AS p JOIN waiting AS w USING (step_key) WHERE p.step_key % 1000 IN (5, 9) AND p.since + w.takes <= p.horizon;
CREATE TEMP TABLE noted AS FROM arrived WHERE step_key % 1000 = 10 AND since <= horizon;
INSERT INTO hop SELECT entry_id, n + 1, step_key, version_no * 1000 + 11, since, 'set' FROM noted;
INSERT INTO tonglu.attribute
SELECT run_no(), p.entry_id, p.customer_id, p.journey, 'bench_' || p.version_no, 'let_go', p.since, s.phase + p.n
FROM noted AS p JOIN stand AS s USING (entry_id) WHERE s.assignment = 'treated';

INSERT INTO tonglu.move SELECT run_no(), entry_id, s.phase + h.n, h.from_key, h.to_key, h.clock, h.cause FROM hop AS h JOIN stand AS s USING (entry_id);
CREATE TEMP TABLE settled AS
SELECT h.entry_id, arg_max(h.to_key, h.n) AS step_key, arg_max(h.clock, h.n) AS since FROM hop AS h GROUP BY h.entry_id;
CREATE TEMP TABLE ending AS
SELECT entry_id, s.since AS ended_at, f.reason FROM settled AS s JOIN final AS f ON f.step = s.step_key % 1000
UNION ALL
SELECT l.entry_id, greatest(l.exit_at, s.since, r.since), l.reason
FROM leaving AS l LEFT JOIN settled AS s USING (entry_id) LEFT JOIN tonglu.rest AS r USING (entry_id)
WHERE s.step_key IS NULL OR s.step_key % 1000 NOT IN (SELECT step FROM final);
INSERT INTO tonglu.ended SELECT entry_id, run_no(), ended_at, reason FROM ending;
UPDATE tonglu.rest SET step_key = s.step_key, since = s.since, due_at = s.since + s.takes
FROM (FROM settled LEFT JOIN waiting USING (step_key)) AS s WHERE s.entry_id = rest.entry_id;
DELETE FROM tonglu.rest WHERE entry_id IN (SELECT entry_id FROM ending);
INSERT INTO tonglu.rest
SELECT n.entry_id, n.customer_id, n.journey, n.version_no, n.entry_no, n.assignment, as_of(), coalesce(s.step_key, n.first_key),
    coalesce(s.since, as_of()), s.since + w.takes
FROM entering AS n LEFT JOIN settled AS s USING (entry_id) LEFT JOIN waiting AS w ON w.step_key = s.step_key
WHERE NOT EXISTS (SELECT 1 FROM ending AS d WHERE d.entry_id = n.entry_id)
ORDER BY n.entry_id;
