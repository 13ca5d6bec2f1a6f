"""Ingest: what is new in the landing folder, in attached tables and among held rows goes to staging, typed and marked.

Staging is committed but invisible to everything that decides: `check` judges it, and `promote` moves it inside the run's one
transaction. Every ingest replaces the staging of the one before, so a killed ingest that is started again gives the same.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlglot import exp

from tonglu.core.clock import day_of
from tonglu.core.errors import Finding, InputError, Place, Severity, did_you_mean, refuse_errors
from tonglu.core.ports import Warehouse
from tonglu.language.contract import Attached, Contract
from tonglu.stages.arrivals import Arrival, KnownFile, arrivals
from tonglu.stages.casts import accepts, as_json, cast, first_breach
from tonglu.stages.pattern import any_of, call, column, columns, fill
from tonglu.stages.tables import create_staging, held, quarantine, staging

_STAGE = """
INSERT INTO staged BY NAME
SELECT own, _from, _file, _row, _day, rule AS _rule, _raw
FROM (
  SELECT typed, $origin AS _from, raw_file AS _file, raw_row AS _row, raw_day AS _day, type_breach AS _type, original AS _raw
  FROM offered AS raw
) AS t
"""
_DUE = "INSERT INTO staged BY NAME SELECT * REPLACE ('held' AS _from) FROM kept WHERE due <= $as_of"
_RELEASED = "SELECT fields, 'quarantine:' || quarantine_id AS _file, row_no AS _row FROM aside WHERE state = $state"


Opened = tuple[Contract, Attached, exp.Expr, dict[str, str]]
"""An attached table: its contract, where it comes from, what to select from, and its columns with their types."""


class LandingReader(Protocol):
    """Reads files, tables of other databases and Arrow tables into the warehouse; `warehouse.landing` implements it."""

    def columns(self, path: Path, shown: str) -> dict[str, str]:
        """A file's columns and their DuckDB types. Raises InputError when it cannot be read."""

    def relation(self, paths: Sequence[Path], found: Mapping[str, str]) -> exp.Expr:
        """The rows of files with the same columns, with `_path` and `_row` (line or row number, from 1), to select from."""

    def load(self, statement: exp.Expression, shown: str, **parameters: object) -> int:
        """Run a statement that reads a file; rows changed. Raises InputError, with the line where known, when it cannot."""

    def offered(self, rows: Any) -> AbstractContextManager[tuple[exp.Expr, dict[str, str]]]:
        """An Arrow table as something to select from, with its columns and types."""

    def attached(self, source: Attached, connection: str) -> AbstractContextManager[tuple[exp.Expr, dict[str, str]]]:
        """A table of another database, with its columns and types. Raises Unavailable when it cannot be reached."""


@dataclass(frozen=True)
class StagedFile:
    """One file or attached table that was taken in, and how many rows it had."""

    table: str
    path: str
    rows: int


@dataclass(frozen=True)
class IngestSummary:
    """What lies in staging now: the sources read in this run, rows per table (held and released ones too), and warnings."""

    run_no: int
    files: tuple[StagedFile, ...]
    rows: Mapping[str, int]
    warnings: tuple[Finding, ...]

    def told(self, mailed: int) -> dict[str, object]:
        """What the run keeps of it, with the rows that came by mail; the warnings as JSON, where there are any."""
        counts = {"files": len(self.files), "rows": sum(self.rows.values()) + mailed}
        return {**counts, **({"warnings": [one.as_json() for one in self.warnings]} if self.warnings else {})}


def ingest(
    warehouse: Warehouse,
    reader: LandingReader,
    contracts: Mapping[str, Contract],
    landing: Path,
    *,
    as_of: datetime,
    run_no: int,
    zone: ZoneInfo,
    connections: Mapping[str, str] | None = None,
    shown: str = "",
) -> IngestSummary:
    """Take what is new into staging and commit it there. `prepare` must have run.

    Args:
        warehouse: the warehouse.
        reader: reads what is not yet in it.
        contracts: every table that may arrive.
        landing: the folder with `<table>/<YYYY-MM-DD>/*.parquet|csv`; a missing one is empty.
        as_of: the run's instant; folders of later days are not read.
        run_no: the run.
        zone: the bank's zone.
        connections: connection strings of attached sources, by the name in `from_env`.
        shown: the landing folder as people know it, for the places of findings; by default as given.

    Raises:
        InputError: something that arrived cannot be used; nothing was changed.
        Unavailable: an attached source did not answer.
    """
    known = {
        (table, path): KnownFile(size, mtime, digest) for table, path, size, mtime, digest in warehouse.rows("ingest/known_files")
    }
    found, findings = arrivals(landing, contracts, known, day_of(as_of, zone), shown)
    readable = _readable(reader, contracts, found, findings)
    refuse_errors(findings)
    with ExitStack() as open_sources:
        attached = _attach(open_sources, reader, contracts, connections or {}, findings)
        refuse_errors(findings)
        groups = _groups(readable)
        try:
            with warehouse.transaction():
                taken = _fill_staging(warehouse, reader, contracts, groups, attached, as_of=as_of, run_no=run_no)
        except InputError:
            if len(groups) == len(readable):
                raise
            # Files are read together for speed; one by one, the finding names the right one.
            with warehouse.transaction():
                taken = _fill_staging(
                    warehouse, reader, contracts, [[one] for one in readable], attached, as_of=as_of, run_no=run_no
                )
    counts = {
        name: warehouse.fetch(fill("SELECT count(*) FROM staged", {"staged": staging(one)}))[0][0]
        for name, one in contracts.items()
    }
    return IngestSummary(run_no, tuple(taken), counts, tuple(findings))


def stage_rows(warehouse: Warehouse, reader: LandingReader, contract: Contract, rows: Any, *, origin: str = "inbox") -> int:
    """Append an Arrow table to staging as if it came from a file; call it after `ingest`. Returns how many rows.

    Args:
        warehouse: the warehouse.
        reader: hands the rows over.
        contract: the table that they belong to.
        rows: a pyarrow table with at least the contract's columns.
        origin: shown as the rows' file. Offered again after a killed run, the same rows give the same staging.

    Raises:
        InputError: a column is missing or of a type that cannot be read.
    """
    with reader.offered(rows) as (offered, described):
        refuse_errors(fitting(contract, described, origin))
        before = warehouse.fetch(
            fill("SELECT coalesce(max(_row), 0) FROM staged WHERE _file = $origin", {"staged": staging(contract)}), origin=origin
        )[0][0]
        numbered = fill(
            "SELECT *, row_number() OVER () + start AS _row FROM offered",
            {"offered": offered},
            conditions={"start": exp.convert(before)},
        )
        statement = staged(contract, described, exp.Subquery(this=numbered), exp.convert(origin))
        with warehouse.transaction():
            return warehouse.execute(statement, origin="inbox")


def fitting(contract: Contract, described: Mapping[str, str], shown: str) -> list[Finding]:
    """What does not fit between a file's columns and the contract's: missing and unreadable ones, and warnings for extra ones."""
    findings = []
    place = Place(shown, 1, 1) if shown.endswith(".csv") else Place(shown)
    for name, promised in contract.columns.items():
        if name not in described:
            spare = [other for other in described if other not in contract.columns]
            findings.append(Finding("TL715", f"the column '{name}' is missing", place, did_you_mean(name, spare)))
        elif not accepts(promised.type, described[name]):
            text = f"the column '{name}' is {described[name]}, which cannot be read as {promised.type}"
            findings.append(Finding("TL716", text, place, "Deliver the type that the contract promises."))
    for name in described:
        if name not in contract.columns:
            text = f"the column '{name}' is not in the contract and is left out"
            findings.append(Finding("TL717", text, place, did_you_mean(name, contract.columns), Severity.WARNING))
    return findings


def staged(
    contract: Contract,
    described: Mapping[str, str],
    offered: exp.Expr,
    file: exp.Expr,
    *,
    day: exp.Expr | None = None,
    pardoned: bool = False,
) -> exp.Expression:
    """The statement that takes offered rows into staging: cast, and marked with the first rule that each breaks.

    Args:
        contract: the table's contract.
        described: the DuckDB types of the offered columns.
        offered: what to select from; it has a column `_row`.
        file: the file to name in `_file`.
        day: the landing folder's day.
        pardoned: the rows were accepted in spite of a rule.
    """
    names = list(contract.columns)
    casts = {name: cast(column(name, "raw"), described[name], contract.columns[name].type) for name in names}
    unreadable = {name: one.broken for name, one in casts.items() if one.broken is not None}
    nothing = exp.cast(exp.null(), "text")
    breach: exp.Expr = nothing
    original: exp.Expr = nothing
    if unreadable:
        breach = exp.Case(ifs=[exp.If(this=test.copy(), true=exp.convert(f"type:{name}")) for name, test in unreadable.items()])
        original = exp.Case(ifs=[exp.If(this=any_of(list(unreadable.values())), true=as_json(names, "raw"))])
    return fill(
        _STAGE,
        {"staged": staging(contract), "offered": offered},
        {"own": columns(names), "typed": [exp.alias_(casts[name].value, name, quoted=True) for name in names]},
        {
            "rule": first_breach(contract, column("_type"), pardoned),
            "type_breach": breach,
            "original": original,
            "raw_file": file,
            "raw_row": column("_row", "raw"),
            "raw_day": exp.cast(day or exp.null(), "date"),
        },
    )


def _fill_staging(
    warehouse: Warehouse,
    reader: LandingReader,
    contracts: Mapping[str, Contract],
    groups: Sequence[Sequence[tuple[Arrival, dict[str, str]]]],
    attached: Sequence[Opened],
    *,
    as_of: datetime,
    run_no: int,
) -> list[StagedFile]:
    filled = set(warehouse.rows("ingest/sizes"))
    warehouse.run("ingest/clear_staged_files")
    for contract in contracts.values():
        if ("staging", contract.table) in filled:
            warehouse.execute(create_staging(contract))
    taken = []
    for group in groups:
        taken += _take_files(warehouse, reader, contracts[group[0][0].table], group, run_no)
    for opened in attached:
        taken.append(_take_attached(warehouse, opened, run_no))
    for contract in contracts.values():
        if ("held", contract.table) in filled and contract.time is not None:
            due = fill(_DUE, {"staged": staging(contract), "kept": held(contract)}, conditions={"due": column(contract.time)})
            warehouse.execute(due, as_of=as_of)
        if ("quarantine", contract.table) in filled:
            _take_released(warehouse, contract)
    return taken


def _readable(
    reader: LandingReader, contracts: Mapping[str, Contract], found: Sequence[Arrival], findings: list[Finding]
) -> list[tuple[Arrival, dict[str, str]]]:
    """The files with their columns; what cannot be read, or does not fit the contract, is a finding."""
    readable = []
    for arrival in found:
        try:
            described = reader.columns(arrival.file, arrival.shown)
        except InputError as unreadable:
            findings += unreadable.findings
            continue
        findings += fitting(contracts[arrival.table], described, arrival.shown)
        readable.append((arrival, described))
    return readable


def _groups(readable: Sequence[tuple[Arrival, dict[str, str]]]) -> list[list[tuple[Arrival, dict[str, str]]]]:
    """Files that one statement can read: Parquet of one table and day with the same columns. CSV files are read one by one."""
    groups: dict[object, list[tuple[Arrival, dict[str, str]]]] = {}
    for arrival, described in readable:
        alone = arrival.path if arrival.file.suffix == ".csv" else ""
        groups.setdefault((arrival.table, arrival.day, alone, tuple(described.items())), []).append((arrival, described))
    return list(groups.values())


def _take_files(
    warehouse: Warehouse,
    reader: LandingReader,
    contract: Contract,
    group: Sequence[tuple[Arrival, dict[str, str]]],
    run_no: int,
) -> list[StagedFile]:
    first, described = group[0]
    offered = reader.relation([arrival.file for arrival, _ in group], described)
    prefix = len(str(first.file)) - len(first.path)
    file = call("substr", column("_path", "raw"), exp.convert(prefix + 1))
    statement = staged(contract, described, offered, file, day=exp.convert(first.day.isoformat()))
    reader.load(statement, first.shown, origin="landing")
    pattern = "SELECT _file, count(*) FROM staged WHERE _from = 'landing' AND _file IN (files) GROUP BY _file"
    paths = [exp.convert(arrival.path) for arrival, _ in group]
    rows: dict[str, int] = dict(warehouse.fetch(fill(pattern, {"staged": staging(contract)}, {"files": paths})))
    for arrival, _ in group:
        _note(warehouse, arrival.table, arrival.path, rows.get(arrival.path, 0), run_no, arrival=arrival)
    return [StagedFile(arrival.table, arrival.path, rows.get(arrival.path, 0)) for arrival, _ in group]


def _take_released(warehouse: Warehouse, contract: Contract) -> None:
    """Rows that somebody let out of quarantine."""
    names = list(contract.columns)
    fields = [
        exp.alias_(call("json_extract_string", column("row"), exp.convert("$." + name)), name, quoted=True) for name in names
    ]
    for state in ("released", "overridden"):
        offered = exp.Subquery(this=fill(_RELEASED, {"aside": quarantine(contract)}, {"fields": fields}))
        described = dict.fromkeys(names, "VARCHAR")
        statement = staged(contract, described, offered, column("_file", "raw"), pardoned=state == "overridden")
        warehouse.execute(statement, state=state, origin=state)


def _note(
    warehouse: Warehouse,
    table: str,
    path: str,
    rows: int,
    run_no: int,
    *,
    arrival: Arrival | None = None,
    watermark: str | None = None,
) -> None:
    warehouse.run(
        "ingest/note_staged_file",
        source_table=table,
        path=path,
        size=arrival.size if arrival else None,
        mtime_ns=arrival.mtime_ns if arrival else None,
        sha256=arrival.sha256 if arrival else None,
        rows=rows,
        day=arrival.day if arrival else None,
        watermark=watermark,
        run_no=run_no,
    )


def _attach(
    open_sources: ExitStack,
    reader: LandingReader,
    contracts: Mapping[str, Contract],
    connections: Mapping[str, str],
    findings: list[Finding],
) -> list[Opened]:
    attached: list[Opened] = []
    for contract in contracts.values():
        source = contract.source
        if not isinstance(source, Attached):
            continue
        shown = f"{source.attach}:{source.table}"
        if source.from_env not in connections:
            text = f"the connection of the attached table '{contract.table}' is not set"
            findings.append(
                Finding("TL719", text, contract.place("source", "from_env"), f"Set {source.from_env} in the environment.")
            )
            continue
        offered, described = open_sources.enter_context(reader.attached(source, connections[source.from_env]))
        if source.watermark not in described:
            place = contract.place("source", "watermark")
            findings.append(Finding("TL715", f"the watermark column '{source.watermark}' is missing", place))
        findings += fitting(contract, {name: kind for name, kind in described.items() if name in contract.columns}, shown)
        attached.append((contract, source, offered, described))
    return attached


def _take_attached(warehouse: Warehouse, opened: Opened, run_no: int) -> StagedFile:
    contract, source, offered, described = opened
    path = f"{source.attach}:{source.table}"
    last = warehouse.rows("ingest/watermark", source_table=contract.table, path=path)
    mark = last[0][0] if last else None
    marked = column(source.watermark)
    wanted: dict[str, exp.Expr] = {"attached": exp.true()}
    if mark is not None:
        last_read = exp.Cast(this=exp.convert(mark), to=exp.DataType.build(described[source.watermark], dialect="duckdb"))
        # Rows that tie with the last one may have come after it was read; `promote` drops those it knows.
        wanted = {"attached": exp.GT(this=marked, expression=last_read), "tied": exp.EQ(this=marked, expression=last_read)}
    changed: dict[str, int] = {}
    for origin, which in wanted.items():
        conditions = {"mark": marked, "wanted": which}
        pattern = "SELECT *, row_number() OVER (ORDER BY mark) AS _row FROM offered WHERE wanted"
        rows = exp.Subquery(this=fill(pattern, {"offered": offered}, conditions=conditions))
        changed[origin] = warehouse.execute(staged(contract, described, rows, exp.convert(path)), origin=origin)
    if changed["attached"]:
        # Over the same rows as were staged: the attached database is read in one snapshot of the transaction.
        conditions = {"mark": marked, "wanted": wanted["attached"]}
        newest = fill("SELECT max(mark)::VARCHAR FROM offered WHERE wanted", {"offered": offered}, conditions=conditions)
        _note(warehouse, contract.table, path, changed["attached"], run_no, watermark=warehouse.fetch(newest)[0][0])
    return StagedFile(contract.table, path, sum(changed.values()))
