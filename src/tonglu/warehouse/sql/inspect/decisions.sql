-- A customer's decisions, control entries' would-be decisions among them, in order.
SELECT as_of, journey, "step", visit, outcome, gate, reason, detail, channel, arm, score, not_before
FROM decisions WHERE customer_id = $customer_id AND (journey = $journey OR $journey IS NULL) AND (as_of <= $until OR $until IS NULL)
UNION ALL
SELECT r.as_of, g.journey, g.step, g.visit, CASE WHEN g.would_send THEN 'held out' ELSE 'would not send' END, g.gate, g.reason, NULL, g.channel,
    g.arm, NULL, NULL
FROM engine.ghost AS g JOIN engine.run AS r USING (run_no)
WHERE g.customer_id = $customer_id AND (g.journey = $journey OR $journey IS NULL) AND (r.as_of <= $until OR $until IS NULL)
ORDER BY as_of, journey, "step", visit;
