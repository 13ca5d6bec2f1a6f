-- Those that are still in the chain, with the weight 1 of everything; and the customers whose situation is looked at.
CREATE OR REPLACE TEMP TABLE weighing AS
SELECT p.proposal_no, p.customer_id, CAST(1 AS DECIMAL(18, 4)) AS context, CAST(1 AS DECIMAL(18, 4)) AS lever,
    coalesce(j.factor, 1) AS by_journey, coalesce(t.factor, 1) AS by_product, coalesce(c.factor, 1) AS by_channel, []::INTEGER[] AS weights
FROM proposal AS p JOIN worth AS w USING (step_key)
LEFT JOIN lever_now AS j ON j.scope = 'journey' AND j.name = p.journey
LEFT JOIN lever_now AS t ON t.scope = 'product' AND t.name = w.topic
LEFT JOIN lever_now AS c ON c.scope = 'channel' AND c.name = p.channel
WHERE p.outcome IS NULL AND NOT p.ghost;
CREATE OR REPLACE TEMP TABLE weighed_customer AS SELECT DISTINCT customer_id FROM weighing;
