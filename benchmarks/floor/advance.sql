-- Moves. The three graphs without cycles are walked once, level by level: what waits for events, branches, experiments, the other waits.
CREATE TEMP TABLE waiting (step_key INTEGER, takes INTERVAL, won_key INTEGER, else_key INTEGER);
INSERT INTO waiting VALUES
    (1007, INTERVAL 3 DAY, 1008, 1009), (2004, INTERVAL 2 DAY, 2008, 2005), (2007, INTERVAL 4 DAY, NULL, 2008), (3002, INTERVAL 2 DAY, 3003, 3003), (3007, INTERVAL 3 DAY, 3008, 3009),
    (1004, INTERVAL 1 DAY, NULL, 1006), (1005, INTERVAL 3 DAY, 1006, 1006), (1009, INTERVAL 80 DAY, 1010, 1011),
    (2002, INTERVAL 1 DAY, NULL, 2003), (2009, INTERVAL 3 DAY, NULL, 2010), (3005, INTERVAL 1 DAY, NULL, 3006);
CREATE TEMP TABLE final (step_key INTEGER, reason VARCHAR);
INSERT INTO final VALUES (1010, 'missed_pay_day'), (1011, 'accompanied'), (2010, 'let_go'), (3008, 'looked_at_offer'), (3009, 'cared_for');
-- The events that a wait may look at: those of the day, and earlier ones for who comes to a wait by a fact that was late.
CREATE TEMP TABLE recent_event AS
SELECT event_id, customer_id, name, occurred_at, loaded_run, json_extract_string(properties, '$.product') AS product,
    CASE WHEN name LIKE 'touch.%' THEN json_extract_string(properties, '$.entry_id') END AS entry
FROM source.events
WHERE occurred_at > (SELECT least(min(occurred_at), as_of() - INTERVAL 1 DAY) FROM new_event) AND name IN ('app_login', 'product_viewed', 'touch.clicked',
    'touch.answered', 'touch.confirmed', 'touch.refused', 'touch.no_answer', 'touch.failed', 'touch.expired');
CREATE TEMP TABLE stand AS
SELECT r.entry_id, r.customer_id, r.journey, r.version_no, r.entry_no, r.assignment, r.first_since, r.step_key, r.since, FALSE AS looks_back,
    CASE WHEN l.entry_id IS NULL THEN as_of() ELSE l.exit_at - INTERVAL 1 MICROSECOND END AS horizon,
    CASE WHEN l.entry_id IS NULL THEN 200000 ELSE 0 END AS phase
FROM tonglu.rest AS r LEFT JOIN leaving AS l USING (entry_id)
WHERE r.due_at IS NOT NULL AND l.as_it_stands IS DISTINCT FROM TRUE
UNION ALL
SELECT n.entry_id, n.customer_id, n.journey, n.version_no, n.entry_no, n.assignment, as_of(), n.first_key, as_of(), TRUE, as_of(), 200000
FROM entering AS n ANTI JOIN leaving AS l USING (entry_id) WHERE n.first_key = 2001;
CREATE TEMP TABLE hop (entry_id BIGINT, n INTEGER, from_key INTEGER, to_key INTEGER, clock TIMESTAMP, cause VARCHAR);
CREATE TEMP VIEW arrived AS
SELECT entry_id, customer_id, journey, entry_no, horizon, step_key, since, looks_back, 0 AS n FROM stand
UNION ALL
SELECT s.entry_id, s.customer_id, s.journey, s.entry_no, s.horizon, h.to_key, h.clock, TRUE, h.n FROM hop AS h JOIN stand AS s USING (entry_id);

INSERT INTO hop
WITH won AS (
    SELECT p.entry_id, min(e.occurred_at) AS clock, arg_min(e.name, e.occurred_at) AS name
    FROM stand AS p JOIN waiting AS w USING (step_key)
    JOIN recent_event AS e ON e.customer_id = p.customer_id AND e.occurred_at > p.since AND e.occurred_at <= least(p.since + w.takes, p.horizon)
    WHERE p.step_key IN (1007, 2004, 2007, 3002, 3007) AND e.loaded_run = run_no() AND CASE p.step_key
        WHEN 1007 THEN (e.name = 'touch.clicked' AND e.entry = p.entry_id::VARCHAR) OR (e.name = 'product_viewed' AND e.product = 'salary_plan')
        WHEN 2004 THEN (e.name = 'touch.clicked' AND e.entry = p.entry_id::VARCHAR) OR e.name = 'product_viewed'
        WHEN 2007 THEN e.entry = p.entry_id::VARCHAR AND e.name <> 'touch.clicked'
        WHEN 3002 THEN (e.name = 'touch.clicked' AND e.entry = p.entry_id::VARCHAR) OR e.name = 'app_login'
        ELSE e.name = 'product_viewed' AND e.product = 'pension_deposit' END
    GROUP BY ALL
)
SELECT p.entry_id, 1, p.step_key, CASE WHEN v.entry_id IS NULL THEN w.else_key WHEN p.step_key = 2007 THEN
        CASE WHEN v.name IN ('touch.answered', 'touch.confirmed') THEN 2009 WHEN v.name = 'touch.refused' THEN 2010 ELSE 2008 END ELSE w.won_key END,
    coalesce(v.clock, p.since + w.takes),
    CASE WHEN v.entry_id IS NULL THEN 'timed out' ELSE 'won' END
FROM stand AS p JOIN waiting AS w USING (step_key) LEFT JOIN won AS v USING (entry_id)
WHERE p.step_key IN (1007, 2004, 2007, 3002, 3007) AND (v.entry_id IS NOT NULL OR p.since + w.takes <= p.horizon);
INSERT INTO hop
SELECT p.entry_id, p.n + 1, p.step_key, CASE p.step_key
        WHEN 1002 THEN CASE WHEN f.has_salary_plan OR f.is_student OR f.vulnerable OR EXISTS (FROM segment.risk_hold AS h WHERE h.customer_id = p.customer_id) THEN 1009 ELSE 1003 END
        WHEN 2005 THEN CASE WHEN f.has_salary_plan OR f.vulnerable THEN 2010 WHEN f.total_balance >= 5000000 THEN 2006
            WHEN f.last_salary_amount >= 300000 THEN 2008 ELSE 2010 END
        ELSE CASE WHEN f.vulnerable OR EXISTS (FROM segment.open_complaint AS h WHERE h.customer_id = p.customer_id) OR f.has_pension_deposit OR f.total_balance < 500000 THEN 3009 ELSE 3004 END END,
    p.since, 'branched'
FROM arrived AS p LEFT JOIN tonglu.profile AS f USING (customer_id)
WHERE p.step_key IN (1002, 2005, 3003) AND p.since <= p.horizon;
CREATE TEMP TABLE draw AS
SELECT p.*, chance('arm|' || p.journey || '|' || p.customer_id || '|pace|' || p.entry_no) < a.share AS first, a.* EXCLUDE (step_key)
FROM arrived AS p JOIN arm AS a USING (step_key) WHERE p.step_key IN (1003, 2001, 3004) AND p.since <= p.horizon;
INSERT INTO hop
SELECT entry_id, n + 1, step_key, CASE WHEN first THEN first_key ELSE second_key END, since, 'arm ' || CASE WHEN first THEN first_arm ELSE second_arm END
FROM draw;
INSERT INTO tonglu.exposure
SELECT run_no(), entry_id, customer_id, journey, step_key, 'pace', CASE WHEN first THEN first_arm ELSE second_arm END,
    CASE WHEN first THEN share ELSE rest_share END, since
FROM draw;
INSERT INTO hop
WITH here AS (
    SELECT p.*, w.* EXCLUDE (step_key) FROM arrived AS p JOIN waiting AS w USING (step_key) WHERE p.step_key IN (1004, 1005, 1009, 2002, 2009, 3005)
), won AS (
    SELECT p.entry_id, min(e.occurred_at) AS clock
    FROM here AS p JOIN recent_event AS e ON e.customer_id = p.customer_id AND e.occurred_at > p.since AND e.occurred_at <= least(p.since + p.takes, p.horizon)
    WHERE p.step_key = 1005 AND e.name = 'app_login' AND (p.looks_back OR e.loaded_run = run_no()) GROUP BY ALL
    UNION ALL
    SELECT p.entry_id, as_of() FROM here AS p SEMI JOIN segment.payroll_missed_pay_day USING (customer_id)
    WHERE p.step_key = 1009 AND p.since <= as_of() AND p.horizon >= as_of() AND p.since + p.takes >= as_of()
)
SELECT p.entry_id, p.n + 1, p.step_key, CASE WHEN v.entry_id IS NULL THEN p.else_key ELSE p.won_key END, coalesce(v.clock, p.since + p.takes),
    CASE WHEN v.entry_id IS NOT NULL THEN 'won' WHEN p.won_key IS NULL THEN 'waited' ELSE 'timed out' END
FROM here AS p LEFT JOIN won AS v USING (entry_id)
WHERE v.entry_id IS NOT NULL OR p.since + p.takes <= p.horizon;

INSERT INTO tonglu.move SELECT run_no(), entry_id, s.phase + h.n, h.from_key, h.to_key, h.clock, h.cause FROM hop AS h JOIN stand AS s USING (entry_id);
CREATE TEMP TABLE settled AS
SELECT h.entry_id, arg_max(h.to_key, h.n) AS step_key, arg_max(h.clock, h.n) AS since FROM hop AS h GROUP BY h.entry_id;
CREATE TEMP TABLE ending AS
SELECT entry_id, s.since AS ended_at, f.reason FROM settled AS s JOIN final AS f USING (step_key)
UNION ALL
SELECT l.entry_id, greatest(l.exit_at, s.since, r.since), l.reason
FROM leaving AS l LEFT JOIN settled AS s USING (entry_id) LEFT JOIN tonglu.rest AS r USING (entry_id)
WHERE s.step_key IS NULL OR s.step_key NOT IN (SELECT step_key FROM final);
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
