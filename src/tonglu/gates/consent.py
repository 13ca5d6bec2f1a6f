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
    CREATE OR REPLACE TEMP TABLE asked AS
    SELECT p.proposal_no, p.customer_id, p.purpose, v.channel, v.place
    FROM proposal AS p JOIN tonglu.via AS v USING (step_key)
    ANTI JOIN stopped AS s ON s.proposal_no = p.proposal_no
    ANTI JOIN barred AS b ON b.proposal_no = p.proposal_no AND b.channel = v.channel
    WHERE p.outcome IS NULL;
    INSERT INTO permitted SELECT proposal_no, channel, place FROM asked WHERE list_contains($skipping, purpose);
    INSERT INTO permitted
    SELECT a.proposal_no, a.channel, a.place FROM asked AS a
    SEMI JOIN (
        SELECT c.customer_id, c.purpose, c.channel FROM source.consents AS c
        ANTI JOIN opted_out AS o
            ON o.customer_id = c.customer_id AND o.channel = c.channel AND o.purpose = c.purpose AND o.since >= c.changed_at
        WHERE c.granted
    ) AS c ON c.customer_id = a.customer_id AND c.purpose = a.purpose AND c.channel = a.channel
    WHERE NOT list_contains($skipping, a.purpose);
    INSERT INTO stopped
    SELECT p.proposal_no, CASE WHEN p.proposal_no IN (
            SELECT a.proposal_no FROM asked AS a JOIN opted_out AS o USING (customer_id, channel, purpose)) THEN 'opted_out' ELSE 'no_consent' END,
        NULL, 'dropped'
    FROM proposal AS p
    ANTI JOIN permitted AS m ON m.proposal_no = p.proposal_no
    ANTI JOIN stopped AS s ON s.proposal_no = p.proposal_no
    WHERE p.outcome IS NULL
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
