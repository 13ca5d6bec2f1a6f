-- Every limit in every unit and period that somebody competes for: what it allows, what earlier runs have taken, what those take who skip
-- the gate, and what room is left.
INSERT INTO charge
SELECT r.limit_no, CASE r.unit_kind WHEN 'branch' THEN c.branch WHEN 'employee' THEN c.employee ELSE '' END AS unit,
    bank_instant(date_trunc(r.period, bank_clock(c.not_before))) AS starts, sum(CASE r.gate WHEN 'capacity' THEN 1 ELSE c.cost END)::BIGINT AS used
FROM charged AS c
JOIN limit_rule AS r ON (r.channel IS NULL OR r.channel = c.channel) AND (r.journey IS NULL OR r.journey = c.journey)
    AND (r.purpose IS NULL OR r.purpose = c.purpose)
GROUP BY ALL;
INSERT INTO desk -- of each branch whose employees take turns, what they may have together: none of them more than their own figure
SELECT limit_no, unit, starts, sum(at_most), sum(used), sum(skipped), sum(greatest(at_most - used - skipped, 0))
FROM (
    SELECT h.limit_no, 'branch:' || h.branch_id AS unit, h.starts, coalesce(f.at_most, r.at_most) AS at_most, coalesce(c.used, 0) AS used,
        coalesce((SELECT sum(u.size * u.amount) FROM option_use AS u
            WHERE u.is_free AND u.limit_no = h.limit_no AND u.starts = h.starts AND u.unit = h.employee_id::VARCHAR), 0) AS skipped
    FROM shift AS h JOIN limit_rule AS r USING (limit_no)
    LEFT JOIN limit_figure AS f ON f.limit_no = h.limit_no AND f.unit = h.employee_id::VARCHAR
    LEFT JOIN charge AS c ON c.limit_no = h.limit_no AND c.unit = h.employee_id::VARCHAR AND c.starts = h.starts
    WHERE h.takes_turns AND h.branch_id IS NOT NULL
)
GROUP BY limit_no, unit, starts;
CREATE OR REPLACE TEMP TABLE allotment AS
SELECT row_number() OVER (ORDER BY u.limit_no, u.unit, u.starts) - 1 AS allotment_no, u.*, r.gate, r.name,
    bank_instant(bank_clock(u.starts) + CASE r.period WHEN 'hour' THEN INTERVAL 1 HOUR WHEN 'day' THEN INTERVAL 1 DAY ELSE INTERVAL 1 MONTH END) AS ends,
    coalesce(d.at_most, f.at_most, r.at_most) AS at_most, coalesce(c.used, 0) + coalesce(d.used_before, 0) AS used_before,
    greatest(coalesce(d.room, f.at_most, r.at_most) - coalesce(c.used, 0) - (u.skipped - coalesce(d.skipped, 0)), 0)::BIGINT AS room, 0::BIGINT AS used_now,
    NULL::DECIMAL(18, 6) AS shadow_price
FROM (
    SELECT limit_no, unit, starts, coalesce(sum(size * amount) FILTER (is_free), 0)::BIGINT AS skipped
    FROM option_use GROUP BY ALL
) AS u
JOIN limit_rule AS r USING (limit_no)
LEFT JOIN limit_figure AS f ON f.limit_no = u.limit_no AND f.unit = u.unit
LEFT JOIN charge AS c ON c.limit_no = u.limit_no AND c.unit = u.unit AND c.starts = u.starts
LEFT JOIN desk AS d ON d.limit_no = u.limit_no AND d.unit = u.unit AND d.starts = u.starts;
CREATE OR REPLACE TEMP TABLE allotment_use AS
SELECT u.option_no, u.cohort, a.allotment_no, a.gate, a.limit_no, u.amount
FROM option_use AS u JOIN allotment AS a ON a.limit_no = u.limit_no AND a.unit = u.unit AND a.starts = u.starts
WHERE NOT u.is_free;
