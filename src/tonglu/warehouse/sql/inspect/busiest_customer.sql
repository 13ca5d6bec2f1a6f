-- A customer worth looking at: one who converted, with the most decisions.
SELECT d.customer_id
FROM decisions AS d LEFT JOIN conversions AS c USING (entry_id)
GROUP BY d.customer_id ORDER BY count(DISTINCT c.event_id) > 0 DESC, count(*) DESC, d.customer_id LIMIT 1;
