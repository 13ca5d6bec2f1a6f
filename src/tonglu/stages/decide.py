"""Decide: all proposals of all journeys pass the chain of gates together, once per run (semantics 20 to 23)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tonglu.compile.products import products_of
from tonglu.compile.program import Program
from tonglu.core.ports import Warehouse, WorkCalendar
from tonglu.core.work import Terms
from tonglu.gates import Chain, OwnCondition, decision_chain
from tonglu.language.hours import Days
from tonglu.stages import weigh
from tonglu.stages.assign import assign, call_up
from tonglu.stages.context import Run
from tonglu.stages.switches import Switch, stopped

CHANNEL = "INSERT INTO channel_now VALUES ($channel, $stop, $bulk)"
STOPPED = "INSERT INTO stopped_now VALUES ($scope, $name, $position)"
OUTCOMES = """
    SELECT count(*), count(*) FILTER (WHERE outcome = 'sent'), count(*) FILTER (WHERE outcome = 'deferred'),
        count(*) FILTER (WHERE outcome = 'dropped')
    FROM proposal WHERE NOT ghost
"""


@dataclass(frozen=True)
class Decided:
    """How the proposals of a run came out."""

    proposals: int
    sent: int
    deferred: int
    dropped: int


def decide(
    warehouse: Warehouse,
    program: Program,
    run: Run,
    channels: Mapping[str, bool],
    switches: Collection[Switch],
    calendar: WorkCalendar,
    costs: Mapping[str, int],
    levers: Collection[weigh.Lever] = (),
    people: Mapping[str, Terms] | None = None,
) -> Decided:
    """Propose, pass the chain, record.

    Args:
        channels: every channel, and whether it is a bulk one.
        switches: what is paused or killed in this run.
        calendar: which days are worked.
        costs: what a touch of each channel costs, fen.
        levers: the factors that operators set for now.
        people: the channels whose touches people work, and by which terms.
    """
    warehouse.run("decide/hold_still")
    chain = set_out(warehouse, program, run, channels, switches, calendar, costs)
    call_up(warehouse, people or {})
    warehouse.run("decide/arms")
    released = False
    for gate in decision_chain():
        if not gate.judges_ghosts and not released:
            warehouse.run("decide/release_ghosts")
            weigh.weigh(warehouse, program.context, levers)
            released = True
        gate.apply(chain)
        warehouse.run("decide/stop", gate=gate.name)
    warehouse.run("decide/record")
    if people:
        assign(warehouse, chain.skipping("capacity"))
    [counts] = warehouse.fetch(OUTCOMES)
    return Decided(*counts)


def set_out(
    warehouse: Warehouse,
    program: Program,
    run: Run,
    channels: Mapping[str, bool],
    switches: Collection[Switch],
    calendar: WorkCalendar,
    costs: Mapping[str, int],
) -> Chain:
    """Propose, and set out what the gates look at. Counting an audience begins with it too."""
    weigh.value(warehouse)
    warehouse.run("decide/propose")
    for channel, bulk in channels.items():
        warehouse.execute(CHANNEL, channel=channel, stop=stopped(channel, switches), bulk=bulk)
    for one in switches:
        warehouse.execute(STOPPED, scope=one.scope, name=one.name, position=one.position)
    conditions = tuple(
        OwnCondition(step.key, step.when, step.when_parts, step.when_reads)
        for step in program.steps.values()
        if step.when is not None
    )
    days = Days(calendar, run.as_of_date)
    return Chain(warehouse, run.run_no, run.as_of, run.zone, program.policy, conditions, days, products_of(program), costs)
