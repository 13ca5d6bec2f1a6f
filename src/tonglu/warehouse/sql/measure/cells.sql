-- The state of every cell: what all runs wrote of it.
SELECT journey, goal, horizon_us, kind, slice, stratum, adjusted, side, sum(clusters)::BIGINT AS clusters, sum(n)::BIGINT, sum(n2)::HUGEINT, sum(y)::BIGINT,
    sum(y2)::HUGEINT, sum(ny)::HUGEINT, sum(v)::HUGEINT, sum(v2)::HUGEINT, sum(nv)::HUGEINT, sum(x)::HUGEINT, sum(x2)::HUGEINT, sum(nx)::HUGEINT, sum(xy)::HUGEINT,
    sum(xv)::HUGEINT
FROM tonglu.measured GROUP BY ALL HAVING sum(n) > 0 ORDER BY ALL;
