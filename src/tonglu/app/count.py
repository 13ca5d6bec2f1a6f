"""Count: the audience of a journey as it is written now, through the gates that look at one customer alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tonglu.app.definitions import Definitions
from tonglu.app.present import Present, present
from tonglu.app.workplace import bulk_channels
from tonglu.compile.lower import lower
from tonglu.compile.pin import pin
from tonglu.compile.program import Program
from tonglu.core.workdays import work_calendar
from tonglu.language.journey import Journey
from tonglu.settings import Settings
from tonglu.stages.audience import WRITES, Audience, audience_of
from tonglu.warehouse.overlay import Overlay

NEXT_VERSION = "SELECT coalesce(max(version_no), 0) + 1 FROM tonglu.version"


@dataclass(frozen=True)
class Counted:
    """The audience at an instant; `last_run` is the run whose state it is, None where newly landed data was taken in as well."""

    as_of: datetime
    last_run: int | None
    built: tuple[str, ...]
    audience: Audience


def count(
    root: Path, definitions: Definitions, journey: Journey, settings: Settings, *, days: int = 30, as_of: datetime | None = None
) -> Counted:
    """Count who could enter a journey, and whom its first touches would reach.

    Args:
        root: the project.
        definitions: what is written in it.
        journey: one of its journeys; no run need know it.
        settings: threads and memory.
        days: how far back occasions are looked for.
        as_of: an instant to come, with what has landed until then; None is the last run's state.

    Raises:
        InputError: nothing was run and no instant is given, or nothing has landed.
        Unavailable: a run has the warehouse at this moment.
    """
    with present(root, definitions, settings, as_of) as now:
        return Counted(now.run.as_of, now.last_run, now.built, _audience(now, definitions, journey, timedelta(days=days)))


def _audience(now: Present, definitions: Definitions, journey: Journey, back: timedelta) -> Audience:
    warehouse = now.warehouse
    [(number,)] = warehouse.fetch(NEXT_VERSION)
    if isinstance(warehouse, Overlay):
        for name in WRITES:
            warehouse.own(name, filled=name in ("entry", "control_epoch"))
    definition = pin(journey, definitions.message_texts(journey))
    program = Program((lower(definition, number, definitions.known, current=True),), definitions.policy)
    calendar = work_calendar(definitions.project.calendar)
    return audience_of(warehouse, program, now.run, calendar, bulk_channels(definitions), back)
