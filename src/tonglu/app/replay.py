"""Replay: make a past run's decisions again from what the warehouse keeps, and hold them against those that were made.

It works on a copy of the warehouse, which is thrown away. The copy is put back into the state that the run found: what later runs appended
is taken away by their numbers, versions of keyed rows come back from history, everybody is put where they rested. The definitions are
laid out again from the texts that the run kept. Then the loop's own stages play the run. Where something that is needed is no longer
there, nothing is played, and every such thing is named.
"""

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from hashlib import file_digest
from pathlib import Path

from sqlglot import exp

from tonglu.app.definitions import Definitions, read_definitions
from tonglu.app.governed import Governed, as_kept
from tonglu.app.loop import EPOCH, Loop, Summary
from tonglu.app.workplace import Workplace
from tonglu.core.clock import day_of, to_utc
from tonglu.core.errors import Finding, InputError, Place
from tonglu.core.sql import Slot, fill, table
from tonglu.language.contract import Contract, Keep
from tonglu.language.project import Project
from tonglu.settings import Settings
from tonglu.stages.context import Run
from tonglu.stages.pattern import columns
from tonglu.stages.pattern import fill as pattern
from tonglu.stages.switches import Switch
from tonglu.stages.tables import current, history
from tonglu.stages.weigh import Lever
from tonglu.warehouse.connection import DuckDBWarehouse, program_name
from tonglu.warehouse.schema import migrate

RELATIONS = (
    "decision", "ghost", "touch", "exposure", "entry", "ended", "move", "conversion", "attribute", "passed_on", "left_out", "judged",
    "version_migration", "segment_size", "lift", "learned", "worth", "weighed", "yielded", "hours_group",
    "suitability", "risk_seen", "risk_count",
    "contender", "limit_use", "allocation", "work_item",
)  # fmt: skip
"""What is held against what was made. `decision` comes first: it is the decision table."""
RUNS = "SELECT run_no, as_of, definitions FROM tonglu.run ORDER BY run_no"
FILES = """
    SELECT d.name, d.text FROM tonglu.run_definition AS r LEFT JOIN tonglu.definition AS d USING (hash)
    WHERE r.run_no = $run_no AND d.kind = 'file' ORDER BY d.name
"""
LOST_TEXTS = """
    SELECT r.hash FROM tonglu.run_definition AS r WHERE r.run_no = $run_no AND r.hash NOT IN (SELECT hash FROM tonglu.definition) ORDER BY r.hash
"""
FIRST_KEPT = "SELECT min(r.run_no) FROM tonglu.run_definition AS r JOIN tonglu.definition AS d USING (hash) WHERE d.kind = 'file'"
INPUT = "SELECT calendar, program FROM tonglu.run_input WHERE run_no = $run_no"
CALENDAR = "SELECT md5(string_agg(concat_ws(' ', day, is_workday), ',' ORDER BY day)) FROM tonglu.calendar_day"
LOADED = "SELECT run_no, rows FROM tonglu.loaded WHERE source_table = $table AND run_no <= $run_no ORDER BY run_no"
RETAINED = "SELECT DISTINCT kind FROM tonglu.retained WHERE before_instant > $as_of"
REMOVED = {"judged": "judged", "ghosts": "ghost"}
ERASED = (
    "SELECT coalesce(sum(rows), 0), max(erased_at) FROM tonglu.erased WHERE source_table = $table AND loaded_run = $loaded_run"
)
PRESENT = "SELECT loaded_run, count(*) FROM here WHERE loaded_run <= $run_no GROUP BY loaded_run"
PRESENT_AND_PAST = """
    SELECT loaded_run, count(*) FROM (SELECT loaded_run FROM here UNION ALL SELECT loaded_run FROM past) AS every
    WHERE loaded_run <= $run_no GROUP BY loaded_run
"""
COME_BACK = (
    "INSERT INTO here BY NAME SELECT own, p.loaded_run FROM past AS p WHERE p.loaded_run <= $run_no AND p.replaced_run > $run_no"
)
TAKE_AWAY = "DELETE FROM here WHERE loaded_run > $run_no"
FORGET_PAST = "DELETE FROM past WHERE replaced_run > $run_no"
SWITCHES = "SELECT scope, name, position FROM tonglu.switch_position WHERE run_no = $run_no ORDER BY ALL"
LEVERS = "SELECT scope, name, factor, until, reason, set_by FROM tonglu.lever_position WHERE run_no = $run_no ORDER BY ALL"
KEEP_MADE = "CREATE TABLE slot_made AS SELECT * FROM slot_rows WHERE run_no = slot('run_no')"
COUNT = "SELECT count(*) FROM slot_made"
ROWS_OF_RUN = "SELECT * FROM slot_rows WHERE run_no = slot('run_no') ORDER BY ALL"
ONLY_MADE = """
    SELECT * FROM (SELECT * FROM slot_made EXCEPT ALL SELECT * FROM slot_again WHERE run_no = slot('run_no')) AS one ORDER BY ALL LIMIT 5
"""
ONLY_AGAIN = """
    SELECT * FROM (SELECT * FROM slot_again WHERE run_no = slot('run_no') EXCEPT ALL SELECT * FROM slot_made) AS one ORDER BY ALL LIMIT 5
"""


@dataclass(frozen=True)
class Held:
    """One relation of the run, made again and held against what was made.

    Attributes:
        name: the relation.
        rows: how many rows were made then.
        digest: the SHA-256 of the rows made then, written in order as CSV.
        again: the same of those made now.
        lost: some of the rows that only the warehouse has.
        found: some of the rows that only the replay has.
    """

    name: str
    rows: int
    digest: str
    again: str
    lost: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether they are the same, byte for byte."""
        return self.digest == self.again


@dataclass(frozen=True)
class Replayed:
    """What a replay showed: `missing` inputs, in words, or what was held against what; `notes` are no differences."""

    run_no: int
    as_of: datetime
    relations: tuple[Held, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether all of it came out the same."""
        return not self.missing and all(one.same for one in self.relations)


class _Replay(Loop):
    """The loop over facts and mail that are there already."""

    def _take_facts(self) -> Summary:
        self.place.warehouse.run("advance/begin")
        return {}

    def _governed(self) -> Governed:
        return as_kept(self.place.definitions, self.place.warehouse, self.run.run_no)

    def _switches(self) -> list[Switch]:
        return [Switch(*row) for row in self.place.warehouse.fetch(SWITCHES)]

    def _levers(self) -> list[Lever]:
        return [Lever(*row) for row in self.place.warehouse.fetch(LEVERS)]


def replay(root: Path, project: Project, which: int | datetime, settings: Settings | None = None) -> Replayed:
    """Replay one run.

    Args:
        root: the project.
        project: its file, for its paths.
        which: the run's number or its instant.
        settings: threads and memory.

    Raises:
        InputError: there is no such run.
        Unavailable: the warehouse cannot be read now.
    """
    source = root / project.paths.warehouse
    if not source.exists():
        raise InputError([Finding("TL900", "there is no warehouse: nothing was run here", Place(str(source)))])
    with tempfile.TemporaryDirectory(prefix="tonglu-replay-", dir=source.parent) as folder:
        copy = Path(folder) / "copy"
        copy.mkdir()
        for path in source.parent.glob(f"{source.name}*"):
            if path.is_file():
                shutil.copy(path, copy)
        scratch = Path(folder) / "project"
        scratch.mkdir()
        return _replayed(copy / source.name, scratch, which, settings or Settings())


def _replayed(file: Path, scratch: Path, which: int | datetime, settings: Settings) -> Replayed:
    with _opened(file, settings) as warehouse:
        runs = warehouse.fetch(RUNS)
        found = [row for row in runs if which in row[:2]]
        if not found:
            hint = (
                f"Runs 1 to {len(runs)} were made, from {runs[0][1]} to {runs[-1][1]} UTC." if runs else "Nothing was run here."
            )
            raise InputError([Finding("TL900", f"there is no run {which}", Place("run"), hint)])
        [(run_no, as_of, hashed)] = found
        files: dict[str, str] = dict(warehouse.fetch(FILES, run_no=run_no))
        missing = [
            f"the text of definition {digest}, which run {run_no} used"
            for (digest,) in warehouse.fetch(LOST_TEXTS, run_no=run_no)
        ]
        if not files:
            [(first,)] = warehouse.fetch(FIRST_KEPT)
            since = f"they are kept from run {first} on" if first else "no run kept them"
            missing.append(f"the files of definitions as they were in run {run_no}: {since}")
        previous = max((row[1] for row in runs if row[0] < run_no), default=EPOCH)
    if missing:
        return Replayed(run_no, as_of, missing=tuple(missing))
    try:
        definitions = _laid_out(scratch, files)
    except InputError as problem:
        told = f"a program that accepts the definitions of run {run_no}; this one says: {problem.findings[0]}"
        return Replayed(run_no, as_of, missing=(told,))
    if definitions.hash != hashed:
        told = f"definitions with the hash {hashed} of run {run_no}; its files give {definitions.hash} with this program"
        return Replayed(run_no, as_of, missing=(told,))
    target = definitions.path("warehouse")
    target.parent.mkdir(parents=True, exist_ok=True)
    for path in file.parent.iterdir():
        shutil.move(path, target.parent / path.name.replace(file.name, target.name, 1))
    place = Workplace(scratch, settings)
    try:
        return _played(place, run_no, as_of, previous)
    finally:
        place.close()


@contextmanager
def _opened(file: Path, settings: Settings) -> Iterator[DuckDBWarehouse]:
    warehouse = DuckDBWarehouse(file, threads=settings.threads, memory=settings.memory)
    try:
        migrate(warehouse)
        yield warehouse
    finally:
        warehouse.close()


def _laid_out(scratch: Path, files: dict[str, str]) -> Definitions:
    for name, text in files.items():
        target = (scratch / name).resolve()
        if not target.is_relative_to(scratch.resolve()):
            raise InputError([Finding("TL900", f"'{name}' is not a path inside of a project", Place(name))])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return read_definitions(scratch)


def _played(place: Workplace, run_no: int, as_of: datetime, previous: datetime) -> Replayed:
    warehouse, contracts = place.warehouse, place.definitions.contracts
    given = warehouse.fetch(INPUT, run_no=run_no)
    missing = [*_lost_rows(warehouse, contracts.values(), run_no), *_lost_calendar(warehouse, given, run_no)]
    if missing:
        return Replayed(run_no, as_of, missing=tuple(missing))
    notes = [f"run {run_no} was made by {program}, this is {program_name()}" for _, program in given if program != program_name()]
    removed = {name for (kind,) in warehouse.fetch(RETAINED, as_of=as_of) if (name := REMOVED.get(kind))}
    notes += [f"{name} of run {run_no} was removed by retention and is not compared" for name in sorted(removed)]
    relations = [name for name in RELATIONS if name not in removed]
    warehouse.execute("CREATE SCHEMA made")
    for name in relations:
        warehouse.execute(fill(KEEP_MADE, made=table(name, "made"), rows=table(name, "tonglu"), run_no=run_no))
    rewind(warehouse, contracts.values(), run_no, previous)
    zone = place.definitions.project.zone_info
    day = day_of(as_of, zone)
    run = Run(run_no, as_of, previous, day, to_utc(datetime.combine(day, time()), zone), zone)
    loop = _Replay(place, as_of, run, summary={"run_no": run_no})
    try:
        for name, stage in loop.stages:
            if name in ("segment", "enrol", "advance", "decide", "measure", "learn"):
                stage()
        held = tuple(_held(warehouse, name, run_no, place.root) for name in relations)
    finally:
        loop.roll_back()
    return Replayed(run_no, as_of, held, notes=tuple(notes))


def rewind(warehouse: DuckDBWarehouse, contracts: Collection[Contract], run_no: int, previous: datetime) -> None:
    """Put a copy of the warehouse into the state that a run found, with what had come in for it.

    Args:
        warehouse: the copy.
        contracts: of the tables that facts are in.
        run_no: the run.
        previous: the instant of the run before it.
    """
    warehouse.execute("BEGIN TRANSACTION")
    for contract in contracts:
        tables = {"here": current(contract), "past": history(contract)}
        warehouse.execute(pattern(TAKE_AWAY, tables), run_no=run_no)
        if contract.keep is Keep.LATEST:
            own = {"own": columns(list(contract.columns), "p")}
            warehouse.execute(pattern(COME_BACK, tables, own), run_no=run_no)
            warehouse.execute(pattern(FORGET_PAST, tables), run_no=run_no)
    warehouse.run("replay/rewind", run_no=run_no, previous_as_of=previous)
    warehouse.execute("COMMIT")


def _lost_rows(warehouse: DuckDBWarehouse, contracts: Collection[Contract], run_no: int) -> Iterator[str]:
    """Facts that runs up to this one loaded and that are in no table any more."""
    for contract in contracts:
        tables = {"here": current(contract), "past": history(contract)}
        query = PRESENT_AND_PAST if contract.keep is Keep.LATEST else PRESENT
        present: dict[int, int] = dict(warehouse.fetch(pattern(query, tables), run_no=run_no))
        for loaded_run, rows in warehouse.fetch(LOADED, table=contract.table, run_no=run_no):
            if (gone := rows - present.get(loaded_run, 0)) > 0:
                [(erased, at)] = warehouse.fetch(ERASED, table=contract.table, loaded_run=loaded_run)
                why = f"erased, a customer was forgotten on {at:%Y-%m-%d}" if erased >= gone else "erased or removed since"
                yield f"{gone:,} of {rows:,} rows of {contract.table} that run {loaded_run} loaded: {why}"


def _lost_calendar(warehouse: DuckDBWarehouse, given: list[tuple[str, str]], run_no: int) -> Iterator[str]:
    if not given:
        yield f"who waited in run {run_no}: it was made before that was kept"
    for calendar, _ in given:
        if warehouse.fetch(CALENDAR) != [(calendar,)]:
            yield f"the calendar of working days that run {run_no} had: it was filled anew since, with other days"


def _held(warehouse: DuckDBWarehouse, name: str, run_no: int, folder: Path) -> Held:
    """One relation, both ways."""
    made, again = (fill(ROWS_OF_RUN, rows=table(name, schema), run_no=run_no) for schema in ("made", "tonglu"))
    [(rows,)] = warehouse.fetch(fill(COUNT, made=table(name, "made")))
    first, second = (_digest(warehouse, query, folder / f"{name}.csv") for query in (made, again))
    if first == second:
        return Held(name, rows, first, second)
    sides: dict[str, Slot] = {"made": table(name, "made"), "again": table(name, "tonglu"), "run_no": run_no}
    lost, found = (tuple(map(_shown, warehouse.fetch(fill(query, **sides)))) for query in (ONLY_MADE, ONLY_AGAIN))
    return Held(name, rows, first, second, lost, found)


def _digest(warehouse: DuckDBWarehouse, query: exp.Expression, file: Path) -> str:
    target = exp.Literal.string(str(file)).sql(dialect="duckdb")
    warehouse.connection.execute(f"COPY ({query.sql(dialect='duckdb')}) TO {target} (FORMAT csv, HEADER)")
    with file.open("rb") as written:
        digest = file_digest(written, "sha256").hexdigest()
    file.unlink()
    return digest


def _shown(row: tuple[object, ...]) -> str:
    return ", ".join("-" if value is None else str(value) for value in row)
