-- Who is out of a channel for marketing: the latest word that covers both says so. Who gets no marketing at all, and why.
CREATE TEMP TABLE out_of AS
SELECT o.customer_id, n.channel, max(o.opted_out_at) FILTER (o.word = 'out') AS since
FROM tonglu.opt_out AS o JOIN (VALUES ('app_push'), ('call'), ('sms'), ('wecom')) AS n(channel) ON o.channel IN (n.channel, '*')
WHERE o.purpose IN ('marketing', '*') GROUP BY ALL
HAVING since >= coalesce(max(o.opted_out_at) FILTER (o.word = 'in'), '-infinity'::TIMESTAMP);
CREATE TEMP TABLE unwilling AS
SELECT customer_id, min(reason) AS reason
FROM (
    SELECT customer_id, 'complaint_hold' AS reason FROM source.complaints
    WHERE opened_at <= as_of() AND (closed_at IS NULL OR closed_at > as_of() - INTERVAL 30 DAY)
    UNION ALL
    SELECT customer_id, 'profiling_refused' FROM tonglu.opt_out WHERE purpose = 'profiling'
    GROUP BY customer_id HAVING arg_max(word, (opted_out_at, word)) = 'out'
)
GROUP BY customer_id;
