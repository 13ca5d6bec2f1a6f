-- Arms of texts are drawn at the first proposal, kept for that entry and step, and the exposure is written then.
INSERT INTO tonglu.exposure
SELECT $run_no, p.entry_id, p.customer_id, p.journey, p.step_key, p.step, a.arm, a.propensity, $as_of
FROM proposal AS p JOIN arm_share AS a USING (step_key)
WHERE draw('arm', p.journey, p.customer_id, p.step, p.entry_no) >= a.low
  AND draw('arm', p.journey, p.customer_id, p.step, p.entry_no) < a.high
  AND NOT EXISTS (SELECT 1 FROM tonglu.exposure AS x WHERE x.entry_id = p.entry_id AND x.step_key = p.step_key);
UPDATE proposal SET arm = x.arm
FROM tonglu.exposure AS x WHERE x.entry_id = proposal.entry_id AND x.step_key = proposal.step_key;
