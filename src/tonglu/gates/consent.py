"""consent: purpose x channel, opt-outs. Stops only where no channel of `via` may be used; leaves the others in `permitted`.
A channel that suitability barred is not looked at.

A customer is out of a channel when the latest of their words that cover it says so (out wins a tie), unless a consent is newer.
"""

from tonglu.gates.gate import Chain, Gate

PERMITTED = """
    CREATE OR REPLACE TEMP TABLE opted_out AS
    SELECT o.customer_id, n.channel, max(o.opted_out_at) FILTER (o.word = 'out') AS since
    FROM tonglu.opt_out AS o JOIN channel_now AS n ON o.channel = n.channel OR o.channel = '*'
    WHERE o.customer_id IN (SELECT customer_id FROM proposal)
    GROUP BY o.customer_id, n.channel
    HAVING max(o.opted_out_at) FILTER (o.word = 'out') >= coalesce(max(o.opted_out_at) FILTER (o.word = 'in'), '-infinity'::TIMESTAMP);
    INSERT INTO permitted
    SELECT p.proposal_no, v.channel, v.place
    FROM proposal AS p JOIN tonglu.via AS v USING (step_key)
    WHERE p.outcome IS NULL AND (p.proposal_no, v.channel) NOT IN (SELECT proposal_no, channel FROM barred)
      AND (list_contains($skipping, p.purpose) OR EXISTS (
            SELECT 1 FROM source.consents AS c
            WHERE c.customer_id = p.customer_id AND c.purpose = p.purpose AND c.channel = v.channel AND c.granted
              AND NOT EXISTS (SELECT 1 FROM opted_out AS o
                              WHERE o.customer_id = p.customer_id AND o.channel = v.channel AND o.since >= c.changed_at)));
    INSERT INTO stopped
    SELECT p.proposal_no, CASE WHEN EXISTS (
            SELECT 1 FROM opted_out AS o JOIN tonglu.via AS v ON v.channel = o.channel
            WHERE o.customer_id = p.customer_id AND v.step_key = p.step_key
              AND (p.proposal_no, v.channel) NOT IN (SELECT proposal_no, channel FROM barred)) THEN 'opted_out' ELSE 'no_consent' END, NULL, 'dropped'
    FROM proposal AS p
    WHERE p.outcome IS NULL AND p.proposal_no NOT IN (SELECT proposal_no FROM permitted)
"""


def apply(chain: Chain) -> None:
    """Keep the channels that the customer allows for this purpose."""
    chain.warehouse.execute(PERMITTED, skipping=chain.skipping("consent"))


GATE = Gate(
    "consent",
    40,
    "授权同意 Consent",
    {
        "no_consent": "未授权该用途的任何渠道 no channel has consent for this purpose",
        "opted_out": "客户已退订 the customer opted out",
    },
    True,
    apply,
)
