-- A proposal is planned later only as far as no cap is broken: another one of the same customer, planned a cap's time or more after it,
-- did not count it, and must not come to count it. Nor does it come nearer to a touch of a journey that excludes its own.
CREATE OR REPLACE TEMP TABLE neighbour AS
SELECT p.customer_id, p.proposal_no, p.journey, w.topic, p.purpose, p.channel, p.not_before
FROM proposal AS p JOIN worth AS w USING (step_key)
WHERE p.outcome IS NULL AND NOT p.ghost
  AND p.customer_id IN (SELECT customer_id FROM proposal WHERE outcome IS NULL AND NOT ghost GROUP BY customer_id HAVING count(*) > 1);
CREATE OR REPLACE TEMP TABLE kept_apart AS
SELECT customer_id, proposal_no, journey, topic, not_before FROM neighbour
UNION ALL
SELECT t.customer_id, NULL, t.journey, t.topic, t.not_before
FROM tonglu.reserved_touch AS t
WHERE EXISTS (FROM exclusion) AND t.not_before > (SELECT min(opening) FROM contender) AND t.customer_id IN (SELECT customer_id FROM contender);
UPDATE contender SET latest = least(contender.latest, n.latest)
FROM (
    SELECT proposal_no, min(latest) AS latest
    FROM (
        SELECT c.proposal_no, o.not_before - to_microseconds(k.within_us + coalesce(h.lasts_us, 0)) AS latest
        FROM contender AS c
        LEFT JOIN worked_channel AS h ON h.channel = c.channel
        JOIN neighbour AS mine USING (proposal_no)
        JOIN neighbour AS o ON o.customer_id = c.customer_id AND o.proposal_no <> c.proposal_no
        JOIN cap AS k ON k.purpose IN (c.purpose, 'any') AND k.purpose IN (o.purpose, 'any') AND k.channel IN (c.channel, 'any')
            AND k.channel IN (o.channel, 'any') AND k.journey IN (c.journey, 'any') AND k.journey IN (o.journey, 'any')
            AND (k.topic = 'any' OR (k.topic = mine.topic AND k.topic = o.topic))
            AND o.not_before >= c.opening + to_microseconds(k.within_us + coalesce(h.lasts_us, 0))
        UNION ALL
        SELECT c.proposal_no, o.not_before - to_microseconds(a.within_us)
        FROM contender AS c
        JOIN proposal AS p USING (proposal_no)
        JOIN worth AS w ON w.step_key = p.step_key
        JOIN exclusion AS a ON a.journey = c.journey OR (a.journey IS NULL AND w.topic IS NOT NULL AND a.topic IN (w.topic, 'any'))
        JOIN kept_apart AS o ON o.customer_id = c.customer_id AND o.journey <> c.journey
            AND o.not_before >= c.opening + to_microseconds(a.within_us)
        JOIN exclusion AS b ON b.exclusion_no = a.exclusion_no
            AND (b.journey = o.journey OR (b.journey IS NULL AND o.topic = w.topic))
    )
    GROUP BY proposal_no
) AS n
WHERE n.proposal_no = contender.proposal_no;
