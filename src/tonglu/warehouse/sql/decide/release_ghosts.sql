-- Ghosts are judged up to the gates that depend on competition, and resolve now: what would wait is dropped.
UPDATE proposal SET outcome = CASE WHEN outcome IS NULL THEN 'sent' ELSE 'dropped' END WHERE ghost;
