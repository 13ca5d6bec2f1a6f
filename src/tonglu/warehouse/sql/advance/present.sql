-- Which steps have somebody in this round, and how far back they must look.
SELECT step_key, kind, min(since) FILTER (WHERE looks_back) AS earliest
FROM position WHERE round = $round GROUP BY ALL ORDER BY ALL;
