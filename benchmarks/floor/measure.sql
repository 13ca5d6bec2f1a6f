-- Conversions by intention to treat, and each journey's two sides over entries whose window has passed.
CREATE TEMP MACRO goal_worth(event, product) AS CASE
    WHEN event = 'product_opened' AND product = 'salary_plan' THEN 12000 WHEN event = 'product_opened' AND product = 'pension_deposit' THEN 20000
    WHEN event = 'funds_returned' THEN 6000 END;
INSERT INTO tonglu.baseline
SELECT e.entry_id, CASE e.version_no WHEN 1 THEN coalesce(p.age_band, '') ELSE '' END,
    [CASE e.version_no WHEN 2 THEN 100 * p.last_salary_amount WHEN 3 THEN 100 * p.total_balance END, NULL], [100 * p.age]
FROM tonglu.entry AS e JOIN tonglu.profile AS p USING (customer_id) WHERE e.run_no = run_no();
INSERT INTO tonglu.conversion
SELECT run_no(), n.entry_id, (e.name = 'complaint_opened')::INTEGER AS goal_no, e.event_id, e.occurred_at,
    CASE WHEN e.name = 'complaint_opened' THEN 0 ELSE goal_worth(e.name, json_extract_string(e.properties, '$.product')) END
FROM new_event AS e JOIN tonglu.entry AS n USING (customer_id)
WHERE e.name IN ('product_opened', 'funds_returned', 'complaint_opened') AND e.occurred_at > n.assigned_at AND e.occurred_at <= n.assigned_at + INTERVAL 7 DAY
  AND CASE
    WHEN e.name = 'complaint_opened' THEN TRUE
    WHEN n.version_no = 1 THEN e.name = 'product_opened' AND json_extract_string(e.properties, '$.product') = 'salary_plan'
    WHEN n.version_no = 2 THEN e.name = 'funds_returned'
    ELSE e.name = 'product_opened' AND json_extract_string(e.properties, '$.product') = 'pension_deposit' END
  AND NOT EXISTS (SELECT 1 FROM tonglu.conversion AS c WHERE c.entry_id = n.entry_id AND c.event_id = e.event_id)
ORDER BY n.entry_id, goal_no, e.occurred_at, e.event_id;
INSERT INTO tonglu.lift BY NAME
WITH reached AS (
    SELECT entry_id, goal_no, count(*) AS times, sum(value) AS value FROM tonglu.conversion GROUP BY ALL
), customer AS (
    SELECT e.journey, g.goal_no, e.assignment = 'treated' AS treated, e.customer_id, count(*) AS assigned,
        count(*) FILTER (WHERE e.assigned_at + INTERVAL 7 DAY <= as_of()) AS n,
        count(r.entry_id) FILTER (WHERE e.assigned_at + INTERVAL 7 DAY <= as_of()) AS y,
        coalesce(sum(r.value) FILTER (WHERE e.assigned_at + INTERVAL 7 DAY <= as_of()), 0) AS v
    FROM tonglu.entry AS e JOIN tonglu.goal AS g USING (version_no) LEFT JOIN reached AS r ON r.entry_id = e.entry_id AND r.goal_no = g.goal_no
    WHERE e.assignment <> 'global_control' GROUP BY ALL
), side AS (
    SELECT journey, goal_no, treated, sum(assigned) AS assigned, sum(n) AS n, sum(y) AS y, sum(v) AS v, sum(n * n) AS nn, sum(y * y) AS yy, sum(n * y) AS ny,
        sum(v * v) AS vv, sum(n * v) AS nv
    FROM customer GROUP BY ALL
)
SELECT run_no() AS run_no, t.journey, g.goal, t.assigned AS assigned_treated, coalesce(c.assigned, 0) AS assigned_control, t.n AS n_treated, coalesce(c.n, 0) AS n_control,
    t.y AS conversions_treated, coalesce(c.y, 0) AS conversions_control, t.y / nullif(t.n, 0) AS rate_treated, c.y / nullif(c.n, 0) AS rate_control
FROM side AS t LEFT JOIN side AS c ON c.journey = t.journey AND c.goal_no = t.goal_no AND NOT c.treated
JOIN tonglu.version AS v ON v.journey = t.journey JOIN tonglu.goal AS g ON g.version_no = v.version_no AND g.goal_no = t.goal_no
WHERE t.treated;
INSERT INTO tonglu.learned BY NAME
WITH reached AS (
    SELECT entry_id, max(occurred_at) AS last FROM tonglu.conversion WHERE goal_no = 0 GROUP BY entry_id
), shown AS (
    SELECT x.step_key, x.arm, count(*) AS n, count(*) FILTER (r.last > x.exposed_at) AS conversions
    FROM tonglu.exposure AS x JOIN tonglu.entry AS e USING (entry_id) LEFT JOIN reached AS r USING (entry_id)
    WHERE e.assignment = 'treated' AND e.assigned_at + INTERVAL 7 DAY <= as_of() AND x.exposed_at < e.assigned_at + INTERVAL 7 DAY GROUP BY ALL
)
SELECT run_no() AS run_no, a.version_no, s.journey, a.step_key, s.step, a.arm_no, a.arm, coalesce(w.n, 0) AS n, coalesce(w.conversions, 0) AS conversions
FROM tonglu.arm AS a JOIN tonglu.step AS s USING (step_key) LEFT JOIN shown AS w ON w.step_key = a.step_key AND w.arm = a.arm;
