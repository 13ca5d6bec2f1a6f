"""budget: so much money in each day or month, of a channel, a journey, a purpose or all. Allocated together with capacity."""

from tonglu.gates.gate import Chain, Gate

SPENT = "INSERT INTO stopped SELECT proposal_no, 'no_budget', detail, 'deferred' FROM left_over WHERE gate = 'budget'"


def apply(chain: Chain) -> None:
    """Defer those whom money alone holds back."""
    chain.warehouse.execute(SPENT)


GATE = Gate("budget", 110, "预算 Budget", {"no_budget": "预算已用完 the budget is used up"}, False, apply)
