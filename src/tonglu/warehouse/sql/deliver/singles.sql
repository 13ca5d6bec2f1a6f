-- Touches that travel one by one; those that people work with their branch, their employee and the name of whom they are about.
SELECT o.touch_key, o.channel, o.journey, o.customer_id, o.not_before, o.expires_at, o.message, o.arm, o.version, o.address, o.variables,
    o.heeds_hours, o.heeds_opt_out, o.topic, o.branch, o.purpose, o.segment, w.touch_key IS NOT NULL AS worked, w.branch_id, w.employee_id,
    r.name
FROM outgoing AS o LEFT JOIN tonglu.work_item AS w USING (touch_key) LEFT JOIN recipient AS r USING (touch_key)
WHERE o.batch_id IS NULL ORDER BY o.touch_key;
