-- Every entry that rests at a touch proposes; controls walk along as ghosts. All gates that look at one proposal alone, in one pass.
CREATE TEMP TABLE proposal AS
WITH proposed AS (
    SELECT row_number() OVER (ORDER BY r.entry_id) AS proposal_no, r.entry_id, r.customer_id, r.journey, r.version_no, r.entry_no,
        r.assignment <> 'treated' AS ghost, r.step_key, s.step, s.message, to_microseconds(s.valid_us) AS valid, s.competes, r.since,
        4 AS priority, 10000 AS value,
        chance('tie|' || epoch_us(as_of()) || '|' || r.customer_id || '|' || r.journey || '|' || s.step) AS tie,
        coalesce(w.first_proposed_at, as_of()) AS first_proposed_at
    FROM tonglu.rest AS r JOIN tonglu.step AS s USING (step_key) LEFT JOIN tonglu.waiting_touch AS w USING (entry_id, step_key)
    WHERE s.message IS NOT NULL AND r.since <= as_of()
), way AS ( -- the channels that the customer permits, app_push before sms, and the first that has an address
    SELECT p.proposal_no, count(*) AS permitted, arg_min(a.channel, a.channel) AS channel
    FROM proposed AS p
    JOIN source.consents AS c ON c.customer_id = p.customer_id AND c.purpose = 'marketing' AND c.granted
        AND c.channel IN ('app_push', 'sms')
    LEFT JOIN personal.addresses AS a ON a.customer_id = p.customer_id AND a.channel = c.channel
    WHERE NOT EXISTS (FROM out_of AS o WHERE o.customer_id = c.customer_id AND o.channel = c.channel AND o.since >= c.changed_at)
    GROUP BY p.proposal_no
), held AS ( -- the first live risk rule that hits the customer
    SELECT customer_id, arg_min(rule, rule_no) AS rule FROM risk_hit WHERE live GROUP BY customer_id
), judged AS (
    SELECT p.*, h.rule AS held_by, CASE
            WHEN as_of() > p.first_proposed_at + p.valid THEN 'expired'
            WHEN p.step_key % 1000 = 6 AND NOT coalesce(NOT f.has_salary_plan, FALSE) THEN 'not_eligible'
            WHEN u.reason IS NOT NULL THEN u.reason
            WHEN y.permitted IS NULL THEN CASE WHEN EXISTS (FROM out_of AS o WHERE o.customer_id = p.customer_id
                AND o.channel IN ('app_push', 'sms')) THEN 'opted_out' ELSE 'no_consent' END
            WHEN h.rule IS NOT NULL THEN 'risk_hold'
            WHEN y.channel IS NULL THEN 'no_address' END AS stopped_by, y.channel, s.customer_id IS NOT NULL AS silver
    FROM proposed AS p LEFT JOIN way AS y USING (proposal_no) LEFT JOIN tonglu.profile AS f USING (customer_id)
    LEFT JOIN held AS h USING (customer_id)
    LEFT JOIN unwilling AS u USING (customer_id) LEFT JOIN segment.silver_haired AS s USING (customer_id)
)
SELECT * EXCLUDE (stopped_by, channel), 2.0::DECIMAL(18, 6) AS score, topic_of(message) AS topic, CASE WHEN stopped_by IS NULL THEN channel END AS channel,
    CASE WHEN stopped_by IS NULL THEN opening_of(channel, silver) END AS not_before,
    coalesce(stopped_by, CASE WHEN not_before > first_proposed_at + valid THEN 'closed' END) AS reason,
    CASE reason WHEN 'expired' THEN 'valid_for' WHEN 'not_eligible' THEN 'eligible' WHEN 'opted_out' THEN 'consent' WHEN 'no_consent' THEN 'consent'
        WHEN 'complaint_hold' THEN 'consent' WHEN 'profiling_refused' THEN 'consent'
        WHEN 'risk_hold' THEN 'risk' WHEN 'no_address' THEN 'reachable' WHEN 'closed' THEN 'quiet_hours' END AS gate,
    CASE gate WHEN 'risk' THEN held_by WHEN 'quiet_hours' THEN 'opens ' || strftime(not_before, '%Y-%m-%dT%H:%MZ') END AS detail,
    CASE WHEN reason IS NULL THEN NULL WHEN ghost OR reason NOT IN ('risk_hold', 'closed') THEN 'dropped' ELSE 'deferred' END AS outcome,
    NULL::VARCHAR AS arm
FROM judged;

