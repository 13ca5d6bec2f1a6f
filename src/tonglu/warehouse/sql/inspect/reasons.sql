-- How often each outcome and reason was decided, over all runs.
SELECT outcome, gate, reason, count(*) AS decisions FROM decisions GROUP BY ALL ORDER BY decisions DESC, outcome, gate, reason;
