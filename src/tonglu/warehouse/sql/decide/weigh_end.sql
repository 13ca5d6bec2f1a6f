-- The score is P x V x C x L, rounded to six decimals after each factor (half away from zero).
UPDATE weighing SET lever = CAST(CAST(by_journey * by_product AS DECIMAL(18, 4)) * by_channel AS DECIMAL(18, 4));
UPDATE proposal SET score = CAST(least(CAST(least(score * w.context, 999999999999.999999) AS DECIMAL(18, 6)) * w.lever, 999999999999.999999)
    AS DECIMAL(18, 6))
FROM weighing AS w WHERE w.proposal_no = proposal.proposal_no AND (w.context <> 1 OR w.lever <> 1);
INSERT INTO tonglu.weighed
SELECT $run_no, p.entry_id, p.step_key, w.context, w.lever, w.weights
FROM weighing AS w JOIN proposal AS p USING (proposal_no) WHERE w.context <> 1 OR w.lever <> 1 ORDER BY w.proposal_no;
