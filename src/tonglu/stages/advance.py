"""Advance: move entries through as many steps as their clocks allow, in rounds, all entries at once (semantics 12).

A round runs, for every kind of step that has somebody, the kind's statements; their hops become the positions of the next
round. A cycle always contains a wait of positive length, so the rounds end; should one not (a version that is kept from before this
was checked), the run fails and says which steps go round.
"""

from enum import IntEnum

from tonglu.compile.program import Program
from tonglu.core.errors import CheckFailed
from tonglu.core.ports import Warehouse
from tonglu.steps import step_kinds

MOST_ROUNDS = 10_000
ROUNDS_BETWEEN_LOOKS = 50
STUCK = "advance/stuck"
STILL_MOVING = "advance/still_moving"
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
        if round_no % ROUNDS_BETWEEN_LOOKS == 0:
            _refuse_endless(warehouse, round_no)
    warehouse.run("advance/settle", phase=int(phase))
    return moves


def _refuse_endless(warehouse: Warehouse, round_no: int) -> None:
    """Stop when an entry goes round while its clock stands, or when far too many rounds have passed.

    Raises:
        CheckFailed: with the journey, its version and the steps.
    """
    for journey, version_no, steps, since in warehouse.rows(STUCK, round=round_no):
        where = f"journey '{journey}' (version {version_no}) goes round the steps {', '.join(steps)} without that time passes"
        raise CheckFailed(
            f"{where}: its clock stands at {since:%Y-%m-%d %H:%M} UTC. Put a wait of positive length into the cycle."
        )
    if round_no > MOST_ROUNDS:
        for journey, version_no, steps in warehouse.rows(STILL_MOVING, round=round_no):
            where = (
                f"journey '{journey}' (version {version_no}) was still moving after {MOST_ROUNDS} rounds, at {', '.join(steps)}"
            )
            raise CheckFailed(
                f"{where}. Its waits are too short for the time since the last run: lengthen them, or run more often."
            )


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
