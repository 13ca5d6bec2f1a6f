-- Contenders that may take the same places at the same price are one cohort; every slot that a cohort may be planned in is an option.
CREATE OR REPLACE TEMP TABLE span AS
SELECT d.*, s.slot_no AS first_slot, CASE WHEN d.free_capacity OR d.free_budget THEN s.slot_no ELSE greatest(s.slot_no, coalesce(
    (SELECT max(l.slot_no) FROM time_slot AS l WHERE l.channel = d.channel AND l.hours = d.hours AND l.planned_at <= d.latest), 0)) END AS last_slot
FROM (SELECT DISTINCT channel, hours, opening, latest, free_capacity, free_budget FROM contender) AS d
JOIN time_slot AS s ON s.channel = d.channel AND s.hours = d.hours AND s.starts <= d.opening AND d.opening < s.ends;
CREATE OR REPLACE TEMP TABLE counted_by AS -- what tells contenders of a channel apart, as far as some limit asks for it
SELECT c.channel, bool_or(r.unit_kind = 'branch' OR (r.unit_kind = 'employee' AND c.channel IN (SELECT channel FROM worked_channel))) AS branches,
    bool_or(r.unit_kind = 'employee') AS employees
FROM channel_cost AS c JOIN limit_rule AS r ON r.channel IS NULL OR r.channel = c.channel GROUP BY c.channel;
CREATE OR REPLACE TEMP TABLE contending AS
SELECT c.proposal_no, c.priority, c.score, c.tie, c.channel, c.hours, s.first_slot, s.last_slot, c.free_capacity, c.free_budget, c.cost,
    CASE WHEN c.journey IN (SELECT journey FROM limit_rule) THEN c.journey ELSE '' END AS journey,
    CASE WHEN c.purpose IN (SELECT purpose FROM limit_rule) THEN c.purpose ELSE '' END AS purpose,
    CASE WHEN k.branches THEN c.branch ELSE '' END AS branch, CASE WHEN k.employees THEN c.employee ELSE '' END AS employee
FROM contender AS c
JOIN span AS s ON s.channel = c.channel AND s.hours = c.hours AND s.opening = c.opening AND s.latest = c.latest
    AND s.free_capacity = c.free_capacity AND s.free_budget = c.free_budget
JOIN counted_by AS k ON k.channel = c.channel;
CREATE OR REPLACE TEMP TABLE cohort AS
SELECT row_number() OVER (ORDER BY priority, channel, hours, first_slot, last_slot, journey, purpose, branch, employee, free_capacity, free_budget) - 1
    AS cohort, *
FROM (
    SELECT priority, channel, hours, first_slot, last_slot, free_capacity, free_budget, cost, journey, purpose, branch, employee,
        count(*) AS size
    FROM contending GROUP BY ALL
);
CREATE OR REPLACE TEMP TABLE competitor AS
SELECT c.proposal_no, k.cohort, c.priority, c.score, c.tie
FROM contending AS c JOIN cohort AS k USING (priority, channel, hours, first_slot, last_slot, free_capacity, free_budget, cost, journey, purpose,
    branch, employee);
DROP TABLE contending;
CREATE OR REPLACE TEMP TABLE planning_option AS
SELECT row_number() OVER (ORDER BY k.cohort, s.slot_no) - 1 AS option_no, k.cohort, s.slot_no, s.starts,
    CASE WHEN s.slot_no > k.first_slot THEN s.planned_at END AS planned_at
FROM cohort AS k JOIN time_slot AS s ON s.channel = k.channel AND s.hours = k.hours AND s.slot_no BETWEEN k.first_slot AND k.last_slot
WHERE s.planned_at IS NOT NULL OR s.slot_no = k.first_slot;
