"""A dry run: the whole loop up to its commit, in a scratch copy of the project, so that nothing of it is touched.

The warehouse and the mailroom are copied (the time and room of their files), landed files are only read. What the run would have
done is read from the copy, which is then thrown away.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tonglu.app.definitions import Definitions
from tonglu.app.fairness import keep_seen
from tonglu.app.loop import DONE, Loop, Summary, open_loop
from tonglu.app.workplace import Workplace
from tonglu.core.errors import CheckFailed
from tonglu.language.project import PROJECT_FILE, Project
from tonglu.settings import Settings

SCRATCH = f"tonglu-dry-{socket.gethostname()}-"
"""What the names of scratch copies of this machine begin with; the number of the process follows."""
ENTRIES = "SELECT journey, assignment, count(*) FROM tonglu.entry WHERE run_no = $run_no GROUP BY ALL ORDER BY ALL"
TOUCHES = "SELECT journey, channel, count(*) FROM tonglu.touch WHERE run_no = $run_no GROUP BY ALL ORDER BY ALL"
REASONS = """
    SELECT journey, outcome, coalesce(gate, ''), reason, count(*) FROM tonglu.decision WHERE run_no = $run_no AND outcome <> 'sent'
    GROUP BY ALL ORDER BY ALL
"""
MIGRATED = "SELECT journey, moved, held, dropped FROM tonglu.version_migration WHERE run_no = $run_no ORDER BY journey"
WRITTEN = ("journeys", "segments", "contracts", "messages", "policy", "channels")


@dataclass(frozen=True)
class DryRun:
    """What a run would have done.

    Attributes:
        summary: the run's own counts.
        entries: how many would enter, by journey and assignment.
        touches: how many would be sent, by journey and channel.
        cost: what these would cost, in fen, by the channels' own prices.
        refused: how many would be put off or dropped, by journey, outcome, gate and reason.
        migrated: open entries moved, held and dropped, by journey with a new version and a map.
    """

    summary: Summary
    entries: dict[tuple[str, str], int]
    touches: dict[tuple[str, str], int]
    cost: int
    refused: dict[tuple[str, str, str, str], int]
    migrated: dict[str, tuple[int, int, int]]


def dry_run(
    root: Path,
    definitions: Definitions,
    as_of: datetime,
    settings: Settings | None = None,
    rewrite: Callable[[Path], None] | None = None,
) -> DryRun:
    """Play the run of an instant in a scratch copy.

    Args:
        root: the project.
        definitions: what is written there, for its paths.
        as_of: the run's instant.
        settings: threads and memory; the scratch copy uses the same.
        rewrite: changes the definitions in the scratch copy before it is read.

    Raises:
        CheckFailed: the run of that instant was made already, or would fail.
        InputError: the definitions cannot be used.
    """
    with scratch_copy(root, definitions) as scratch:
        if rewrite is not None:
            rewrite(scratch)
        place = Workplace(scratch, settings)
        try:
            played = _played(place, as_of)
            if rewrite is None:
                keep_seen(place, definitions.path("mailroom"), definitions.journey_hashes(), "dry run")
            return played
        finally:
            place.close()


@contextmanager
def scratch_copy(root: Path, definitions: Definitions, *, with_state: bool = True) -> Iterator[Path]:
    """A folder with the project's definitions and a link to what has landed; gone afterwards.

    `with_state` adds copies of its warehouse and mailroom; without it the scratch project has never run.
    """
    beside = definitions.path("warehouse").parent
    beside.mkdir(parents=True, exist_ok=True)
    _sweep(beside)
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-", dir=beside) as folder:
        scratch = Path(folder)
        paths = definitions.project.paths
        shutil.copy(root / PROJECT_FILE, scratch)
        copy_written(root, scratch, definitions.project)
        for name in ("warehouse", "mailroom") if with_state else ():
            source, target = root / getattr(paths, name), scratch / getattr(paths, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            for path in source.parent.glob(f"{source.name}*"):
                if path.is_file():
                    shutil.copy(path, target.parent)
        landing = root / paths.landing
        (scratch / paths.landing).parent.mkdir(parents=True, exist_ok=True)
        if landing.is_dir():
            (scratch / paths.landing).symlink_to(landing.resolve())
        yield scratch


def _sweep(beside: Path) -> None:
    """Remove the copies of commands that were killed: they hold customers' data, and nobody else would."""
    for left in beside.glob(f"{SCRATCH}*"):
        process = left.name.removeprefix(SCRATCH).partition("-")[0]
        if not (process.isdecimal() and _lives(int(process))):
            shutil.rmtree(left, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def copy_written(root: Path, scratch: Path, project: Project) -> None:
    """Copy what is written in a project, but its project file, and nothing that a run made."""
    for name in WRITTEN:
        source, target = root / getattr(project.paths, name), scratch / getattr(project.paths, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, target)


def play_without_effects(place: Workplace, as_of: datetime) -> Loop:
    """One run of a scratch project: nothing is handed over or published, and nothing is left to do for it.

    Raises:
        CheckFailed: the run of that instant was made already, or breaks a rule.
    """
    place.waived = True  # what is written is shown, approved or not
    loop = open_loop(place, as_of)
    if not isinstance(loop, Loop):
        raise CheckFailed(f"the run of {as_of} UTC was made already; a dry run is of one to come")
    try:
        for name, stage in loop.stages:
            if name not in ("deliver", "publish"):
                loop.summary |= stage()
    except BaseException:
        loop.roll_back()
        raise
    for step in ("handed_over", "published"):
        place.warehouse.execute(DONE, run_no=loop.run.run_no, step=step)
    return loop


def _played(place: Workplace, as_of: datetime) -> DryRun:
    loop = play_without_effects(place, as_of)
    warehouse, run_no = place.warehouse, loop.run.run_no
    prices = {name: channel.cost for name, channel in place.definitions.channels.items()}
    touches = {(journey, channel): count for journey, channel, count in warehouse.fetch(TOUCHES, run_no=run_no)}
    return DryRun(
        summary=loop.summary,
        entries={(journey, group): count for journey, group, count in warehouse.fetch(ENTRIES, run_no=run_no)},
        touches=touches,
        cost=sum(prices.get(channel, 0) * count for (_, channel), count in touches.items()),
        refused={tuple(key): count for *key, count in warehouse.fetch(REASONS, run_no=run_no)},
        migrated={journey: (moved, held, dropped) for journey, moved, held, dropped in warehouse.fetch(MIGRATED, run_no=run_no)},
    )
