"""journey live: a killed journey proposes nothing more. (A paused one makes no proposals at all; its entries rest.)"""

from tonglu.gates.gate import Chain, Gate

KILLED = """
    INSERT INTO stopped
    SELECT p.proposal_no, 'killed', p.journey, 'dropped'
    FROM proposal AS p JOIN journey_now AS j USING (journey)
    WHERE p.outcome IS NULL AND j.killed
"""


def apply(chain: Chain) -> None:
    """Stop the proposals of killed journeys."""
    chain.warehouse.execute(KILLED)


GATE = Gate("journey_live", 10, "旅程在线 Journey live", {"killed": "旅程已终止 the journey was killed"}, True, apply)
