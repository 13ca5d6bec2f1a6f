"""capacity: so many touches of a channel in each hour or day, of the bank, a branch or an employee.

A proposal takes the earliest slot with room from its opening on, inside its channel's hours and while it is valid; `not_before` becomes
that slot's beginning. Places go by rank, exactly where limits are nested or apart; where they cross, to the greatest value within each
priority group. Budgets are allocated here together with capacity; what only money holds back is left to the next gate.
"""

from tonglu.gates.allotting import allot
from tonglu.gates.contention import contend
from tonglu.gates.gate import Chain, Gate

NO_ROOM = "INSERT INTO stopped SELECT proposal_no, 'no_capacity', detail, 'deferred' FROM left_over WHERE gate = 'capacity'"


def apply(chain: Chain) -> None:
    """Allocate what is scarce, plan those who got a place, defer those for whom no slot has room."""
    if contend(chain):
        allot(chain.warehouse)
        chain.warehouse.run("allocate/settle")
        chain.warehouse.run("allocate/record")
        chain.warehouse.execute(NO_ROOM)


GATE = Gate(
    "capacity",
    100,
    "容量 Capacity",
    {"no_capacity": "有效期内没有空余容量 no slot has room while the touch is valid"},
    False,
    apply,
)
