-- To whom each touch that people work is given: the customer's manager who is there, else the branch's employees in turn, within what a
-- limit by employee leaves each, else nobody yet.
INSERT INTO tonglu.work_item
WITH manager AS (
    SELECT w.touch_key, s.employee_id FROM worked AS w JOIN staff AS s ON s.employee_id = w.manager_id
    WHERE NOT w.by_branch AND (s.absent_from IS NULL OR w.day < s.absent_from OR w.day > s.absent_until)
), turn AS (
    SELECT touch_key, branch_id, role, day, row_number() OVER (PARTITION BY branch_id, role, day ORDER BY touch_key) - 1 AS number,
        draw('turn', epoch_us($as_of), branch_id) AS beginning
    FROM worked WHERE NOT by_branch AND branch_id IS NOT NULL AND touch_key NOT IN (SELECT touch_key FROM manager)
), able AS (
    SELECT q.branch_id, q.role, q.day, s.employee_id, count(*) OVER here AS people, row_number() OVER (here ORDER BY s.employee_id) - 1 AS place
    FROM (SELECT DISTINCT branch_id, role, day FROM turn) AS q
    JOIN staff AS s ON s.branch_id = q.branch_id AND (q.role = '' OR s.role = q.role)
        AND (s.absent_from IS NULL OR q.day < s.absent_from OR q.day > s.absent_until)
    WINDOW here AS (PARTITION BY q.branch_id, q.role, q.day)
)
SELECT $run_no, w.touch_key, w.entry_id, w.customer_id, w.journey, w.step, w.purpose, w.channel, w.branch_id,
    coalesce(m.employee_id, l.employee_id, a.employee_id), w.not_before, w.expires_at
FROM worked AS w
LEFT JOIN manager AS m USING (touch_key)
LEFT JOIN pooled AS p ON p.touch_key = w.touch_key AND p.employee_id IS NULL
LEFT JOIN place_left AS l ON l.limit_no = p.limit_no AND l.starts = p.starts AND l.branch_id = p.branch_id AND l.number = p.number
LEFT JOIN turn AS t USING (touch_key)
LEFT JOIN able AS a ON a.branch_id = t.branch_id AND a.role = t.role AND a.day = t.day
    AND a.place = (t.number + CAST(floor(t.beginning * a.people) AS BIGINT)) % a.people
ORDER BY w.touch_key;
