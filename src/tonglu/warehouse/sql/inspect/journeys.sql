-- The journeys that were ever run.
SELECT DISTINCT journey FROM journeys ORDER BY journey;
