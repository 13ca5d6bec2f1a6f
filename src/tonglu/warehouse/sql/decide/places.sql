-- Where a limit counts by employee: the touches that a branch's employees share out, numbered, and the places that each of them has left.
CREATE OR REPLACE TEMP TABLE pooled AS
SELECT w.touch_key, w.branch_id, h.limit_no, h.starts, m.employee_id,
    row_number() OVER (PARTITION BY w.branch_id, h.limit_no, h.starts, m.employee_id IS NULL ORDER BY list_contains($unlimited, w.purpose), w.touch_key) - 1
        AS number
FROM worked AS w JOIN limit_rule AS r ON r.channel = w.channel AND r.unit_kind = 'employee'
JOIN (SELECT DISTINCT limit_no, starts FROM shift) AS h
    ON h.limit_no = r.limit_no AND h.starts = bank_instant(date_trunc(r.period, bank_clock(w.not_before)))
LEFT JOIN shift AS m ON m.limit_no = h.limit_no AND m.starts = h.starts AND m.employee_id = w.manager_id
WHERE NOT w.by_branch;
CREATE OR REPLACE TEMP TABLE place_left AS
WITH able AS (
    SELECT h.*, row_number() OVER here - 1 AS place, count(*) OVER (PARTITION BY h.limit_no, h.starts, h.branch_id) AS people,
        coalesce(f.at_most, r.at_most) - coalesce(c.used, 0)
            - (SELECT count(*) FROM pooled AS p WHERE p.limit_no = h.limit_no AND p.starts = h.starts AND p.employee_id = h.employee_id) AS places
    FROM shift AS h JOIN limit_rule AS r USING (limit_no)
    LEFT JOIN limit_figure AS f ON f.limit_no = h.limit_no AND f.unit = h.employee_id::VARCHAR
    LEFT JOIN charge AS c ON c.limit_no = h.limit_no AND c.unit = h.employee_id::VARCHAR AND c.starts = h.starts
    WHERE h.takes_turns
    WINDOW here AS (PARTITION BY h.limit_no, h.starts, h.branch_id ORDER BY h.employee_id)
), asked AS (
    SELECT limit_no, starts, branch_id, count(*) AS touches FROM pooled WHERE employee_id IS NULL GROUP BY ALL
)
SELECT limit_no, starts, branch_id, employee_id, row_number() OVER (PARTITION BY limit_no, starts, branch_id
    ORDER BY round, (place - CAST(floor(draw('turn', epoch_us($as_of), branch_id) * people) AS BIGINT) + people) % people) - 1 AS number
FROM (
    SELECT a.*, unnest(range(least(greatest(a.places, 0), n.touches))) AS round
    FROM able AS a JOIN asked AS n USING (limit_no, starts, branch_id)
);
