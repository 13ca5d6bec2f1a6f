"""Simulate: days of the bundled bank, the loop and its world taking turns through files alone.

Each day the loop runs, everything due leaves, the world receives the hand-over files and plays until the next run; what happened
lands as the bank's files of that day. The engine never sees the world, the world never sees the warehouse. What the employees did on the
last day is read when more days are played, so until then their lists are there to be worked.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tonglu.app.bank_employees import hand_lists, take_outcomes
from tonglu.app.deliver import deliver_now
from tonglu.app.loop import Summary, run_once
from tonglu.app.workplace import Workplace

if TYPE_CHECKING:
    from tonglu.bank import Goal, World

DAY = timedelta(days=1)
LAST_AS_OF = "SELECT max(as_of) FROM tonglu.run"
OPENINGS = "SELECT DISTINCT not_before FROM tonglu.touch WHERE decided_at <= $as_of AND not_before > $as_of ORDER BY 1"
ASSIGNED = """
    SELECT entry_id, journey, customer_id, assigned_at, CASE WHEN assignment = 'treated' THEN 'treated' ELSE 'holdout' END AS "group"
    FROM tonglu.entry WHERE assignment <> 'global_control'
"""


def simulate(place: Workplace, days: int, on_day: Callable[[datetime, Summary], None] = lambda day, summary: None) -> datetime:
    """Play `days` days on; the instant of the last run.

    Raises:
        FileNotFoundError: no bundled bank was made in this project.
    """
    from tonglu.bank import World

    world = World(place.definitions.path("landing").parent)
    as_of = _next_instant(place, world)
    if as_of > world.opening:
        _live(place, world, as_of - DAY)  # a day that was cut short is lived to its end; a whole one gives the same files again
    for left in reversed(range(days)):
        on_day(as_of, run_once(place, as_of))
        _live(place, world, as_of, reported=left > 0)
        as_of += DAY
    return as_of - DAY


def _live(place: Workplace, world: "World", as_of: datetime, *, reported: bool = True) -> None:
    """From one run to the next: everything due leaves, and the world answers."""
    openings = [moment for (moment,) in place.warehouse.fetch(OPENINGS, as_of=as_of) if moment < as_of + DAY]
    for moment in [as_of, *openings]:
        deliver_now(place, moment)
        hand_lists(place, moment)
    world.play(as_of, as_of + DAY, [place.definitions.path("handover")])
    if reported:
        take_outcomes(place, world.outcomes(), as_of + DAY)


def _next_instant(place: Workplace, world: "World") -> datetime:
    """The day after the last run, or the bank's opening."""
    [(last,)] = place.warehouse.fetch(LAST_AS_OF)
    return world.opening if last is None else last + DAY


def truth(place: Workplace) -> Mapping[str, float]:
    """What the touches truly changed, by journey: known to the world alone, for the first goal of every journey.

    A journey whose goal the world does not simulate, or counts otherwise than the goal's filter, has no truth.

    Compares like with like: entries whose window has passed at the last run.
    """
    from tonglu.bank import Goal, World

    world = World(place.definitions.path("landing").parent)
    [(last,)] = place.warehouse.fetch(LAST_AS_OF)
    goals: dict[str, Goal] = {}
    for journey in place.definitions.journeys:
        for goal in journey.header.all_goals[:1]:
            known = _known(goal.event, goal.where.text if goal.where else "", goal.within)
            goals |= {journey.name: known} if known is not None else {}
    assigned = place.warehouse.connection.execute(ASSIGNED).to_arrow_table()
    table = world.truth(assigned, goals, last)
    return {row["journey"]: row["true_lift"] for row in table.to_pylist() if row["true_lift"] is not None}


def _known(event: str, where: str, within: timedelta) -> "Goal | None":
    """The goal as the world knows it, by event and product; None where it knows no such goal, or the filter asks for more."""
    import re

    from tonglu.bank import Goal

    match = re.fullmatch(r"\s*product\s*=\s*'([a-z_]+)'\s*", where)
    goal = Goal(event, match[1] if match else None, within)
    return goal if goal.simulated and (match is not None or not where.strip()) else None
