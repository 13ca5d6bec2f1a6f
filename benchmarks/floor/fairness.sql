-- Who was touched of those who entered, and what was offered to them, by age, sex and county.
INSERT INTO tonglu.fairness
WITH sent AS (
    SELECT entry_id, sum(score) AS value FROM tonglu.decision WHERE outcome = 'sent' GROUP BY entry_id
), person AS (
    SELECT e.journey, e.customer_id, count(s.entry_id) > 0 AS touched, coalesce(sum(s.value), 0) AS offered
    FROM tonglu.entry AS e LEFT JOIN sent AS s USING (entry_id) WHERE e.assignment = 'treated' GROUP BY ALL
)
SELECT run_no(), journey, CASE 0 WHEN grouping(age_band) THEN 'age_band' WHEN grouping(sex) THEN 'sex' ELSE 'county' END,
    coalesce(CASE 0 WHEN grouping(age_band) THEN age_band WHEN grouping(sex) THEN sex ELSE county::VARCHAR END, 'unknown'),
    count(*), count(*) FILTER (touched), sum(offered)
FROM person JOIN tonglu.profile USING (customer_id) GROUP BY GROUPING SETS ((journey, age_band), (journey, sex), (journey, county));
