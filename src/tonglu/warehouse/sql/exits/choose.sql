-- The exit that counts for an entry: the earliest instant, then the goal, then written order.
INSERT INTO leaving
SELECT entry_id, exit_at, reason, as_it_stands FROM exit_match
QUALIFY row_number() OVER (PARTITION BY entry_id ORDER BY exit_at, ordinal) = 1;
DELETE FROM exit_match;
