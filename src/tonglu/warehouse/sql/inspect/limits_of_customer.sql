-- What a customer's proposals competed for: each limit that counts them, in the periods in which they could have been planned.
SELECT c.run_no, c.entry_id, c.step_key, c.opening, c.latest, c.needs_score, u.limit_name, u.gate, u.unit, u.starts, u.ends, u.at_most, u.used_before,
    u.used, u.shadow_price
FROM engine.contender AS c
JOIN engine.decision AS d ON d.run_no = c.run_no AND d.entry_id = c.entry_id AND d.step_key = c.step_key
JOIN engine.version AS v ON v.version_no = d.version_no
JOIN engine.limit_use AS u ON u.run_no = c.run_no AND u.starts <= greatest(c.latest, c.opening) AND u.ends > c.opening
    AND (u.unit = CASE u.unit_kind WHEN 'branch' THEN c.branch WHEN 'employee' THEN c.employee ELSE '' END
        OR (u.unit_kind = 'employee' AND u.unit = 'branch:' || c.branch))
    AND (u.channel IS NULL OR u.channel = d.channel) AND (u.journey IS NULL OR u.journey = d.journey) AND (u.purpose IS NULL OR u.purpose = v.purpose)
WHERE c.customer_id = $customer_id
ORDER BY c.run_no, c.entry_id, u.limit_no, u.starts;
