-- Every entry that rests at a touch proposes; controls walk along as ghosts. All gates that look at one proposal alone, in one pass.
CREATE TEMP TABLE proposal AS
WITH proposed AS (
    SELECT row_number() OVER (ORDER BY r.entry_id) AS proposal_no, r.entry_id, r.customer_id, r.journey, r.version_no, r.entry_no,
        r.assignment <> 'treated' AS ghost, r.step_key, s.step, s.message, to_microseconds(s.valid_us) AS valid, s.competes, r.since,
        4 AS priority, 2.0::DECIMAL(18, 6) AS score,
        chance('tie|' || epoch_us(as_of()) || '|' || r.customer_id || '|' || r.journey || '|' || s.step) AS tie,
        coalesce(w.first_proposed_at, as_of()) AS first_proposed_at
    FROM tonglu.rest AS r JOIN tonglu.step AS s USING (step_key) LEFT JOIN tonglu.waiting_touch AS w USING (entry_id, step_key)
    WHERE s.message IS NOT NULL AND r.since <= as_of()
), way AS ( -- the channels that the customer permits, app_push before sms, and the first that has an address
    SELECT p.proposal_no, count(*) AS permitted, arg_min(a.channel, a.channel) AS channel
    FROM proposed AS p
    JOIN source.consents AS c ON c.customer_id = p.customer_id AND c.purpose = 'marketing' AND c.channel IN ('app_push', 'sms') AND c.granted
    LEFT JOIN personal.addresses AS a ON a.customer_id = p.customer_id AND a.channel = c.channel
    WHERE NOT EXISTS (SELECT 1 FROM tonglu.opt_out AS o
        WHERE o.customer_id = c.customer_id AND o.channel IN (c.channel, '*') AND o.opted_out_at >= c.changed_at)
    GROUP BY p.proposal_no
), held AS ( -- the first live risk rule that hits the customer
    SELECT customer_id, arg_min(rule, rule_no) AS rule FROM risk_hit WHERE live GROUP BY customer_id
), judged AS (
    SELECT p.*, h.rule AS held_by, CASE
            WHEN as_of() > p.first_proposed_at + p.valid THEN 'expired'
            WHEN p.step_key % 1000 = 6 AND NOT coalesce(NOT f.has_salary_plan, FALSE) THEN 'not_eligible'
            WHEN y.permitted IS NULL THEN CASE WHEN p.customer_id IN
                (SELECT customer_id FROM tonglu.opt_out WHERE channel IN ('app_push', 'sms', '*')) THEN 'opted_out' ELSE 'no_consent' END
            WHEN h.rule IS NOT NULL THEN 'risk_hold'
            WHEN y.channel IS NULL THEN 'no_address' END AS stopped_by, y.channel
    FROM proposed AS p LEFT JOIN way AS y USING (proposal_no) LEFT JOIN tonglu.profile AS f USING (customer_id)
    LEFT JOIN held AS h USING (customer_id)
)
SELECT * EXCLUDE (stopped_by, channel), CASE WHEN stopped_by IS NULL THEN channel END AS channel,
    CASE WHEN stopped_by IS NULL THEN opening(CASE channel WHEN 'sms' THEN TIME '21:00' ELSE TIME '22:00' END) END AS not_before,
    coalesce(stopped_by, CASE WHEN not_before > first_proposed_at + valid THEN 'closed' END) AS reason,
    CASE reason WHEN 'expired' THEN 'valid_for' WHEN 'not_eligible' THEN 'eligible' WHEN 'opted_out' THEN 'consent' WHEN 'no_consent' THEN 'consent'
        WHEN 'risk_hold' THEN 'risk' WHEN 'no_address' THEN 'reachable' WHEN 'closed' THEN 'quiet_hours' END AS gate,
    CASE gate WHEN 'risk' THEN held_by WHEN 'quiet_hours' THEN 'opens ' || strftime(not_before, '%Y-%m-%dT%H:%MZ') END AS detail,
    CASE WHEN reason IS NULL THEN NULL WHEN ghost OR reason NOT IN ('risk_hold', 'closed') THEN 'dropped' ELSE 'deferred' END AS outcome,
    NULL::VARCHAR AS arm
FROM judged;

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
-- Caps and arbitration: by rank, the first proposal of a customer that no cap stops is sent; one a day leaves no room for another.
UPDATE proposal SET outcome = c.outcome, gate = c.gate, reason = c.reason, detail = c.cap
FROM (
    WITH counted AS (
        SELECT p.proposal_no, count(*) FILTER (WHERE t.not_before > p.not_before - INTERVAL 1 DAY) AS last_day,
            count(*) FILTER (WHERE t.not_before > p.not_before - INTERVAL 7 DAY) AS last_week,
            count(*) FILTER (WHERE t.not_before > p.not_before - INTERVAL 30 DAY) AS last_month,
            count(*) FILTER (WHERE t.not_before > p.not_before - INTERVAL 7 DAY AND t.channel = 'sms' AND p.channel = 'sms') AS sms
        FROM proposal AS p JOIN tonglu.touch AS t USING (customer_id)
        WHERE p.outcome IS NULL AND NOT p.ghost AND t.not_before > as_of() - INTERVAL 30 DAY
          AND NOT EXISTS (SELECT 1 FROM tonglu.delivery AS d WHERE d.touch_key = t.touch_key AND d.state IN ('cancelled', 'expired'))
        GROUP BY ALL
    ), alone AS (
        SELECT p.*, CASE WHEN n.last_day >= 1 THEN 'marketing_1_in_1_day' WHEN n.last_week >= 3 THEN 'marketing_3_in_7_days'
            WHEN n.last_month >= 8 THEN 'marketing_8_in_30_days' WHEN n.sms >= 2 THEN 'marketing_sms_2_in_7_days' END AS own_cap
        FROM proposal AS p LEFT JOIN counted AS n USING (proposal_no) WHERE p.outcome IS NULL AND NOT p.ghost
    ), ranked AS (
        SELECT *, CASE WHEN count(*) FILTER (WHERE own_cap IS NULL) OVER before > 0 THEN 'marketing_1_in_1_day' ELSE own_cap END AS cap
        FROM alone
        WINDOW before AS (PARTITION BY customer_id ORDER BY priority, score DESC, tie, proposal_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT proposal_no, cap, CASE WHEN cap IS NULL THEN 'sent' WHEN competes THEN 'deferred' ELSE 'dropped' END AS outcome,
        CASE WHEN cap IS NOT NULL THEN 'contact_policy' END AS gate, CASE WHEN cap IS NULL THEN 'passed' ELSE 'cap_reached' END AS reason
    FROM ranked
) AS c
WHERE c.proposal_no = proposal.proposal_no;
UPDATE proposal SET outcome = 'sent' WHERE outcome IS NULL;

INSERT INTO tonglu.decision
SELECT run_no(), entry_id, customer_id, journey, version_no, step_key, step, 1, outcome, gate, reason, detail, channel, message, arm,
    priority, score, tie, not_before, first_proposed_at
FROM proposal WHERE NOT ghost ORDER BY proposal_no;
INSERT INTO tonglu.ghost
SELECT run_no(), entry_id, customer_id, journey, step_key, step, 1, outcome = 'sent', gate, reason, channel, arm
FROM proposal WHERE ghost ORDER BY proposal_no;
INSERT INTO tonglu.touch
SELECT md5(concat_ws('|', journey, customer_id, '', entry_no, step, 1, 1)), run_no(), entry_id, customer_id, journey, version_no, step, 1, 'marketing',
    channel, message, arm, as_of(), not_before, not_before + valid,
    printf('%06d-%s-%s', run_no(), channel, strftime(not_before, '%Y%m%dT%H%M'))
FROM proposal WHERE outcome = 'sent' AND NOT ghost ORDER BY proposal_no;
DELETE FROM tonglu.waiting_touch WHERE entry_id IN (SELECT entry_id FROM proposal) OR entry_id NOT IN (SELECT entry_id FROM tonglu.rest);
INSERT INTO tonglu.waiting_touch SELECT entry_id, step_key, 1, first_proposed_at, 0 FROM proposal WHERE outcome = 'deferred';

-- Who was decided moves on: to the next wait, or to the end where an offer was dropped.
CREATE TEMP TABLE decided AS
SELECT p.entry_id, p.step_key AS from_key, CASE WHEN p.outcome = 'sent' THEN s.next_key ELSE coalesce(s.otherwise_key, s.next_key) END AS to_key,
    greatest(p.since, as_of(), CASE WHEN p.outcome = 'sent' THEN p.not_before END) AS clock, CASE WHEN p.ghost THEN 'ghost' ELSE p.outcome END AS cause
FROM proposal AS p JOIN tonglu.step AS s USING (step_key) WHERE p.outcome <> 'deferred';
INSERT INTO tonglu.move SELECT run_no(), entry_id, 300001, from_key, to_key, clock, cause FROM decided;
INSERT INTO tonglu.ended SELECT entry_id, run_no(), clock, f.reason FROM decided JOIN final AS f ON f.step = to_key % 1000;
UPDATE tonglu.rest SET step_key = d.to_key, since = d.clock, due_at = d.clock + w.takes
FROM decided AS d LEFT JOIN waiting AS w ON w.step_key = d.to_key WHERE d.entry_id = rest.entry_id;
DELETE FROM tonglu.rest WHERE entry_id IN (SELECT entry_id FROM decided WHERE to_key % 1000 IN (SELECT step FROM final));
