-- What each option takes of each limit. A limit by employee of a channel that people work counts by who will have the touch: the manager who
-- is there, within their own figure and that of the branch whose turns they take; of all others the branch that they are shared out in.
CREATE OR REPLACE TEMP TABLE planning_period AS
SELECT o.option_no, k.* EXCLUDE (cost, priority, first_slot, last_slot), r.limit_no, r.gate, r.unit_kind, o.starts AS slot,
    bank_instant(date_trunc(r.period, bank_clock(o.starts))) AS starts, CASE r.gate WHEN 'capacity' THEN 1 ELSE k.cost END AS amount,
    CASE r.gate WHEN 'capacity' THEN k.free_capacity ELSE k.free_budget END AS is_free,
    r.unit_kind = 'employee' AND k.channel IN (SELECT channel FROM worked_channel) AS given
FROM planning_option AS o JOIN cohort AS k USING (cohort)
JOIN limit_rule AS r ON (r.channel IS NULL OR r.channel = k.channel) AND (r.journey IS NULL OR r.journey = k.journey)
    AND (r.purpose IS NULL OR r.purpose = k.purpose)
WHERE r.gate = 'capacity' OR k.cost > 0;
INSERT INTO shift
SELECT DISTINCT p.limit_no, p.starts, s.employee_id, s.branch_id, w.role = '' OR s.role = w.role
FROM (SELECT DISTINCT limit_no, channel, starts, CAST(bank_clock(slot) AS DATE) AS day FROM planning_period WHERE given) AS p
JOIN worked_channel AS w USING (channel)
JOIN staff AS s ON s.absent_from IS NULL OR p.day < s.absent_from OR p.day > s.absent_until;
CREATE OR REPLACE TEMP TABLE option_use AS
SELECT option_no, cohort, size, limit_no, gate, CASE unit_kind WHEN 'branch' THEN branch WHEN 'employee' THEN employee ELSE '' END AS unit, starts,
    amount, is_free
FROM planning_period WHERE given IS NOT TRUE
UNION ALL
SELECT p.option_no, p.cohort, p.size, p.limit_no, p.gate, unnest(list_filter([m.employee_id::VARCHAR, CASE
        WHEN m.employee_id IS NULL THEN coalesce('branch:' || TRY_CAST(p.branch AS INTEGER), '') WHEN m.takes_turns THEN 'branch:' || m.branch_id END],
    lambda unit: unit IS NOT NULL)), p.starts, p.amount, p.is_free
FROM planning_period AS p JOIN worked_channel AS w USING (channel)
LEFT JOIN shift AS m ON m.limit_no = p.limit_no AND m.starts = p.starts AND m.employee_id = TRY_CAST(p.employee AS BIGINT) AND NOT w.by_branch
WHERE p.given;
