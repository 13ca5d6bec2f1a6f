-- The journey whose entry came to one step for the third time at one instant, with the steps that it goes round.
SELECT journey, version_no, list_sort(list(DISTINCT step)) AS steps, since
FROM position
WHERE (entry_id, since) IN (
    SELECT p.entry_id, p.since FROM position AS p
    WHERE p.entry_id IN (SELECT entry_id FROM position WHERE round = $round)
    GROUP BY p.entry_id, p.since, p.step_key HAVING count(*) > 2
)
GROUP BY journey, version_no, entry_id, since
ORDER BY journey, version_no, entry_id, since
LIMIT 1;
