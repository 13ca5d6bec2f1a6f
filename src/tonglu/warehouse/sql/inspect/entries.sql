-- A customer's trips, the newest first.
SELECT journey, version_no, entry_no, assignment, assigned_at, state, step, since, ended_at, end_reason
FROM entries WHERE customer_id = $customer_id AND (journey = $journey OR $journey IS NULL) AND (assigned_at <= $until OR $until IS NULL) ORDER BY assigned_at DESC, journey, entry_no DESC;
