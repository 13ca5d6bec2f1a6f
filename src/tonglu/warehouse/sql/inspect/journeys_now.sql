-- How many entries of each journey are where.
SELECT journey, count(*) FILTER (assignment = 'treated') AS treated, count(*) FILTER (assignment <> 'treated') AS control,
    count(*) FILTER (state = 'open') AS open
FROM entries GROUP BY journey ORDER BY journey;
