"""Advance: move entries through as many steps as their clocks allow, in rounds, all entries at once (semantics 12).

A round runs, for every kind of step that has somebody, the kind's statements; their hops become the positions of the next
round. A cycle always contains a wait of positive length, so the rounds end.
"""

from enum import IntEnum

from tonglu.compile.program import Program
from tonglu.core.errors import CheckFailed
from tonglu.core.ports import Warehouse
from tonglu.steps import step_kinds

MOST_ROUNDS = 10_000
HOPS = "SELECT count(*) FROM hop"
CLEAR = "DELETE FROM position; DELETE FROM hop; DELETE FROM wait_end"
CLEAR_HOPS = "DELETE FROM hop"
STANDING = "SELECT count(*) FROM position"


class Phase(IntEnum):
    """The three times in a run at which entries move; numbers the moves of one entry within a run."""

    LEAVING = 0
    LEAVING_AT_ONCE = 100_000
    DUE = 200_000
    DECIDED = 300_000


SEEDS = {
    Phase.LEAVING: "advance/seed_leaving",
    Phase.LEAVING_AT_ONCE: "advance/seed_leaving",
    Phase.DUE: "advance/seed_due",
    Phase.DECIDED: "advance/seed_decided",
}


def advance(warehouse: Warehouse, program: Program, phase: Phase) -> int:
    """Move the entries that this phase concerns until all rest; the number of moves made."""
    warehouse.execute(CLEAR)
    warehouse.run(SEEDS[phase])
    [(standing,)] = warehouse.fetch(STANDING)
    if not standing:
        return 0
    moves, round_no = 0, 0
    while True:
        if not (phase is Phase.DECIDED and round_no == 0):  # decisions have already given their hops
            _hop(warehouse, program, phase, round_no)
        [(hops,)] = warehouse.fetch(HOPS)
        if not hops:
            break
        warehouse.run("advance/follow", round=round_no)
        warehouse.execute(CLEAR_HOPS)
        moves, round_no = moves + hops, round_no + 1
        if round_no > MOST_ROUNDS:
            raise CheckFailed(f"entries were still moving after {MOST_ROUNDS} rounds: a journey has a cycle that takes no time")
    warehouse.run("advance/settle", phase=int(phase))
    return moves


def _hop(warehouse: Warehouse, program: Program, phase: Phase, round_no: int) -> None:
    """Run the statements of every kind that has somebody in this round."""
    kinds = step_kinds()
    steps = program.steps
    present = warehouse.rows("advance/present", round=round_no)
    looking_back = [earliest for *_, earliest in present if earliest is not None]
    earliest = min(looking_back, default=None)
    for name in sorted({kind for _, kind, _ in present}):
        standing = [steps[step_key] for step_key, kind, _ in present if kind == name]
        for statement in kinds[name].judge(standing):
            warehouse.execute(statement, round=round_no, earliest=earliest)
        if kinds[name].moves:
            warehouse.execute(kinds[name].moves, round=round_no, ordinal=phase + round_no)
