-- What a gate stopped gets its outcome; the gate that stops first is the one reason.
UPDATE proposal SET outcome = s.outcome, gate = $gate, reason = s.reason, detail = s.detail
FROM (SELECT * FROM stopped QUALIFY row_number() OVER (PARTITION BY proposal_no ORDER BY reason, detail) = 1) AS s
WHERE s.proposal_no = proposal.proposal_no AND proposal.outcome IS NULL;
DELETE FROM stopped;
