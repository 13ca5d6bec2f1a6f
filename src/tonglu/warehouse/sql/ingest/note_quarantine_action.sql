INSERT INTO tonglu.quarantine_action (quarantine_id, source_table, action, reason, done_by, done_at)
VALUES ($quarantine_id, $source_table, $action, $reason, $done_by, $done_at);
