-- The calendar anew. `workday_no` counts the workdays up to and including a day. Wages due on a day off are paid on the workday before
-- (Interim Provisions on Payment of Wages, article 7); a nominal day that a month does not have is its last.
DELETE FROM tonglu.calendar;
DELETE FROM tonglu.calendar_day;
DELETE FROM tonglu.pay_day;
INSERT INTO tonglu.calendar SELECT $name, min(day), max(day) FROM (SELECT unnest($days::DATE[]) AS day);
INSERT INTO tonglu.calendar_day
SELECT day, worked, sum(worked::INTEGER) OVER (ORDER BY day)
FROM (SELECT unnest($days::DATE[]) AS day, unnest($worked::BOOLEAN[]) AS worked) ORDER BY day;
INSERT INTO tonglu.pay_day
SELECT m.month, n.nominal, w.day
FROM (SELECT DISTINCT date_trunc('month', day)::DATE AS month FROM tonglu.calendar_day) AS m
CROSS JOIN (SELECT unnest(range(1, 32))::INTEGER AS nominal) AS n
JOIN tonglu.calendar_day AS d ON d.day = least(m.month + n.nominal - 1, last_day(m.month))
JOIN tonglu.calendar_day AS w ON w.is_workday AND w.workday_no = d.workday_no
ORDER BY ALL;
