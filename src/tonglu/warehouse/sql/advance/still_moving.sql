-- The journeys whose entries still move in this round, with the steps at which they stand.
SELECT journey, version_no, list_sort(list(DISTINCT step)) AS steps
FROM position WHERE round = $round
GROUP BY journey, version_no ORDER BY journey, version_no LIMIT 1;
