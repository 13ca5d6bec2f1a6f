-- How good the allocation of that run was, by priority group.
SELECT a.* FROM allocations AS a WHERE a.run_no = coalesce($run_no, (SELECT max(run_no) FROM limits)) ORDER BY a.priority;
