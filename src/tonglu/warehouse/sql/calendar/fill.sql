-- The calendar anew. `workday_no` counts the workdays up to and including a day. Wages due on a day off are paid on the workday before
-- (Interim Provisions on Payment of Wages, article 7); a nominal day that a month does not have is its last.
DELETE FROM tonglu.calendar;
DELETE FROM tonglu.calendar_day;
DELETE FROM tonglu.pay_day;
INSERT INTO tonglu.calendar SELECT $name, $first_day::DATE, $first_day::DATE + (length($worked) - 1)::INTEGER;
INSERT INTO tonglu.calendar_day
SELECT day, worked, sum(worked::INTEGER) OVER (ORDER BY day)
FROM (
    SELECT $first_day::DATE + n::INTEGER AS day, substr($worked, n::BIGINT + 1, 1) = '1' AS worked
    FROM (SELECT unnest(range(length($worked))) AS n)
) ORDER BY day;
INSERT INTO tonglu.pay_day
SELECT month, unnest(CASE WHEN day = last_day(day) THEN range(day(day), 32) ELSE [day(day)] END)::INTEGER AS nominal, paid
FROM (SELECT day, date_trunc('month', day)::DATE AS month, max(day) FILTER (is_workday) OVER (ORDER BY day) AS paid FROM tonglu.calendar_day)
WHERE paid IS NOT NULL
ORDER BY ALL;
