-- What the risk rules met: what passed every gate before that one. Rules in shadow are counted as if they stopped.
CREATE TEMP TABLE risk_met AS
SELECT p.*, h.rule_no, h.rule, h.live, h.until FROM proposal AS p JOIN risk_hit AS h USING (customer_id)
WHERE p.gate IS NULL OR p.gate NOT IN ('valid_for', 'eligible', 'suitable', 'consent');
INSERT INTO tonglu.risk_seen
SELECT run_no(), entry_id, step_key, ghost, coalesce(list(rule ORDER BY rule_no) FILTER (live), []), coalesce(list(rule ORDER BY rule_no) FILTER (NOT live), []),
    CASE WHEN bool_and(until IS NOT NULL) FILTER (live) THEN max(until) FILTER (live) END
FROM risk_met GROUP BY proposal_no, entry_id, step_key, ghost ORDER BY proposal_no;
INSERT INTO tonglu.risk_count
SELECT run_no(), r.rule, r.title_zh, r.title_en, r.dimension, r.action, r.mode, (SELECT count(*) FROM risk_hit AS h WHERE h.rule_no = r.rule_no),
    count(m.entry_id), count(*) FILTER (m.detail = r.rule), count(*) FILTER (NOT m.live AND m.reason IS DISTINCT FROM 'risk_hold'),
    count(*) FILTER (m.detail = r.rule AND NOT EXISTS (SELECT 1 FROM tonglu.decision AS d
        WHERE d.entry_id = m.entry_id AND d.step_key = m.step_key AND d.reason = 'risk_hold' AND d.detail = r.rule))
FROM risk_rule AS r LEFT JOIN risk_met AS m ON m.rule_no = r.rule_no AND NOT m.ghost
GROUP BY r.rule_no, r.rule, r.title_zh, r.title_en, r.dimension, r.action, r.mode ORDER BY r.rule_no;
-- The text's arm is drawn at the first proposal and kept.
INSERT INTO tonglu.exposure
SELECT run_no(), p.entry_id, p.customer_id, p.journey, p.step_key, p.step, CASE WHEN first THEN p.first_arm ELSE p.second_arm END,
    CASE WHEN first THEN p.share ELSE p.rest_share END, as_of()
FROM (
    SELECT p.*, a.* EXCLUDE (step_key), chance('arm|' || p.journey || '|' || p.customer_id || '|' || p.step || '|' || p.entry_no) < a.share AS first
    FROM proposal AS p JOIN arm AS a USING (step_key)
    WHERE NOT EXISTS (SELECT 1 FROM tonglu.exposure AS x WHERE x.entry_id = p.entry_id AND x.step_key = p.step_key)
) AS p;
UPDATE proposal SET arm = x.arm FROM tonglu.exposure AS x WHERE x.entry_id = proposal.entry_id AND x.step_key = proposal.step_key;

INSERT INTO tonglu.hours_group
SELECT run_no(), entry_id, step, 'silver_haired' FROM proposal WHERE channel = 'sms' AND silver ORDER BY proposal_no;

-- What a touch is worth: 2 % of its goal's value, less for whom touches were planned of late, more for who logged in.
INSERT INTO tonglu.worth
SELECT DISTINCT run_no(), journey, step_key, step, topic, 0.02, value, 'prior', score FROM proposal WHERE NOT ghost;
-- Touches of earlier runs that were not taken back. One that people work counts at its end while it is open, then when it was settled.
CREATE TEMP TABLE reserved AS
SELECT t.run_no, t.entry_id, t.customer_id, t.journey, t.step, t.purpose, t.channel, topic_of(t.message) AS topic, t.not_before,
    CASE WHEN w.touch_key IS NULL THEN t.not_before ELSE coalesce(d.settled_at, w.expires_at) END AS counts_at,
    {'planned_at': t.not_before, 'journey': t.journey, 'step': t.step} AS place
FROM tonglu.touch AS t LEFT JOIN tonglu.work_item AS w USING (touch_key) LEFT JOIN (
    SELECT touch_key, min(changed_at) FILTER (state IN ('delivered', 'failed', 'unknown')) AS settled_at,
        bool_or(state IN ('cancelled', 'expired')) AS taken_back
    FROM tonglu.delivery GROUP BY touch_key
) AS d USING (touch_key)
WHERE t.not_before > as_of() - INTERVAL 40 DAY AND NOT coalesce(d.taken_back, FALSE);
CREATE TEMP TABLE situation AS
WITH touched AS (
    SELECT DISTINCT customer_id FROM reserved WHERE not_before > as_of() - INTERVAL 3 DAY AND not_before <= as_of()
), active AS (
    SELECT DISTINCT customer_id FROM source.events
    WHERE name = 'app_login' AND occurred_at > as_of() - INTERVAL 2 DAY AND occurred_at <= as_of()
)
SELECT p.proposal_no, p.entry_id, p.step_key, CASE WHEN t.customer_id IS NULL THEN 1.2 WHEN a.customer_id IS NULL THEN 0.6 ELSE 0.72 END AS context,
    CASE WHEN t.customer_id IS NULL THEN [2] WHEN a.customer_id IS NULL THEN [1] ELSE [1, 2] END AS weights
FROM proposal AS p LEFT JOIN touched AS t USING (customer_id) LEFT JOIN active AS a USING (customer_id)
WHERE p.outcome IS NULL AND NOT p.ghost AND (t.customer_id IS NOT NULL OR a.customer_id IS NOT NULL);
INSERT INTO tonglu.weighed SELECT run_no(), entry_id, step_key, context, 1, weights FROM situation ORDER BY proposal_no;
UPDATE proposal SET score = (score * s.context)::DECIMAL(18, 6) FROM situation AS s WHERE s.proposal_no = proposal.proposal_no;

-- Caps: by rank, the first proposal of a customer that no cap stops passes. One a day leaves no room for another, so that nothing is outranked.
-- Then the topic: whom another journey has touched about it within seven days is excluded.
CREATE TEMP TABLE stopped AS
WITH contact AS (
    SELECT p.proposal_no, p.channel = t.channel AS same, t.channel, t.place, p.not_before - t.counts_at AS ago
    FROM proposal AS p JOIN reserved AS t USING (customer_id) WHERE p.outcome IS NULL AND NOT p.ghost AND t.purpose = 'marketing'
), counted AS (
    SELECT proposal_no, CASE
            WHEN count(*) FILTER (ago < INTERVAL 1 DAY) >= 1 THEN {'cap': 'marketing_1_in_1_day', 'place': max(place) FILTER (ago < INTERVAL 1 DAY)}
            WHEN count(*) FILTER (ago < INTERVAL 7 DAY) >= 3 THEN {'cap': 'marketing_3_in_7_days', 'place': max(place) FILTER (ago < INTERVAL 7 DAY)}
            WHEN count(*) FILTER (ago < INTERVAL 30 DAY) >= 8 THEN {'cap': 'marketing_8_in_30_days', 'place': max(place) FILTER (ago < INTERVAL 30 DAY)}
            WHEN count(*) FILTER (same AND channel = 'sms' AND ago < INTERVAL 7 DAY) >= 2
                THEN {'cap': 'marketing_sms_2_in_7_days', 'place': max(place) FILTER (same AND ago < INTERVAL 7 DAY)}
            WHEN count(*) FILTER (same AND channel = 'wecom' AND ago < INTERVAL 30 DAY) >= 4
                THEN {'cap': 'marketing_wecom_4_in_30_days', 'place': max(place) FILTER (same AND ago < INTERVAL 30 DAY)}
            WHEN count(*) FILTER (same AND channel = 'call' AND ago < INTERVAL 7 DAY) >= 1
                THEN {'cap': 'marketing_call_1_in_7_days', 'place': max(place) FILTER (same AND ago < INTERVAL 7 DAY)}
            WHEN count(*) FILTER (same AND channel = 'call' AND ago < INTERVAL 30 DAY) >= 2
                THEN {'cap': 'marketing_call_2_in_30_days', 'place': max(place) FILTER (same AND ago < INTERVAL 30 DAY)} END AS used_up
    FROM contact GROUP BY proposal_no
), ranked AS (
    SELECT p.*, n.used_up, row_number() OVER (PARTITION BY customer_id ORDER BY priority, score DESC, tie, proposal_no) AS rank
    FROM proposal AS p LEFT JOIN counted AS n USING (proposal_no) WHERE p.outcome IS NULL AND NOT p.ghost
), passing AS (
    SELECT *, first_value(CASE WHEN used_up IS NULL THEN {'planned_at': not_before, 'journey': journey, 'step': step, 'rank': rank} END IGNORE NULLS)
        OVER (PARTITION BY customer_id ORDER BY rank ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS better
    FROM ranked
), capped AS (
    SELECT *, {'planned_at': better.planned_at, 'journey': better.journey, 'step': better.step} AS winner, CASE
            WHEN better IS NULL THEN used_up
            WHEN used_up.cap = 'marketing_1_in_1_day' AND used_up.place > winner THEN used_up
            ELSE {'cap': 'marketing_1_in_1_day', 'place': winner} END AS lost
    FROM passing
), excluded AS (
    SELECT c.proposal_no, max(t.place) AS place
    FROM capped AS c JOIN reserved AS t ON t.customer_id = c.customer_id AND t.topic = c.topic AND t.journey <> c.journey
        AND t.not_before > c.not_before - INTERVAL 7 DAY AND t.not_before < c.not_before + INTERVAL 7 DAY
    WHERE c.lost IS NULL GROUP BY c.proposal_no
)
SELECT c.proposal_no, c.entry_id, c.step_key, c.competes, CASE WHEN c.lost IS NULL THEN 'arbitration' ELSE 'contact_policy' END AS gate,
    CASE WHEN c.lost IS NULL THEN 'excluded' ELSE 'cap_reached' END AS reason, coalesce(c.lost.cap, 'topic_lock') AS rule,
    coalesce(c.lost.place, x.place) AS place
FROM capped AS c LEFT JOIN excluded AS x USING (proposal_no) WHERE c.lost IS NOT NULL OR x.proposal_no IS NOT NULL;
INSERT INTO tonglu.yielded SELECT run_no(), entry_id, step_key, rule, place.journey, place.step, place.planned_at FROM stopped;
UPDATE proposal SET outcome = CASE WHEN s.competes THEN 'deferred' ELSE 'dropped' END, gate = s.gate, reason = s.reason,
    detail = CASE s.reason WHEN 'excluded' THEN s.place.journey || '.' || s.place.step ELSE s.rule END
FROM stopped AS s WHERE s.proposal_no = proposal.proposal_no;
UPDATE proposal SET outcome = 'sent', reason = CASE WHEN NOT ghost THEN 'passed' END WHERE outcome IS NULL;

-- Capacity and budget: the bank's limits leave room for all, so each touch is planned at its opening, and what it takes is counted.
INSERT INTO tonglu.contender
SELECT run_no(), p.entry_id, p.step_key, p.customer_id, coalesce(f.branch_id::VARCHAR, ''), '', CASE p.channel WHEN 'sms' THEN 5 ELSE 0 END,
    p.not_before, p.first_proposed_at + p.valid, NULL
FROM proposal AS p LEFT JOIN tonglu.profile AS f USING (customer_id) WHERE p.outcome = 'sent' AND NOT p.ghost ORDER BY p.proposal_no;
INSERT INTO tonglu.limit_use
WITH taking AS (
    SELECT p.channel, c.branch, p.not_before, TRUE AS today
    FROM proposal AS p JOIN tonglu.contender AS c ON c.run_no = run_no() AND c.entry_id = p.entry_id WHERE p.outcome = 'sent' AND NOT p.ghost
    UNION ALL
    SELECT t.channel, coalesce(c.branch, f.branch_id::VARCHAR, ''), t.not_before, FALSE
    FROM reserved AS t LEFT JOIN tonglu.contender AS c USING (run_no, entry_id) LEFT JOIN tonglu.profile AS f ON f.customer_id = t.customer_id
    WHERE t.channel IN ('sms', 'wecom')
), taken AS (
    SELECT 1 AS limit_no, '' AS unit, bank_day(not_before) AS starts, 1 AS amount, today FROM taking WHERE channel = 'sms'
    UNION ALL SELECT 2, branch, bank_day(not_before), 1, today FROM taking WHERE channel = 'wecom'
    UNION ALL SELECT 4, '', bank_day(not_before), 5, today FROM taking WHERE channel = 'sms'
    UNION ALL SELECT 5, '', bank_month(not_before), 5, today FROM taking WHERE channel = 'sms'
), ours AS (
    SELECT * FROM (VALUES
        (1, 'sms_daily', 'capacity', 'sms', NULL, NULL, 'day', INTERVAL 1 DAY, 500000),
        (2, 'wecom_branch', 'capacity', 'wecom', NULL, 'branch', 'day', INTERVAL 1 DAY, 300),
        (4, 'sms_money', 'budget', 'sms', NULL, NULL, 'day', INTERVAL 1 DAY, 2500000),
        (5, 'marketing_money', 'budget', NULL, 'marketing', NULL, 'month', INTERVAL 1 MONTH, 30000000)
    ) AS l(limit_no, name, gate, channel, purpose, unit_kind, period, lasts, at_most)
)
SELECT run_no(), l.limit_no, l.name, l.gate, l.channel, NULL, l.purpose, l.unit_kind, t.unit, l.period, t.starts,
    t.starts + INTERVAL 8 HOUR + l.lasts - INTERVAL 8 HOUR, l.at_most, coalesce(sum(t.amount) FILTER (NOT t.today), 0), sum(t.amount), 0, NULL
FROM taken AS t JOIN ours AS l USING (limit_no) GROUP BY ALL HAVING bool_or(t.today) ORDER BY l.limit_no, t.unit, t.starts;
INSERT INTO tonglu.allocation
SELECT run_no(), priority, count(*), count(*), sum(score), sum(score), 0, 'room' FROM proposal WHERE outcome = 'sent' AND NOT ghost
GROUP BY priority ORDER BY priority;
