-- What each employee has of a limit by employee, now that the touches are given out.
CREATE OR REPLACE TEMP TABLE given AS
SELECT r.limit_no, w.employee_id::VARCHAR AS unit, bank_instant(date_trunc(r.period, bank_clock(w.not_before))) AS starts, count(*) AS touches
FROM tonglu.work_item AS w JOIN limit_rule AS r ON r.channel = w.channel AND r.unit_kind = 'employee'
WHERE w.run_no = $run_no AND w.employee_id IS NOT NULL GROUP BY ALL;
UPDATE tonglu.limit_use SET used = limit_use.used_before + g.touches
FROM given AS g
WHERE limit_use.run_no = $run_no AND limit_use.limit_no = g.limit_no AND limit_use.unit = g.unit AND limit_use.starts = g.starts;
INSERT INTO tonglu.limit_use
SELECT $run_no, r.limit_no, r.name, r.gate, r.channel, r.journey, r.purpose, r.unit_kind, g.unit, r.period, g.starts,
    bank_instant(bank_clock(g.starts) + CASE r.period WHEN 'hour' THEN INTERVAL 1 HOUR ELSE INTERVAL 1 DAY END), coalesce(f.at_most, r.at_most),
    coalesce(c.used, 0), coalesce(c.used, 0) + g.touches, 0, NULL
FROM given AS g JOIN limit_rule AS r USING (limit_no)
LEFT JOIN limit_figure AS f ON f.limit_no = g.limit_no AND f.unit = g.unit
LEFT JOIN charge AS c ON c.limit_no = g.limit_no AND c.unit = g.unit AND c.starts = g.starts
WHERE NOT EXISTS (FROM tonglu.limit_use AS u WHERE u.run_no = $run_no AND u.limit_no = g.limit_no AND u.unit = g.unit AND u.starts = g.starts)
ORDER BY g.limit_no, g.unit, g.starts;
