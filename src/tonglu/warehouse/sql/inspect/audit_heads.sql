-- The head of the audit log as each run found it.
SELECT run_no, seq, hash FROM engine.audit_head ORDER BY run_no;
