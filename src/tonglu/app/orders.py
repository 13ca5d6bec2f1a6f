"""What operators ordered, as a run finds it: switches and levers, kept for the run that heeded them."""

from datetime import datetime

from tonglu.app.workplace import Workplace
from tonglu.stages import switches, weigh


def keep_switches(place: Workplace) -> list[switches.Switch]:
    """What is paused or killed, kept for this run."""
    thrown = [switches.Switch(one.scope.value, one.name, one.action.value) for one in place.mailroom.switches.in_force()]
    switches.keep(place.warehouse, thrown)
    return thrown


def keep_levers(place: Workplace, as_of: datetime) -> list[weigh.Lever]:
    """The levers that hold at the run's instant, kept for this run."""
    held = [
        weigh.Lever(one.scope.value, one.name, one.factor, one.until, one.reason, one.by)
        for one in place.mailroom.levers.in_force(as_of)
        if one.factor is not None and one.until is not None
    ]
    weigh.keep(place.warehouse, held)
    return held
