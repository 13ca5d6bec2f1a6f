-- Arms of texts are drawn at the first proposal, kept for that entry and step, and the exposure is written then.
CREATE OR REPLACE TEMP TABLE shown_before AS
SELECT x.entry_id, x.step_key, x.arm FROM tonglu.exposure AS x
WHERE x.step_key IN (SELECT step_key FROM arm_share) AND x.step_key IN (SELECT step_key FROM proposal)
  AND x.entry_id IN (SELECT entry_id FROM proposal);
INSERT INTO tonglu.exposure
SELECT $run_no, p.entry_id, p.customer_id, p.journey, p.step_key, p.step, a.arm, a.propensity, $as_of
FROM (SELECT * FROM proposal WHERE step_key IN (SELECT step_key FROM arm_share)) AS p -- draws cost, and few steps have arms
JOIN arm_share AS a USING (step_key)
WHERE draw('arm', p.journey, p.customer_id, p.step, p.entry_no) >= a.low
  AND draw('arm', p.journey, p.customer_id, p.step, p.entry_no) < a.high
  AND a.stratum = coalesce((SELECT b.stratum FROM tonglu.baseline AS b JOIN arm_stratum AS k USING (stratum)
                            WHERE b.entry_id = p.entry_id AND k.step_key = p.step_key), '')
  AND NOT EXISTS (SELECT 1 FROM shown_before AS x WHERE x.entry_id = p.entry_id AND x.step_key = p.step_key);
INSERT INTO shown_before
SELECT x.entry_id, x.step_key, x.arm FROM tonglu.exposure AS x
WHERE x.run_no = $run_no AND x.step_key IN (SELECT step_key FROM arm_share) AND x.step_key IN (SELECT step_key FROM proposal);
UPDATE proposal SET arm = x.arm
FROM (SELECT DISTINCT entry_id, step_key, arm FROM shown_before) AS x WHERE x.entry_id = proposal.entry_id AND x.step_key = proposal.step_key;
