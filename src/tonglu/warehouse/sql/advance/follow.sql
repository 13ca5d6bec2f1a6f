-- The hops of this round become the positions of the next.
INSERT INTO position
SELECT p.entry_id, p.customer_id, p.journey, p.version_no, p.entry_no, p.assignment, p.round + 1, h.to_key, s.step, s.kind,
    h.clock, p.horizon, TRUE, p.step_key, h.cause
FROM hop AS h
JOIN position AS p ON p.entry_id = h.entry_id AND p.round = $round
JOIN tonglu.step AS s ON s.step_key = h.to_key;
