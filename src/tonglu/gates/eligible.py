"""eligible: the touch's own condition, `when`, judged as of the run; a missing value makes it false."""

from sqlglot import exp

from tonglu.core.sql import about_customer
from tonglu.gates.gate import Chain, Gate

NOT_ELIGIBLE = """
    INSERT INTO stopped
    SELECT p.proposal_no, 'not_eligible', NULL, 'dropped'
    FROM proposal AS p LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.outcome IS NULL AND p.step_key = slot('step_key') AND NOT slot('condition')
"""


PRESENT = "SELECT DISTINCT step_key FROM proposal WHERE outcome IS NULL"
SEEN = """
    INSERT INTO seen
    SELECT p.proposal_no, slot('parts'), slot('saw')
    FROM proposal AS p LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.outcome IS NULL AND p.step_key = slot('step_key')
"""


def _object(pairs: tuple[tuple[str, exp.Expression], ...]) -> exp.Expression:
    told = [node for name, value in pairs for node in (exp.Literal.string(name), value)]
    return exp.Anonymous(this="json_object", expressions=told)


def apply(chain: Chain) -> None:
    """Judge every touch that has a condition, and keep what it was judged by."""
    present = {step_key for (step_key,) in chain.warehouse.fetch(PRESENT)}
    for one in chain.conditions:
        if one.step_key in present:
            seen = {"parts": _object(one.parts), "saw": _object(one.reads)}
            chain.warehouse.execute(about_customer(SEEN, "p", step_key=one.step_key, **seen))
            chain.warehouse.execute(about_customer(NOT_ELIGIBLE, "p", step_key=one.step_key, condition=one.condition))


GATE = Gate(
    "eligible", 20, "符合条件 Eligible", {"not_eligible": "不符合触达条件 the touch's own condition is false"}, True, apply
)
