-- Everything that happened to a customer, in the order in which it happened: within a run entering comes first, then moves, decisions, and
-- the moves that follow from them (their ordinals begin at 300000).
WITH told AS (
    SELECT run_no FROM engine.run WHERE as_of <= $until OR $until IS NULL
), happening AS (
    SELECT e.assigned_at AS "at", e.run_no, -1 AS place, 'entered' AS what, e.journey, NULL AS "step", e.assignment AS detail FROM engine.entry AS e
    WHERE e.customer_id = $customer_id
    UNION ALL
    SELECT m.clock, m.run_no, m.ordinal, 'moved', e.journey, s.step, m.cause
    FROM engine.move AS m JOIN engine.entry AS e USING (entry_id) JOIN engine.step AS s ON s.step_key = m.to_key WHERE e.customer_id = $customer_id
    UNION ALL
    SELECT r.as_of, d.run_no, 299999, d.outcome, d.journey, d.step, concat_ws(', ', d.gate, d.reason, d.detail, d.channel, d.arm)
    FROM engine.decision AS d JOIN engine.run AS r USING (run_no) WHERE d.customer_id = $customer_id
    UNION ALL
    SELECT r.as_of, g.run_no, 299999, CASE WHEN g.would_send THEN 'held out' ELSE 'would not send' END, g.journey, g.step,
        concat_ws(', ', g.gate, g.reason, g.channel, g.arm)
    FROM engine.ghost AS g JOIN engine.run AS r USING (run_no) WHERE g.customer_id = $customer_id
    UNION ALL
    SELECT c.occurred_at, t.run_no, 999990, c.receipt, t.journey, t.step, t.channel
    FROM engine.receipt AS c JOIN engine.touch AS t USING (touch_key) WHERE t.customer_id = $customer_id
    UNION ALL
    SELECT d.changed_at, w.run_no, 999989, d.state, w.journey, w.step, concat_ws(', ', w.channel, 'branch ' || w.branch_id, 'employee ' || w.employee_id)
    FROM engine.delivery AS d JOIN engine.work_item AS w USING (touch_key)
    WHERE w.customer_id = $customer_id AND d.state IN ('pending', 'cancelled')
    UNION ALL
    SELECT c.occurred_at, c.run_no, 999991, 'converted', e.journey, NULL, g.goal
    FROM engine.conversion AS c JOIN engine.entry AS e USING (entry_id)
    JOIN engine.goal AS g ON g.version_no = e.version_no AND g.goal_no = c.goal_no WHERE e.customer_id = $customer_id
    UNION ALL
    SELECT d.ended_at, d.run_no, 999992, 'ended', e.journey, NULL, d.reason
    FROM engine.ended AS d JOIN engine.entry AS e USING (entry_id) WHERE e.customer_id = $customer_id
)
SELECT "at", what, journey, "step", detail FROM happening WHERE (journey = $journey OR $journey IS NULL) AND ("at" <= $until OR $until IS NULL)
    AND run_no IN (FROM told)
ORDER BY "at", run_no, place, journey, what, "step", detail;
