-- A customer's trips, the newest first; up to an instant, as the runs until then had brought them.
WITH told AS (
    SELECT run_no FROM engine.run WHERE as_of <= $until OR $until IS NULL
), moved AS (
    SELECT m.entry_id, max_by(m.to_key, (m.run_no, m.ordinal)) AS step_key, max_by(m.clock, (m.run_no, m.ordinal)) AS since
    FROM engine.move AS m JOIN engine.entry AS e USING (entry_id)
    WHERE e.customer_id = $customer_id AND m.run_no IN (FROM told) GROUP BY ALL
), ended AS (
    SELECT d.entry_id, d.ended_at, d.reason FROM engine.ended AS d JOIN engine.entry AS e USING (entry_id)
    WHERE e.customer_id = $customer_id AND d.run_no IN (FROM told)
)
SELECT e.journey, e.version_no, e.entry_no, e.assignment, e.assigned_at, CASE WHEN d.entry_id IS NULL THEN 'open' ELSE 'ended' END AS state,
    CASE WHEN d.entry_id IS NULL THEN s.step END AS step, CASE WHEN d.entry_id IS NULL THEN coalesce(m.since, e.since) END AS since,
    d.ended_at, d.reason AS end_reason
FROM engine.entry AS e
LEFT JOIN moved AS m USING (entry_id)
LEFT JOIN engine.step AS s ON s.step_key = coalesce(m.step_key, e.version_no * 1000 + 1)
LEFT JOIN ended AS d USING (entry_id)
WHERE e.customer_id = $customer_id AND (e.journey = $journey OR $journey IS NULL) AND e.run_no IN (FROM told)
ORDER BY e.assigned_at DESC, e.journey, e.entry_no DESC;
