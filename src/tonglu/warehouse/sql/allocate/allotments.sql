-- Every limit in every unit and period that somebody competes for: what it allows, what earlier runs have taken, what those take who skip
-- the gate, and what room is left.
CREATE OR REPLACE TEMP TABLE charge AS
SELECT r.limit_no, CASE r.unit_kind WHEN 'branch' THEN c.branch WHEN 'employee' THEN c.employee ELSE '' END AS unit,
    bank_instant(date_trunc(r.period, bank_clock(c.not_before))) AS starts, sum(CASE r.gate WHEN 'capacity' THEN 1 ELSE c.cost END)::BIGINT AS used
FROM charged AS c
JOIN limit_rule AS r ON (r.channel IS NULL OR r.channel = c.channel) AND (r.journey IS NULL OR r.journey = c.journey)
    AND (r.purpose IS NULL OR r.purpose = c.purpose)
GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE allotment AS
SELECT row_number() OVER (ORDER BY u.limit_no, u.unit, u.starts) - 1 AS allotment_no, u.*, r.gate, r.name,
    bank_instant(bank_clock(u.starts) + CASE r.period WHEN 'hour' THEN INTERVAL 1 HOUR WHEN 'day' THEN INTERVAL 1 DAY ELSE INTERVAL 1 MONTH END) AS ends,
    coalesce(f.at_most, r.at_most) AS at_most, coalesce(c.used, 0) AS used_before,
    greatest(coalesce(f.at_most, r.at_most) - coalesce(c.used, 0) - u.skipped, 0)::BIGINT AS room, 0::BIGINT AS used_now,
    NULL::DECIMAL(18, 6) AS shadow_price
FROM (
    SELECT limit_no, unit, starts, coalesce(sum(size * amount) FILTER (is_free), 0)::BIGINT AS skipped
    FROM option_use GROUP BY ALL
) AS u
JOIN limit_rule AS r USING (limit_no)
LEFT JOIN limit_figure AS f ON f.limit_no = u.limit_no AND f.unit = u.unit
LEFT JOIN charge AS c ON c.limit_no = u.limit_no AND c.unit = u.unit AND c.starts = u.starts;
CREATE OR REPLACE TEMP TABLE allotment_use AS
SELECT u.option_no, u.cohort, a.allotment_no, a.gate, a.limit_no, u.amount
FROM option_use AS u JOIN allotment AS a ON a.limit_no = u.limit_no AND a.unit = u.unit AND a.starts = u.starts
WHERE NOT u.is_free;
