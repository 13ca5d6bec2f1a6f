"""Decide: all proposals of all journeys pass the chain of gates together, once per run (semantics 20 to 23)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from tonglu.compile.products import products_of
from tonglu.compile.program import Program
from tonglu.core.clock import next_opening
from tonglu.core.ports import Warehouse
from tonglu.gates import Chain, OwnCondition, decision_chain
from tonglu.stages.context import Run
from tonglu.stages.switches import Switch, stopped

CHANNEL = "INSERT INTO channel_now VALUES ($channel, $opening, $stop, $bulk)"
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
    warehouse: Warehouse, program: Program, run: Run, channels: Mapping[str, bool], switches: Collection[Switch]
) -> Decided:
    """Propose, pass the chain, record.

    Args:
        channels: every channel, and whether it is a bulk one.
        switches: what is paused or killed in this run.
    """
    warehouse.run("decide/hold_still")
    chain = set_out(warehouse, program, run, channels, switches)
    warehouse.run("decide/arms")
    released = False
    for gate in decision_chain():
        if not gate.judges_ghosts and not released:
            warehouse.run("decide/release_ghosts")
            released = True
        gate.apply(chain)
        warehouse.run("decide/stop", gate=gate.name)
    warehouse.run("decide/record")
    [counts] = warehouse.fetch(OUTCOMES)
    return Decided(*counts)


def set_out(
    warehouse: Warehouse, program: Program, run: Run, channels: Mapping[str, bool], switches: Collection[Switch]
) -> Chain:
    """Propose, and set out what the gates look at. Counting an audience begins with it too."""
    warehouse.run("decide/propose")
    for channel, bulk in channels.items():
        opening = _opening(program, channel, run)
        warehouse.execute(CHANNEL, channel=channel, opening=opening, stop=stopped(channel, switches), bulk=bulk)
    conditions = tuple(
        OwnCondition(step.key, step.when, step.when_parts, step.when_reads)
        for step in program.steps.values()
        if step.when is not None
    )
    return Chain(warehouse, run.run_no, run.as_of, run.zone, program.policy, conditions, products_of(program))


def _opening(program: Program, channel: str, run: Run) -> datetime:
    """The first instant from `as_of` on at which policy lets the channel be used."""
    hours = program.policy.open_hours.get(channel)
    return run.as_of if hours is None else next_opening(run.as_of, hours.start, hours.end, run.zone)
