"""consent: purpose x channel, opt-outs, complaints. Stops only where no channel of `via` may be used; leaves the others in `permitted`.
A channel that suitability barred is not looked at.

A customer is out of a channel for a purpose when the latest of their words that cover both says so (out wins a tie), unless a
consent for exactly these is newer. Who wants no personalised marketing gets none, whatever channels they agreed to; a word that
takes it back is needed.
"""

from tonglu.core.durations import microseconds
from tonglu.gates.gate import Chain, Gate

NOBODY = "CREATE OR REPLACE TEMP TABLE complaining (customer_id BIGINT)"
PERMITTED = """
    CREATE OR REPLACE TEMP TABLE opted_out AS
    SELECT o.customer_id, n.channel, q.purpose, max(o.opted_out_at) FILTER (o.word = 'out') AS since
    FROM tonglu.opt_out AS o JOIN channel_now AS n ON o.channel = n.channel OR o.channel = '*'
    JOIN (SELECT DISTINCT purpose FROM proposal) AS q ON o.purpose = q.purpose OR o.purpose = '*'
    WHERE o.customer_id IN (SELECT customer_id FROM proposal)
    GROUP BY o.customer_id, n.channel, q.purpose
    HAVING max(o.opted_out_at) FILTER (o.word = 'out') >= coalesce(max(o.opted_out_at) FILTER (o.word = 'in'), '-infinity'::TIMESTAMP);
    CREATE OR REPLACE TEMP TABLE unprofiled AS
    SELECT customer_id FROM tonglu.opt_out WHERE purpose = 'profiling'
    GROUP BY customer_id HAVING arg_max(word, (opted_out_at, word)) = 'out';
    INSERT INTO stopped
    SELECT proposal_no, CASE WHEN customer_id IN (SELECT customer_id FROM complaining) THEN 'complaint_hold' ELSE 'profiling_refused' END,
        NULL, 'dropped'
    FROM proposal
    WHERE outcome IS NULL AND purpose = 'marketing' AND NOT list_contains($skipping, purpose)
      AND (customer_id IN (SELECT customer_id FROM complaining) OR customer_id IN (SELECT customer_id FROM unprofiled));
    INSERT INTO permitted
    SELECT p.proposal_no, v.channel, v.place
    FROM proposal AS p JOIN tonglu.via AS v USING (step_key)
    WHERE p.outcome IS NULL AND p.proposal_no NOT IN (SELECT proposal_no FROM stopped)
      AND (p.proposal_no, v.channel) NOT IN (SELECT proposal_no, channel FROM barred)
      AND (list_contains($skipping, p.purpose) OR EXISTS (
            SELECT 1 FROM source.consents AS c
            WHERE c.customer_id = p.customer_id AND c.purpose = p.purpose AND c.channel = v.channel AND c.granted
              AND NOT EXISTS (SELECT 1 FROM opted_out AS o
                              WHERE o.customer_id = p.customer_id AND o.channel = v.channel AND o.purpose = p.purpose
                                AND o.since >= c.changed_at)));
    INSERT INTO stopped
    SELECT p.proposal_no, CASE WHEN EXISTS (
            SELECT 1 FROM opted_out AS o JOIN tonglu.via AS v ON v.channel = o.channel
            WHERE o.customer_id = p.customer_id AND o.purpose = p.purpose AND v.step_key = p.step_key
              AND (p.proposal_no, v.channel) NOT IN (SELECT proposal_no, channel FROM barred)) THEN 'opted_out' ELSE 'no_consent' END,
        NULL, 'dropped'
    FROM proposal AS p
    WHERE p.outcome IS NULL AND p.proposal_no NOT IN (SELECT proposal_no FROM permitted)
      AND p.proposal_no NOT IN (SELECT proposal_no FROM stopped)
"""


def apply(chain: Chain) -> None:
    """Keep the channels that the customer allows for this purpose."""
    hold = chain.policy.consent.complaint_hold
    if hold is None:
        chain.warehouse.execute(NOBODY)
    else:
        chain.warehouse.run("decide/complaining", as_of=chain.as_of, hold_us=microseconds(hold))
    chain.warehouse.execute(PERMITTED, skipping=chain.skipping("consent"))


GATE = Gate(
    "consent",
    40,
    "授权同意 Consent",
    {
        "no_consent": "未授权该用途的任何渠道 no channel has consent for this purpose",
        "opted_out": "客户已退订 the customer opted out",
        "profiling_refused": "客户拒绝个性化营销 the customer wants no personalised marketing",
        "complaint_hold": "投诉期内暂停营销 a complaint holds marketing",
    },
    True,
    apply,
)
