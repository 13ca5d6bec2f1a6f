-- Every proposal of a customer up to an instant, with what the gates saw of it; those of control entries too.
WITH proposed AS (
    SELECT d.run_no, d.entry_id, d.journey, d.version_no, d.step_key, d.step, d.visit, FALSE AS ghost, d.outcome, d.gate, d.reason, d.detail,
        d.channel, d.arm, d.priority, d.score, d.tie, d.not_before, d.first_proposed_at
    FROM engine.decision AS d WHERE d.customer_id = $customer_id
    UNION ALL
    SELECT g.run_no, g.entry_id, g.journey, s.version_no, g.step_key, g.step, g.visit, TRUE, CASE WHEN g.would_send THEN 'sent' ELSE 'dropped' END,
        g.gate, g.reason, NULL, g.channel, g.arm, NULL, NULL, NULL, NULL, NULL
    FROM engine.ghost AS g JOIN engine.step AS s USING (step_key) WHERE g.customer_id = $customer_id
)
SELECT p.*, r.as_of, v.purpose, s.kind, s.valid_us, s.competes, list_sort(u.channels) AS via, CAST(j.parts AS VARCHAR) AS parts, CAST(j.saw AS VARCHAR) AS saw,
    j.permitted, j.addressed, f.text AS policy,
    CASE WHEN q.run_no IS NOT NULL THEN q END AS product, h.rules AS risk_rules, h.shadows AS risk_shadows, h.until AS held_until,
    k.topic, o.p, o.v, o.source, c.context, c.lever, c.weights, y.rule AS yielded_rule, y.to_journey,
    y.to_step, y.planned_at, g.segment AS hours_segment
FROM proposed AS p
JOIN engine.run AS r USING (run_no)
JOIN engine.version AS v USING (version_no)
JOIN engine.step AS s ON s.step_key = p.step_key
LEFT JOIN (SELECT step_key, list(channel) AS channels FROM engine.via GROUP BY step_key) AS u ON u.step_key = p.step_key
LEFT JOIN engine.judged AS j ON j.run_no = p.run_no AND j.entry_id = p.entry_id AND j.step_key = p.step_key
LEFT JOIN engine.suitability AS q ON q.run_no = p.run_no AND q.entry_id = p.entry_id AND q.step_key = p.step_key
LEFT JOIN engine.risk_seen AS h ON h.run_no = p.run_no AND h.entry_id = p.entry_id AND h.step_key = p.step_key
LEFT JOIN engine.topic AS k ON k.version_no = p.version_no AND k.message = s.message
LEFT JOIN engine.worth AS o ON o.run_no = p.run_no AND o.step_key = p.step_key
LEFT JOIN engine.weighed AS c ON c.run_no = p.run_no AND c.entry_id = p.entry_id AND c.step_key = p.step_key
LEFT JOIN engine.yielded AS y ON y.run_no = p.run_no AND y.entry_id = p.entry_id AND y.step_key = p.step_key
LEFT JOIN engine.hours_group AS g ON g.run_no = p.run_no AND g.entry_id = p.entry_id AND g.step = p.step
LEFT JOIN (
    SELECT x.run_no, any_value(d.text) AS text FROM engine.run_definition AS x JOIN engine.definition AS d USING (hash)
    WHERE d.kind = 'policy' GROUP BY x.run_no
) AS f ON f.run_no = p.run_no
WHERE (p.journey = $journey OR $journey IS NULL) AND (r.as_of <= $until OR $until IS NULL)
ORDER BY r.as_of DESC, p.journey, p.step;
