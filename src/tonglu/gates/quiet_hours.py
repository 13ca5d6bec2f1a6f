"""quiet hours: `not_before` is the channel's next opening; only what does not open within `valid_for` is deferred."""

from tonglu.gates.gate import Chain, Gate

OPENING = """
    UPDATE proposal SET not_before = CASE WHEN list_contains($skipping, purpose) THEN $as_of ELSE n.opening END
    FROM channel_now AS n WHERE n.channel = proposal.channel AND proposal.outcome IS NULL;
    INSERT INTO stopped
    SELECT proposal_no, 'closed', 'opens ' || strftime(not_before, '%Y-%m-%dT%H:%MZ'), 'deferred'
    FROM proposal
    WHERE outcome IS NULL AND not_before > first_proposed_at + to_microseconds(valid_us + paused_us)
"""


def apply(chain: Chain) -> None:
    """Plan each proposal at its channel's next opening."""
    chain.warehouse.execute(OPENING, as_of=chain.as_of, skipping=chain.skipping("quiet_hours"))


GATE = Gate(
    "quiet_hours",
    70,
    "安静时段 Quiet hours",
    {"closed": "渠道在有效期内不开放 the channel does not open while the touch is valid"},
    True,
    apply,
)
