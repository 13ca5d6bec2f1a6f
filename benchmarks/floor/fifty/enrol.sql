-- The arms of each experiment (all have two), with what was learned last.
CREATE TEMP TABLE arm AS
SELECT a.step_key, arg_min(a.arm, a.arm_no) AS first_arm, arg_max(a.arm, a.arm_no) AS second_arm, min(a.to_key) FILTER (WHERE a.arm_no = 0) AS first_key,
    min(a.to_key) FILTER (WHERE a.arm_no = 1) AS second_key, arg_min(coalesce(l.propensity, a.weight), a.arm_no) AS share,
    arg_max(coalesce(l.propensity, a.weight), a.arm_no) AS rest_share
FROM tonglu.arm AS a
LEFT JOIN tonglu.learned AS l ON l.step_key = a.step_key AND l.arm = a.arm AND l.run_no = (SELECT max(run_no) FROM tonglu.learned)
GROUP BY a.step_key;

-- Exits of open entries: the goal and a complaint at their own instant, a closed account as of the run.
CREATE TEMP TABLE leaving AS
SELECT entry_id, exit_at, reason, as_it_stands FROM (
    SELECT r.entry_id, e.occurred_at AS exit_at, CASE WHEN e.name = 'complaint_opened' THEN 1 ELSE -1 END AS place,
        CASE WHEN e.name = 'complaint_opened' THEN 'exit_complaint_opened' ELSE 'goal' END AS reason, FALSE AS as_it_stands
    FROM new_event AS e JOIN tonglu.rest AS r USING (customer_id)
    WHERE e.occurred_at > r.first_since AND (e.name = 'complaint_opened' OR (e.name = 'product_opened' AND json_extract_string(e.properties, '$.product')
        = CASE r.version_no % 2 WHEN 0 THEN 'salary_plan' ELSE 'pension_deposit' END))
    UNION ALL
    SELECT r.entry_id, as_of(), 0, 'exit_segment_closed_account', TRUE FROM tonglu.rest AS r SEMI JOIN segment.closed_account USING (customer_id)
)
QUALIFY row_number() OVER (PARTITION BY entry_id ORDER BY exit_at, place) = 1;

-- Who may enter: joined the journey's segment now, or was left out before and is still in it.
CREATE TEMP TABLE journey AS
SELECT printf('bench_%02d', v) AS journey, v::INTEGER AS version_no, (v * 1000 + 1)::INTEGER AS first_key, 10000 AS per_day,
    18 + 10 * (v // 10) AS young, 28 + 10 * (v // 10) AS old,
    ['county', 'payroll_detected', 'payroll_agreement', 'youth', 'silver_haired', 'new_citizen', 'micro_business', 'payroll_new', 'payroll',
     'payroll_lost'][v % 10 + 1] AS segment
FROM range(1, 51) AS r(v);
CREATE TEMP TABLE occasion AS
SELECT o.journey, o.customer_id FROM (
    SELECT j.journey, c.customer_id FROM change AS c JOIN journey AS j USING (segment) WHERE c.joined
    UNION ALL
    SELECT c.journey, c.customer_id
    FROM tonglu.candidate AS c JOIN journey AS j USING (journey)
    JOIN tonglu.membership AS m ON m.segment = j.segment AND m.customer_id = c.customer_id AND m.left_run IS NULL
) AS o
JOIN journey AS j USING (journey) JOIN tonglu.profile AS f USING (customer_id) WHERE f.age >= j.young AND f.age < j.old;
CREATE TEMP TABLE eligible AS
WITH once AS (
    SELECT DISTINCT journey, customer_id FROM occasion
), previous AS (
    SELECT journey, customer_id, max(e.entry_no) AS entry_no, max(d.ended_at) AS ended_at, bool_or(d.entry_id IS NULL) AS is_open
    FROM tonglu.entry AS e SEMI JOIN once USING (journey, customer_id) LEFT JOIN tonglu.ended AS d USING (entry_id) GROUP BY ALL
), today AS (
    SELECT journey, count(*) AS entered FROM tonglu.entry WHERE assigned_at >= getvariable('day_start') GROUP BY ALL
)
SELECT o.journey, j.version_no, o.customer_id, j.first_key, coalesce(p.entry_no, 0) + 1 AS entry_no,
    row_number() OVER (PARTITION BY o.journey ORDER BY chance('entry_order|' || o.journey || '|' || o.customer_id || '|')) + coalesce(t.entered, 0)
        <= j.per_day AS has_room
FROM once AS o JOIN journey AS j USING (journey) LEFT JOIN previous AS p USING (journey, customer_id) LEFT JOIN today AS t USING (journey)
WHERE p.entry_no IS NULL;
DELETE FROM tonglu.candidate;
INSERT INTO tonglu.candidate SELECT journey, customer_id, '', as_of(), run_no(), 'limit' FROM eligible WHERE NOT has_room;
INSERT INTO tonglu.left_out
SELECT run_no(), journey, reason, count(*) FROM tonglu.candidate GROUP BY ALL
UNION ALL
SELECT run_no(), journey, 'used_up', count(*) FROM occasion ANTI JOIN eligible USING (journey, customer_id) GROUP BY ALL;
CREATE TEMP TABLE entering AS
SELECT (SELECT coalesce(max(entry_id), 0) FROM tonglu.entry) + row_number() OVER (ORDER BY journey, customer_id) AS entry_id, *,
    CASE WHEN chance('global_control|2026|' || customer_id) < 0.02 THEN 'global_control'
         WHEN chance('holdout|' || journey || '|' || customer_id) < 0.1 THEN 'holdout' ELSE 'treated' END AS assignment
FROM eligible WHERE has_room;
INSERT INTO tonglu.entry BY NAME
SELECT entry_id, journey, version_no, customer_id, '' AS key, entry_no, assignment, customer_id::VARCHAR AS unit, run_no() AS run_no,
    as_of() AS assigned_at, as_of() AS since
FROM entering ORDER BY entry_id;
-- A new entry whose customer is out already ends at once.
INSERT INTO leaving
SELECT entry_id, as_of(), 'exit_segment_closed_account', TRUE FROM entering SEMI JOIN segment.closed_account USING (customer_id);
