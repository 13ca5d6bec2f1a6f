-- Every limit that the plan in `planned` exceeds, counted from the plan alone.
SELECT r.name, CASE WHEN r.unit_kind = 'branch' THEN e.branch_id END AS branch, date_trunc(r.period, p.not_before + INTERVAL 8 HOUR) AS period,
    sum(CASE r.gate WHEN 'capacity' THEN 1 ELSE k.cost END) AS used
FROM planned AS p JOIN everyone AS e USING (proposal_no) JOIN channel_cost AS k USING (channel)
JOIN limit_rule AS r ON (r.channel IS NULL OR r.channel = e.channel) AND (r.journey IS NULL OR r.journey = e.journey)
LEFT JOIN limit_figure AS f ON f.limit_no = r.limit_no AND f.unit = e.branch_id::VARCHAR
GROUP BY ALL HAVING used > min(coalesce(f.at_most, r.at_most));
