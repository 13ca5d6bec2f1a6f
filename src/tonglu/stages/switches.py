"""Switches: what operators paused or killed, and journeys outside their dates; read once at the start of a run and kept."""

from collections.abc import Collection
from dataclasses import dataclass

from tonglu.compile.program import CompiledJourney
from tonglu.core.clock import to_utc
from tonglu.core.ports import Warehouse
from tonglu.stages.context import Run

KEEP = "INSERT INTO tonglu.switch_position VALUES ($run_no, $scope, $name, $position)"


@dataclass(frozen=True)
class Switch:
    """One switch that is not in its normal position: scope all, channel, journey, product or branch; position pause or kill."""

    scope: str
    name: str
    position: str


@dataclass(frozen=True)
class Standing:
    """What a journey may do in this run. One that is paused or killed collects candidates, and enrols them when it goes on."""

    collects: bool
    enrols: bool
    proposes: bool
    killed: bool
    stops: bool


def standing_of(journey: CompiledJourney, switches: Collection[Switch], run: Run) -> Standing:
    """How the switches and the journey's own dates leave it."""
    mine = [one.position for one in switches if one.scope == "all" or (one.scope == "journey" and one.name == journey.name)]
    live = journey.header.live
    early = live.starts is not None and run.as_of < to_utc(live.starts, run.zone)
    over = live.until is not None and run.as_of >= to_utc(live.until, run.zone)
    killed, paused = "kill" in mine, "pause" in mine
    return Standing(
        collects=not (early or over),
        enrols=not (killed or paused or early or over),
        proposes=not paused or killed,
        killed=killed,
        stops=over and live.then == "stop",
    )


def stopped(channel: str, switches: Collection[Switch]) -> str | None:
    """What holds a channel now: 'kill' before 'pause', None when it may be used."""
    mine = {one.position for one in switches if one.scope == "all" or (one.scope == "channel" and one.name == channel)}
    return "kill" if "kill" in mine else "pause" if mine else None


def keep(warehouse: Warehouse, switches: Collection[Switch]) -> None:
    """Keep the positions that this run saw, for explaining and replaying it."""
    for one in switches:
        warehouse.execute(KEEP, scope=one.scope, name=one.name, position=one.position)
