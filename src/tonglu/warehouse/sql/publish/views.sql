-- What analysts read. Every instant is UTC, money is yuan where a column says so and fen otherwise; no personal data is in this file.
CREATE VIEW runs AS
SELECT run_no, as_of, definitions, coalesce((summary ->> 'entered')::BIGINT, 0) AS entered, coalesce((summary ->> 'ended')::BIGINT, 0) AS ended,
    coalesce((summary ->> 'proposals')::BIGINT, 0) AS proposals, coalesce((summary ->> 'sent')::BIGINT, 0) AS sent,
    coalesce((summary ->> 'deferred')::BIGINT, 0) AS deferred, coalesce((summary ->> 'dropped')::BIGINT, 0) AS dropped,
    coalesce((summary ->> 'conversions')::BIGINT, 0) AS conversions
FROM engine.run;
COMMENT ON VIEW runs IS 'One row per run of the loop: its instant, the hash of its definitions, and what it did.';
CREATE VIEW journeys AS
SELECT journey, version_no, hash, title_zh, title_en, purpose, first_run FROM engine.version;
COMMENT ON VIEW journeys IS 'Every version of every journey; an entry stays on the version that it entered.';
CREATE VIEW steps AS
SELECT s.journey, s.version_no, s.step_no, s.step, s.kind, s.label_zh, n.step AS next_step, o.step AS otherwise_step, s.branches
FROM engine.step AS s LEFT JOIN engine.step AS n ON n.step_key = s.next_key LEFT JOIN engine.step AS o ON o.step_key = s.otherwise_key;
COMMENT ON VIEW steps IS 'The steps of every version as they were compiled, with where they lead.';
CREATE VIEW entries AS
SELECT e.entry_id, e.journey, e.version_no, e.customer_id, e.entry_no, e.assignment, e.assigned_at,
    CASE WHEN d.entry_id IS NULL THEN 'open' ELSE 'ended' END AS state, s.step, r.since, d.ended_at, d.reason AS end_reason
FROM engine.entry AS e
LEFT JOIN engine.rest AS r USING (entry_id) LEFT JOIN engine.step AS s USING (step_key) LEFT JOIN engine.ended AS d USING (entry_id);
COMMENT ON VIEW entries IS 'One customer''s trip through one journey: treated, holdout or global control, where it rests or how it ended.';
CREATE VIEW journey_funnel AS
WITH arrival AS (
    SELECT entry_id, to_key AS step_key FROM engine.move
    UNION ALL
    SELECT e.entry_id, e.version_no * 1000 + 1 FROM engine.entry AS e
), arrived AS (
    SELECT a.step_key, e.assignment, count(DISTINCT a.entry_id) AS arrived FROM arrival AS a JOIN engine.entry AS e USING (entry_id) GROUP BY ALL
), resting AS (
    SELECT step_key, assignment, count(*) AS resting FROM engine.rest GROUP BY ALL
)
SELECT s.journey, s.version_no, s.step_no, s.step, s.kind, a.assignment, a.arrived, coalesce(r.resting, 0) AS resting,
    a.arrived - coalesce(r.resting, 0) AS left_step
FROM arrived AS a JOIN engine.step AS s USING (step_key) LEFT JOIN resting AS r USING (step_key, assignment);
COMMENT ON VIEW journey_funnel IS 'How many entries came to each step, rest there and went on, by version and assignment.';
CREATE VIEW decisions AS
SELECT d.run_no, r.as_of, d.journey, d.step, d.entry_id, d.customer_id, d.visit, d.outcome, d.gate, d.reason, d.detail, d.channel, d.arm, d.score,
    d.not_before
FROM engine.decision AS d JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW decisions IS 'One row per proposal and run: sent, deferred or dropped, by which gate and for which one reason.';
CREATE VIEW touches AS
WITH newest AS (
    SELECT touch_key, arg_max(state, seq) AS state FROM engine.delivery GROUP BY touch_key
), receipt AS (
    SELECT touch_key, min(occurred_at) FILTER (WHERE receipt = 'delivered') AS delivered_at,
        min(occurred_at) FILTER (WHERE receipt = 'failed') AS failed_at,
        min(occurred_at) FILTER (WHERE receipt = 'opened') AS opened_at, min(occurred_at) FILTER (WHERE receipt = 'clicked') AS clicked_at
    FROM engine.receipt GROUP BY touch_key
)
SELECT t.touch_key, t.run_no, t.journey, t.step, t.entry_id, t.customer_id, t.channel, t.message, t.arm, t.decided_at, t.not_before,
    CASE WHEN c.delivered_at IS NOT NULL THEN 'delivered' WHEN c.failed_at IS NOT NULL THEN 'failed' ELSE coalesce(n.state, 'waiting') END
        AS delivery_state, c.delivered_at, c.opened_at, c.clicked_at
FROM engine.touch AS t LEFT JOIN newest AS n USING (touch_key) LEFT JOIN receipt AS c USING (touch_key);
COMMENT ON VIEW touches IS 'Every touch that was sent, and what became of it.';
CREATE VIEW work_items AS
WITH life AS (
    SELECT touch_key, arg_max(state, seq) AS state, arg_max(detail, seq) AS detail, max(changed_at) AS changed_at FROM engine.delivery
    WHERE touch_key IN (SELECT touch_key FROM engine.work_item) GROUP BY touch_key
)
SELECT w.touch_key, w.run_no, w.journey, w.step, w.entry_id, w.customer_id, w.channel, w.branch_id, w.employee_id, w.not_before, w.expires_at,
    coalesce(l.state, 'waiting') AS delivery_state, CASE WHEN l.state IN ('delivered', 'failed') THEN l.detail END AS work_outcome,
    CASE WHEN l.state NOT IN ('waiting', 'pending') THEN l.changed_at END AS settled_at
FROM engine.work_item AS w LEFT JOIN life AS l USING (touch_key);
COMMENT ON VIEW work_items IS 'Every touch that people work: to whom it was given, whether it is pending, and how it came out.';
CREATE VIEW exposures AS SELECT entry_id, journey, step, arm, propensity, run_no, exposed_at FROM engine.exposure;
COMMENT ON VIEW exposures IS 'Which arm an entry was given, and with which probability.';
CREATE VIEW conversions AS
SELECT e.journey, c.entry_id, g.goal, c.event_id, c.occurred_at, c.value
FROM engine.conversion AS c JOIN engine.entry AS e USING (entry_id) JOIN engine.goal AS g ON g.version_no = e.version_no AND g.goal_no = c.goal_no;
COMMENT ON VIEW conversions IS 'Goal events within the window of an entry, treated and control alike; value in fen.';
CREATE VIEW lift AS SELECT l.run_no, r.as_of, l.* EXCLUDE (run_no) FROM engine.lift AS l JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW lift IS 'Difference of treated and held-out entries by intention to treat, as each run measured it; values in yuan per entry.';
CREATE VIEW lift_by AS
SELECT l.run_no, r.as_of, l.journey, l.goal, l.role, l.horizon_us / 86400000000 AS horizon_days, l.kind AS slice_kind, l.slice,
    l.* EXCLUDE (run_no, journey, goal, role, horizon_us, kind, slice)
FROM engine.lift_by AS l JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW lift_by IS 'The same by time since assignment, segment, stratum, arm, channel, for those who would be touched, and of all marketing together.';
CREATE VIEW trust AS SELECT t.run_no, r.as_of, t.* EXCLUDE (run_no) FROM engine.trust AS t JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW trust IS 'What was looked at before a lift is believed: the split of every draw, and the balance of what was known before.';
CREATE VIEW learned AS
SELECT l.run_no, r.as_of, l.journey, l.step, l.stratum, l.arm, l.n, l.conversions, l.p_best, l.propensity, l.expected_loss, l.p_value, l.standing
FROM engine.learned AS l JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW learned IS 'What each run learned of each arm, and the share that the next run gave it.';
CREATE VIEW harm AS SELECT h.run_no, r.as_of, h.* EXCLUDE (run_no) FROM engine.harm AS h JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW harm IS 'Journeys that paused themselves because their touches were shown to do harm.';
CREATE VIEW touch_worth AS
SELECT w.run_no, r.as_of, w.journey, w.step, w.topic, w.p, CAST(w.v * 0.01 AS DECIMAL(18, 2)) AS v, w.source, w.base
FROM engine.worth AS w JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW touch_worth IS 'What each run took a touch to be worth before context and levers: P x V, learned or by the journey''s prior.';
CREATE VIEW touch_credit AS
WITH reached AS (
    SELECT e.journey, g.goal, c.entry_id, min(c.occurred_at) AS occurred_at
    FROM engine.conversion AS c JOIN engine.entry AS e USING (entry_id) JOIN engine.goal AS g ON g.version_no = e.version_no AND g.goal_no = c.goal_no
    WHERE e.assignment = 'treated' GROUP BY ALL
), touched AS (
    SELECT entry_id, step, channel, touch_key, coalesce(delivered_at, not_before, decided_at) AS touched_at FROM touches
    WHERE delivery_state NOT IN ('cancelled', 'expired', 'failed')
), told AS (
    SELECT r.journey, r.goal, r.entry_id, t.step, t.channel, row_number() OVER (PARTITION BY r.entry_id, r.goal ORDER BY t.touched_at DESC, t.touch_key) AS back
    FROM reached AS r LEFT JOIN touched AS t ON t.entry_id = r.entry_id AND t.touched_at < r.occurred_at
)
SELECT journey, goal, step, channel, count(DISTINCT entry_id) AS any_touch, count(*) FILTER (back = 1) AS last_touch FROM told GROUP BY ALL;
COMMENT ON VIEW touch_credit IS 'Treated entries that reached a goal after a touch, by its step and channel: what came after, not what came of it. For effects see lift.';
CREATE VIEW weighed AS
SELECT w.run_no, r.as_of, d.journey, d.step, w.entry_id, d.customer_id, w.context, w.lever, w.weights, d.score
FROM engine.weighed AS w JOIN engine.run AS r USING (run_no)
JOIN engine.decision AS d ON d.run_no = w.run_no AND d.entry_id = w.entry_id AND d.step_key = w.step_key;
COMMENT ON VIEW weighed IS 'Proposals whose score a context weight or a lever changed.';
CREATE VIEW yielded AS
SELECT y.run_no, r.as_of, d.journey, d.step, y.entry_id, d.customer_id, d.reason, y.rule AS broken_rule, y.to_journey, y.to_step, y.planned_at
FROM engine.yielded AS y JOIN engine.run AS r USING (run_no)
JOIN engine.decision AS d ON d.run_no = y.run_no AND d.entry_id = y.entry_id AND d.step_key = y.step_key;
COMMENT ON VIEW yielded IS 'Proposals that a cap or an exclusion stopped, with the touch that took their place.';
CREATE VIEW levers AS
SELECT l.run_no, r.as_of, l.scope, l.name, l.factor, l.until AS holds_until, l.reason, l.set_by
FROM engine.lever_position AS l JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW levers IS 'The operators'' levers that each run saw.';
CREATE VIEW segment_size AS
SELECT z.run_no, r.as_of, z.segment, z.title_zh, z.members, z.entered, z.left_count FROM engine.segment_size AS z JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW segment_size IS 'Members of each segment in each run, who joined and who left.';
CREATE VIEW checks AS
SELECT c.run_no, r.as_of, c.source_table, c.expectation, c.severity, c.success, c.observed FROM engine.check_result AS c JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW checks IS 'Every expectation of every data contract, by run.';
CREATE VIEW conservation AS SELECT c.run_no, r.as_of, c.rule, c.breaches FROM engine.conservation AS c JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW conservation IS 'What must hold after every run, with the number of breaches: always 0, for a run with one is rolled back.';
CREATE VIEW limits AS
SELECT u.run_no, r.as_of, u.limit_name, u.gate, u.channel, u.journey, u.purpose, u.unit_kind, u.unit, u.period, u.starts, u.ends,
    CASE u.gate WHEN 'budget' THEN u.at_most / 100 ELSE u.at_most END AS at_most,
    CASE u.gate WHEN 'budget' THEN u.used_before / 100 ELSE u.used_before END AS used_before,
    CASE u.gate WHEN 'budget' THEN u.used / 100 ELSE u.used END AS used, u.left_out,
    CASE u.gate WHEN 'budget' THEN u.shadow_price * 100 ELSE u.shadow_price END AS shadow_price
FROM engine.limit_use AS u JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW limits IS 'Of each limit of capacity and budget, by run, unit and period: what it allows, what was used, and what more of it is worth.';
CREATE VIEW allocations AS
SELECT a.run_no, r.as_of, a.priority, a.proposals, a.placed, a.value AS value_reached, a.bound AS value_bound, a.gap, a.method
FROM engine.allocation AS a JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW allocations IS 'How good the allocation of capacity and budget was, by run and priority group: the value reached and what no other could exceed.';
CREATE VIEW customer_timeline AS
SELECT e.customer_id, e.assigned_at AS happened_at, 'entered' AS what, e.journey, NULL AS step, e.assignment AS detail FROM engine.entry AS e
UNION ALL
SELECT e.customer_id, m.clock, 'moved', e.journey, s.step, m.cause
FROM engine.move AS m JOIN engine.entry AS e USING (entry_id) JOIN engine.step AS s ON s.step_key = m.to_key
UNION ALL
SELECT d.customer_id, r.as_of, d.outcome, d.journey, d.step, concat_ws(' ', d.gate, d.reason, d.detail, d.channel)
FROM engine.decision AS d JOIN engine.run AS r USING (run_no)
UNION ALL
SELECT g.customer_id, r.as_of, CASE WHEN g.would_send THEN 'held out' ELSE 'would not be sent' END, g.journey, g.step, concat_ws(' ', g.gate, g.reason)
FROM engine.ghost AS g JOIN engine.run AS r USING (run_no)
UNION ALL
SELECT t.customer_id, c.occurred_at, c.receipt, t.journey, t.step, t.channel FROM engine.receipt AS c JOIN engine.touch AS t USING (touch_key)
UNION ALL
SELECT e.customer_id, c.occurred_at, 'converted', e.journey, NULL, g.goal
FROM engine.conversion AS c JOIN engine.entry AS e USING (entry_id) JOIN engine.goal AS g ON g.version_no = e.version_no AND g.goal_no = c.goal_no
UNION ALL
SELECT e.customer_id, d.ended_at, 'ended', e.journey, NULL, d.reason FROM engine.ended AS d JOIN engine.entry AS e USING (entry_id);
COMMENT ON VIEW customer_timeline IS 'Everything that happened to a customer, in one list.';
CREATE VIEW suitability AS
SELECT s.run_no, r.as_of, e.journey, t.step, s.entry_id, e.customer_id, s.ghost, s.kind AS product_kind, s.risk AS product_risk, s.rating, s.rated_on,
    s.age, s.vulnerable, s.arrears, s.collections, s.student, s.broken, s.barred
FROM engine.suitability AS s JOIN engine.run AS r USING (run_no) JOIN engine.entry AS e USING (entry_id)
JOIN engine.step AS t ON t.step_key = s.step_key;
COMMENT ON VIEW suitability IS 'What each proposed touch of a product was judged by: the product, the customer as known in that run, the rules broken.';
CREATE VIEW risk_rules AS
SELECT c.run_no, r.as_of, c.rule, c.title_zh, c.title_en, c.dimension, c.action, c.mode, c.customers, c.touches, c.stopped, c.would_stop
FROM engine.risk_count AS c JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW risk_rules IS 'What each risk rule hit and stopped in each run, and what a rule in shadow would have stopped.';
CREATE VIEW fairness AS
SELECT f.run_no, r.as_of, f.journey, f.by_column, f.group_name, f.entered AS entered_treated, f.touched, f.offered
FROM engine.fairness AS f JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW fairness IS 'How many of each group entered a journey as treated and were touched, up to each run; groups as the profile had them then.';
CREATE VIEW governed AS
SELECT g.run_no, r.as_of, g.kind, g.name, g.state, g.hash FROM engine.governed AS g JOIN engine.run AS r USING (run_no);
COMMENT ON VIEW governed IS 'Where four eyes are required: whether each run used a definition as written, as approved before, or not at all.';
CREATE TABLE schema_version (version INTEGER);
INSERT INTO schema_version VALUES (1);
COMMENT ON TABLE schema_version IS 'The version of these views; it rises when a column changes its meaning or goes away.';
