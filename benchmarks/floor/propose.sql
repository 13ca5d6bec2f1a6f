-- Every entry that rests at a touch proposes; controls walk along as ghosts. All gates that look at one proposal alone, in one pass.
CREATE TEMP TABLE cooling AS
SELECT DISTINCT customer_id, name = 'touch.refused' AS refused FROM source.events
WHERE name IN ('touch.refused', 'complaint_opened', 'complaint_closed') AND occurred_at > as_of() - INTERVAL 30 DAY AND occurred_at <= as_of();
CREATE TEMP TABLE proposal AS
WITH proposed AS (
    SELECT row_number() OVER (ORDER BY r.entry_id) AS proposal_no, r.entry_id, r.customer_id, r.journey, r.version_no, r.entry_no,
        r.assignment <> 'treated' AS ghost, r.step_key, s.step, s.message, to_microseconds(s.valid_us) AS valid, s.competes, r.since,
        CASE r.journey WHEN 'silver_pension_day' THEN 2 ELSE 3 END AS priority,
        CASE r.journey WHEN 'payroll_companion' THEN 12000 WHEN 'payroll_outflow_retention' THEN 6000 ELSE 20000 END AS value,
        chance('tie|' || epoch_us(as_of()) || '|' || r.customer_id || '|' || r.journey || '|' || s.step) AS tie,
        coalesce(w.first_proposed_at, as_of()) AS first_proposed_at
    FROM tonglu.rest AS r JOIN tonglu.step AS s USING (step_key) LEFT JOIN tonglu.waiting_touch AS w USING (entry_id, step_key)
    WHERE s.message IS NOT NULL AND r.since <= as_of()
), way AS ( -- the channels that the customer permits, app_push before sms, a call before wecom, and the first that has an address
    SELECT p.proposal_no, count(*) AS permitted, arg_min(a.channel, a.channel) AS channel
    FROM proposed AS p
    JOIN source.consents AS c ON c.customer_id = p.customer_id AND c.purpose = 'marketing' AND c.granted
        AND c.channel IN (CASE p.step_key WHEN 2006 THEN 'call' ELSE 'app_push' END, CASE p.step_key WHEN 2006 THEN 'wecom' ELSE 'sms' END)
    LEFT JOIN personal.addresses AS a ON a.customer_id = p.customer_id AND a.channel = c.channel
    WHERE NOT EXISTS (FROM out_of AS o WHERE o.customer_id = c.customer_id AND o.channel = c.channel AND o.since >= c.changed_at)
    GROUP BY p.proposal_no
), held AS ( -- the first live risk rule that hits the customer
    SELECT customer_id, arg_min(rule, rule_no) AS rule FROM risk_hit WHERE live GROUP BY customer_id
), known AS ( -- the offers are deposits, which suit who is of age, not vulnerable, and neither refused nor complained of late
    SELECT p.*, CASE WHEN p.step_key IN (1006, 1008, 2008, 3006) THEN list_filter([
            CASE WHEN f.age NOT BETWEEN 18 AND 120 THEN 'ages_of_the_product' END,
            CASE WHEN f.vulnerable THEN 'nothing_to_the_vulnerable' END,
            CASE WHEN EXISTS (FROM cooling AS c WHERE c.customer_id = p.customer_id AND c.refused) THEN 'after_a_refusal' END,
            CASE WHEN EXISTS (FROM cooling AS c WHERE c.customer_id = p.customer_id AND NOT c.refused)
                OR EXISTS (FROM segment.open_complaint AS o WHERE o.customer_id = p.customer_id) THEN 'after_a_complaint' END
            ], lambda rule: rule IS NOT NULL) END AS broken,
        f.risk_rating, f.risk_rated_on, f.age, f.vulnerable, f.in_arrears, f.in_collections, f.is_student, f.has_pension_deposit, f.has_salary_plan
    FROM proposed AS p LEFT JOIN tonglu.profile AS f USING (customer_id)
), judged AS (
    SELECT p.* EXCLUDE (has_pension_deposit, has_salary_plan), h.rule AS held_by, CASE
            WHEN as_of() > p.first_proposed_at + p.valid THEN 'expired'
            WHEN NOT CASE p.step_key WHEN 2008 THEN coalesce(NOT p.vulnerable, FALSE)
                WHEN 3006 THEN coalesce(NOT p.has_pension_deposit, FALSE)
                WHEN 1006 THEN coalesce(NOT p.has_salary_plan, FALSE)
                WHEN 1008 THEN coalesce(NOT p.has_salary_plan, FALSE) ELSE TRUE END THEN 'not_eligible'
            WHEN p.broken[1] = 'ages_of_the_product' THEN CASE WHEN p.age < 18 THEN 'too_young' ELSE 'too_old' END
            WHEN p.broken[1] = 'nothing_to_the_vulnerable' THEN 'vulnerable'
            WHEN len(p.broken) > 0 THEN 'cooling_off'
            WHEN u.reason IS NOT NULL THEN u.reason
            WHEN y.permitted IS NULL THEN CASE WHEN EXISTS (FROM out_of AS o WHERE o.customer_id = p.customer_id
                AND o.channel IN (CASE p.step_key WHEN 2006 THEN 'call' ELSE 'app_push' END, CASE p.step_key WHEN 2006 THEN 'wecom' ELSE 'sms' END)) THEN 'opted_out' ELSE 'no_consent' END
            WHEN h.rule IS NOT NULL THEN 'risk_hold'
            WHEN y.channel IS NULL THEN 'no_address' END AS stopped_by, y.channel, s.customer_id IS NOT NULL AS silver
    FROM known AS p LEFT JOIN way AS y USING (proposal_no) LEFT JOIN held AS h USING (customer_id)
    LEFT JOIN unwilling AS u USING (customer_id) LEFT JOIN segment.silver_haired AS s USING (customer_id)
)
SELECT * EXCLUDE (stopped_by, channel), (value * 0.0002)::DECIMAL(18, 6) AS score, topic_of(message) AS topic, CASE WHEN stopped_by IS NULL THEN channel END AS channel,
    CASE WHEN stopped_by IS NULL THEN opening_of(channel, silver) END AS not_before,
    coalesce(stopped_by, CASE WHEN not_before > first_proposed_at + valid THEN 'closed' END) AS reason,
    CASE reason WHEN 'expired' THEN 'valid_for' WHEN 'not_eligible' THEN 'eligible' WHEN 'opted_out' THEN 'consent' WHEN 'no_consent' THEN 'consent'
        WHEN 'complaint_hold' THEN 'consent' WHEN 'profiling_refused' THEN 'consent'
        WHEN 'too_young' THEN 'suitable' WHEN 'too_old' THEN 'suitable' WHEN 'vulnerable' THEN 'suitable' WHEN 'cooling_off' THEN 'suitable'
        WHEN 'risk_hold' THEN 'risk' WHEN 'no_address' THEN 'reachable' WHEN 'closed' THEN 'quiet_hours' END AS gate,
    CASE gate WHEN 'suitable' THEN broken[1] WHEN 'risk' THEN held_by
        WHEN 'quiet_hours' THEN 'opens ' || strftime(not_before, '%Y-%m-%dT%H:%MZ') END AS detail,
    CASE WHEN reason IS NULL THEN NULL WHEN ghost OR reason NOT IN ('risk_hold', 'closed') THEN 'dropped' ELSE 'deferred' END AS outcome,
    NULL::VARCHAR AS arm
FROM judged;

INSERT INTO tonglu.suitability
SELECT run_no(), entry_id, step_key, ghost, 'deposit', 0, 18, 120, risk_rating, risk_rated_on, age, vulnerable, in_arrears, in_collections, is_student,
    broken, []
FROM proposal WHERE broken IS NOT NULL AND (gate IS NULL OR gate NOT IN ('valid_for', 'eligible')) ORDER BY proposal_no;
