"""reachable: the first channel of `via` that has consent, an address, and is not stopped; final for the run. A pause
defers, a kill drops."""

from tonglu.gates.gate import Chain, Gate

CHOSEN = """
    INSERT INTO addressed
    SELECT m.proposal_no, m.channel, m.place
    FROM permitted AS m JOIN proposal AS p USING (proposal_no)
    SEMI JOIN personal.addresses AS a ON a.customer_id = p.customer_id AND a.channel = m.channel;
    UPDATE proposal SET channel = c.channel
    FROM (
        SELECT a.proposal_no, arg_min(a.channel, a.place) AS channel
        FROM addressed AS a JOIN channel_now AS n ON n.channel = a.channel AND n.stop IS NULL
        GROUP BY a.proposal_no
    ) AS c
    WHERE c.proposal_no = proposal.proposal_no AND proposal.outcome IS NULL;
    INSERT INTO stopped
    SELECT p.proposal_no,
        CASE WHEN bool_or(n.stop = 'pause') THEN 'channel_paused' WHEN bool_or(n.stop = 'kill') THEN 'channel_killed' ELSE 'no_address' END,
        NULL, CASE WHEN bool_or(n.stop = 'pause') THEN 'deferred' ELSE 'dropped' END
    FROM proposal AS p JOIN permitted AS m USING (proposal_no)
    LEFT JOIN addressed AS a ON a.proposal_no = m.proposal_no AND a.channel = m.channel
    LEFT JOIN channel_now AS n ON n.channel = a.channel
    WHERE p.outcome IS NULL AND p.channel IS NULL
    GROUP BY p.proposal_no
"""


def apply(chain: Chain) -> None:
    """Choose each proposal's channel."""
    chain.warehouse.execute(CHOSEN)


GATE = Gate(
    "reachable",
    60,
    "可触达 Reachable",
    {
        "no_address": "没有可用的联系地址 no permitted channel has an address",
        "channel_paused": "渠道已暂停 the channel is paused",
        "channel_killed": "渠道已终止 the channel was killed",
    },
    True,
    apply,
)
