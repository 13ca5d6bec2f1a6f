-- Who joined and who left since the last run, all segments at once; everybody has left a segment that is no longer written.
-- A segment that was not built again has the members that it had.
CREATE OR REPLACE TEMP TABLE member_change AS
SELECT coalesce(n.segment, m.segment) AS segment, coalesce(n.customer_id, m.customer_id) AS customer_id, m.customer_id IS NULL AS joined
FROM member_now AS n
FULL JOIN (
    SELECT segment, customer_id FROM tonglu.membership
    WHERE left_run IS NULL AND segment NOT IN (SELECT segment FROM segment_title WHERE NOT built)
) AS m ON m.segment = n.segment AND m.customer_id = n.customer_id
WHERE n.customer_id IS NULL OR m.customer_id IS NULL;
UPDATE tonglu.membership SET left_run = $run_no, left_at = $as_of
FROM member_change AS c
WHERE NOT c.joined AND membership.left_run IS NULL AND membership.segment = c.segment AND membership.customer_id = c.customer_id;
INSERT INTO tonglu.membership
SELECT segment, customer_id, $run_no, $as_of, NULL, NULL FROM member_change WHERE joined ORDER BY segment, customer_id;
INSERT INTO tonglu.segment_size
SELECT $run_no, t.segment, t.title_zh, CASE WHEN t.built THEN coalesce(n.members, 0) ELSE p.members END, coalesce(c.joined, 0), coalesce(c.gone, 0)
FROM segment_title AS t
LEFT JOIN (SELECT segment, count(*) AS members FROM member_now GROUP BY segment) AS n USING (segment)
LEFT JOIN (SELECT segment, arg_max(members, run_no) AS members FROM tonglu.segment_size GROUP BY segment) AS p USING (segment)
LEFT JOIN (
    SELECT segment, count(*) FILTER (WHERE joined) AS joined, count(*) FILTER (WHERE NOT joined) AS gone FROM member_change GROUP BY segment
) AS c USING (segment)
ORDER BY t.segment;
