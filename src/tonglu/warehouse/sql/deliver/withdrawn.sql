-- Touches of earlier runs that may still be on their way, to customers who withdrew the consent for them in this run, or whose complaint
-- holds marketing by now. Those that nobody has reported on yet, that wait for another attempt, or that a person has not done, must not leave
-- any more.
WITH on_its_way AS (
    SELECT t.touch_key, t.batch_id, t.customer_id, t.purpose, t.channel FROM tonglu.touch AS t
    WHERE t.run_no < $run_no AND t.expires_at > $as_of AND NOT list_contains($skip_consent, t.purpose)
), refused AS (
    SELECT w.touch_key, w.batch_id, 'consent withdrawn' AS reason FROM on_its_way AS w JOIN source.consents AS c USING (customer_id, purpose, channel)
    WHERE c.loaded_run = $run_no AND NOT c.granted
    UNION
    SELECT touch_key, batch_id, 'a complaint holds it' FROM on_its_way WHERE purpose = 'marketing' AND customer_id IN (SELECT customer_id FROM complaining)
)
SELECT touch_key, any_value(batch_id), max(reason) FROM refused
WHERE touch_key NOT IN (SELECT touch_key FROM tonglu.delivery WHERE touch_key IN (SELECT touch_key FROM refused)
                        GROUP BY touch_key HAVING arg_max(state, seq) NOT IN ('waiting', 'pending'))
GROUP BY touch_key ORDER BY touch_key;
