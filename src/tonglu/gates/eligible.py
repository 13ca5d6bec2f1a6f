"""eligible: the touch's own condition, `when`, judged as of the run; a missing value makes it false."""

from tonglu.core.sql import about_customer
from tonglu.gates.gate import Chain, Gate

NOT_ELIGIBLE = """
    INSERT INTO stopped
    SELECT p.proposal_no, 'not_eligible', NULL, 'dropped'
    FROM proposal AS p LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.outcome IS NULL AND p.step_key = slot('step_key') AND NOT slot('condition')
"""


def apply(chain: Chain) -> None:
    """Judge every touch that has a condition."""
    for step_key, condition in chain.conditions:
        chain.warehouse.execute(about_customer(NOT_ELIGIBLE, "p", step_key=step_key, condition=condition))


GATE = Gate(
    "eligible", 20, "符合条件 Eligible", {"not_eligible": "不符合触达条件 the touch's own condition is false"}, True, apply
)
