"""The bank as it stands, for questions about what is written now: profile and segments as the files say, facts as the last run had them.

Where runs were made, their warehouse is read and not touched: a segment that was edited or written since the last run, and what builds
on it, is built in memory. Where none was made yet, or another instant is asked for, the data that has landed is taken in on a copy that is
thrown away.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from tonglu.app.definitions import Definitions
from tonglu.app.dry import scratch_copy
from tonglu.app.loop import Loop, open_loop
from tonglu.app.workplace import Workplace
from tonglu.core.clock import day_of, to_utc
from tonglu.core.errors import CheckFailed, Finding, InputError, Place
from tonglu.language.segment import Segment, dependencies
from tonglu.language.segment_names import RISK
from tonglu.settings import Settings
from tonglu.stages.context import Run
from tonglu.stages.risk import find_holds
from tonglu.stages.segment import create_table
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.overlay import Overlay

LAST = "SELECT run_no, as_of FROM tonglu.run ORDER BY run_no DESC LIMIT 1"
BUILT_FROM = """
    SELECT d.name, d.hash FROM tonglu.run_definition AS r JOIN tonglu.definition AS d USING (hash)
    WHERE d.kind = 'segment' AND r.run_no = (SELECT max(run_no) FROM tonglu.run)
"""
BUILT = """
    SELECT CASE WHEN schema_name = 'tonglu' THEN 'profile' ELSE table_name END FROM duckdb_tables()
    WHERE database_name = 'live' AND (schema_name = 'segment' OR (schema_name = 'tonglu' AND table_name = 'profile'))
"""


@dataclass(frozen=True)
class Present:
    """The bank at an instant. Everything written to the warehouse is lost.

    Attributes:
        warehouse: profile and segments are built in it.
        run: the run that would come next, at the instant that is looked at.
        last_run: the last run that was made; None where none was, or where newly landed data was taken in as well.
        built: the segments that differ from those of the last run, in the order in which they were built.
    """

    warehouse: DuckDBWarehouse
    run: Run
    last_run: int | None
    built: tuple[str, ...] = ()


@contextmanager
def present(root: Path, definitions: Definitions, settings: Settings, as_of: datetime | None = None) -> Iterator[Present]:
    """Open the bank as it stands; at an instant that is still to come, with what has landed until then.

    Raises:
        InputError: nothing was run yet and no instant is given, or nothing has landed.
        Unavailable: a run has the warehouse at this moment.
        CheckFailed: a later run was made, or what has landed breaks a contract that blocks.
    """
    live = definitions.path("warehouse")
    if as_of is None and live.exists():
        with (
            tempfile.TemporaryDirectory(prefix="tonglu-look-") as spill,
            Overlay(live, Path(spill), threads=settings.threads, memory=settings.memory) as overlay,
        ):
            if last := overlay.fetch(LAST):
                yield _overlaid(overlay, definitions, *last[0])
                return
    if as_of is None:
        hint = "Name an instant: --as-of 2026-06-01 looks at what has landed until then, on a copy."
        raise InputError([Finding("TL900", "nothing was run yet, so there is no state to look at", Place(str(live)), hint)])
    with _taken_in(root, definitions, settings, as_of) as taken:
        yield taken


def _overlaid(overlay: Overlay, definitions: Definitions, run_no: int, as_of: datetime) -> Present:
    run = _run(run_no + 1, as_of, as_of, definitions)
    _give(overlay, run)
    known: dict[str, str] = dict(overlay.fetch(BUILT_FROM))
    there = {name for (name,) in overlay.fetch(BUILT)}
    built: list[str] = []
    for one in definitions.segments:
        if one.name not in there or known.get(one.name) != one.hash or dependencies(one) & set(built):
            _build(overlay, one)
            built.append(one.name)
    _hold(overlay, definitions, run)
    return Present(overlay, run, run_no, tuple(built))


def _hold(overlay: Overlay, definitions: Definitions, run: Run) -> None:
    """Whom the risk rules as they are written hit; there are few of them, so all are built."""
    overlay.own("segment_built", filled=False)
    for rule in definitions.risk_rules:
        overlay.forget(rule.name, RISK)
    find_holds(overlay, definitions.risk_rules, run, {})


def _build(overlay: Overlay, one: Segment) -> None:
    overlay.forget(one.name, "tonglu" if one.is_profile else "segment")
    overlay.build(create_table(one), one.place(0))


@contextmanager
def _taken_in(root: Path, definitions: Definitions, settings: Settings, as_of: datetime) -> Iterator[Present]:
    if not any(path.is_file() for path in definitions.path("landing").rglob("*")):
        place, hint = (
            Place(str(definitions.path("landing"))),
            "Put the bank's files there, or make an invented bank: tonglu bank make.",
        )
        raise InputError([Finding("TL900", "there is no data: nothing has landed", place, hint)])
    with scratch_copy(root, definitions, with_state=definitions.path("warehouse").exists()) as scratch:
        workplace = Workplace(scratch, settings)
        try:
            loop = open_loop(workplace, as_of)
            if not isinstance(loop, Loop):
                raise CheckFailed(f"the run of {as_of} UTC was made already; leave out --as-of to look at its state")
            try:
                for stage in (loop.ingest, loop.check, loop.segment):
                    stage()
                yield Present(workplace.warehouse, loop.run, None)
            finally:
                loop.roll_back()
        finally:
            workplace.close()


def _run(run_no: int, as_of: datetime, previous: datetime, definitions: Definitions) -> Run:
    zone = definitions.project.zone_info
    day = day_of(as_of, zone)
    return Run(run_no, as_of, previous, day, to_utc(datetime.combine(day, time()), zone), zone)


def _give(warehouse: DuckDBWarehouse, run: Run) -> None:
    warehouse.give(
        run_no=run.run_no,
        as_of=run.as_of,
        as_of_date=run.as_of_date,
        previous_as_of=run.previous_as_of,
        day_start=run.day_start,
        zone=run.zone.key,
    )
