"""eligible: the touch's own condition, `when`, judged as of the run; a missing value makes it false."""

from sqlglot import exp

from tonglu.core.sql import about_customer, alike, among
from tonglu.gates.gate import Chain, Gate

NOT_ELIGIBLE = """
    INSERT INTO stopped
    SELECT p.proposal_no, 'not_eligible', NULL, 'dropped'
    FROM proposal AS p LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.outcome IS NULL AND slot('here') AND NOT slot('condition')
"""


PRESENT = "SELECT DISTINCT step_key FROM proposal WHERE outcome IS NULL"
SEEN = """
    INSERT INTO seen
    SELECT p.proposal_no, slot('parts'), slot('saw')
    FROM proposal AS p LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.outcome IS NULL AND slot('here')
"""


def _object(pairs: tuple[tuple[str, exp.Expression], ...]) -> exp.Expression:
    told = [node for name, value in pairs for node in (exp.Literal.string(name), value)]
    return exp.Anonymous(this="json_object", expressions=told)


def apply(chain: Chain) -> None:
    """Judge every touch that has a condition, and keep what it was judged by."""
    present = {step_key for (step_key,) in chain.warehouse.fetch(PRESENT)}
    judged = [one for one in chain.conditions if one.step_key in present]
    for group in alike(judged, lambda one: (one.condition, _object(one.parts), _object(one.reads))):
        one, here = group[0], among(exp.column("step_key", table="p"), [each.step_key for each in group])
        chain.warehouse.execute(about_customer(SEEN, "p", here=here, parts=_object(one.parts), saw=_object(one.reads)))
        chain.warehouse.execute(about_customer(NOT_ELIGIBLE, "p", here=here, condition=one.condition))


GATE = Gate(
    "eligible", 20, "符合条件 Eligible", {"not_eligible": "不符合触达条件 the touch's own condition is false"}, True, apply
)
