-- A proposal is planned later only as far as no cap is broken: another one of the same customer, planned a cap's time or more after it,
-- did not count it, and must not come to count it.
UPDATE contender SET latest = least(contender.latest, n.latest)
FROM (
    SELECT c.proposal_no, min(o.not_before - to_microseconds(k.within_us)) AS latest
    FROM contender AS c
    JOIN proposal AS o ON o.customer_id = c.customer_id AND o.proposal_no <> c.proposal_no AND o.outcome IS NULL AND NOT o.ghost
    JOIN cap AS k ON k.purpose IN (c.purpose, 'any') AND k.purpose IN (o.purpose, 'any') AND k.channel IN (c.channel, 'any')
        AND k.channel IN (o.channel, 'any') AND o.not_before >= c.opening + to_microseconds(k.within_us)
    WHERE c.customer_id IN (SELECT customer_id FROM proposal WHERE outcome IS NULL AND NOT ghost GROUP BY customer_id HAVING count(*) > 1)
    GROUP BY c.proposal_no
) AS n
WHERE n.proposal_no = contender.proposal_no;
