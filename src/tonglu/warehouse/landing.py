"""Reads what is not yet in the warehouse: Parquet and CSV files, Arrow tables, tables of other databases.

DuckDB's errors about a file stop here: they become findings with the file's path, and the line where DuckDB knows it.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from tonglu.core.errors import Finding, InputError, Place, Unavailable
from tonglu.language.contract import Attached
from tonglu.warehouse.connection import DuckDBWarehouse

_LINE = re.compile(r"CSV Error on Line: (\d+)")
_WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_EXTENSIONS = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner"}


class DuckDBLanding:
    """The port `stages.ingest.LandingReader` over the live warehouse."""

    def __init__(self, warehouse: DuckDBWarehouse) -> None:
        self.warehouse = warehouse

    def columns(self, path: Path, shown: str) -> dict[str, str]:
        """See the port. All columns of a CSV file are text."""
        if path.suffix == ".csv":
            return dict.fromkeys(_header(path, shown), "VARCHAR")
        described = exp.Describe(this=exp.select("*").from_(_function("read_parquet", _text(str(path)))))
        try:
            empty = self.warehouse.rows("ingest/null_columns", path=str(path))
            found = {str(row[0]): str(row[1]) for row in self.warehouse.fetch(described)}
            return {**found, **{name: "NULL" for (name,) in empty if name in found}}
        except duckdb.Error as problem:
            raise InputError([_finding(problem, shown)]) from problem

    def relation(self, paths: Sequence[Path], found: Mapping[str, str]) -> exp.Expr:
        """See the port."""
        files = exp.Array(expressions=[_text(str(path)) for path in paths])
        path_column = {"filename": _text("_path")}
        if paths[0].suffix == ".csv":
            number: exp.Expr = exp.Window(this=exp.RowNumber())
            rows = _function(
                "read_csv",
                files,
                auto_detect=exp.false(),
                header=exp.true(),
                delim=_text(","),
                quote=_text('"'),
                escape=_text('"'),
                nullstr=_text(""),
                columns=exp.Struct(expressions=[_named(_text(name), _text("VARCHAR")) for name in found]),
                **path_column,
            )
        else:
            number = exp.column("file_row_number")
            rows = _function("read_parquet", files, file_row_number=exp.true(), **path_column)
        # The header is line 1 of a CSV file; Parquet counts its rows from 0.
        first = exp.Literal.number(1)
        return exp.select("*", exp.alias_(exp.Add(this=number, expression=first), "_row")).from_(rows).subquery()

    def load(self, statement: exp.Expression, shown: str, **parameters: object) -> int:
        """See the port."""
        try:
            return self.warehouse.execute(statement, **parameters)
        except (duckdb.OutOfMemoryException, duckdb.FatalException, duckdb.InterruptException):
            raise
        except duckdb.Error as problem:
            raise InputError([_finding(problem, shown)]) from problem

    @contextmanager
    def offered(self, rows: Any) -> Iterator[tuple[exp.Expr, dict[str, str]]]:
        """See the port."""
        name = "offered_rows"
        self.warehouse.connection.register(name, rows)
        try:
            yield exp.to_table(name), self._described(exp.to_table(name))
        finally:
            self.warehouse.connection.unregister(name)

    @contextmanager
    def attached(self, source: Attached, connection: str) -> Iterator[tuple[exp.Expr, dict[str, str]]]:
        """See the port. The database is attached read-only, and let go of afterwards."""
        name = f"attached_{source.from_env.lower()}"
        options: list[exp.Expr] = [exp.AttachOption(this=exp.Var(this="READ_ONLY"))]
        if source.attach != "duckdb":
            self._load_extension(source.attach)
            options.append(exp.AttachOption(this=exp.Var(this="TYPE"), expression=exp.Var(this=source.attach)))
        self._reach(exp.Attach(this=exp.alias_(_text(connection), name), expressions=options), source, connection)
        try:
            schema, _, own = source.table.rpartition(".")
            parts = (own, schema or _DEFAULT_SCHEMA[source.attach], name)
            table = exp.table_(*parts, quoted=True)
            yield table, self._reach(table, source, connection)
        finally:
            self.warehouse.execute(exp.Detach(this=exp.to_identifier(name)))

    def _reach(self, wanted: exp.Expression, source: Attached, connection: str) -> dict[str, str]:
        try:
            if isinstance(wanted, exp.Table):
                return self._described(wanted)
            self.warehouse.execute(wanted)
        except duckdb.Error as problem:
            # What the driver says may hold the connection string, and that a password.
            reason = str(problem).replace(connection, f"${source.from_env}").splitlines()[0]
            if source.attach == "postgres":
                reason = type(problem).__name__
            raise Unavailable(f"the {source.attach} table {source.table} (${source.from_env}) cannot be read: {reason}") from None
        return {}

    def _described(self, table: exp.Expr) -> dict[str, str]:
        described = self.warehouse.fetch(exp.Describe(this=exp.select("*").from_(table)))
        return {str(row[0]): str(row[1]) for row in described}

    def _load_extension(self, kind: str) -> None:
        name = _EXTENSIONS[kind]
        try:
            self.warehouse.connection.load_extension(name)
            return
        except duckdb.Error:
            pass  # not installed yet: wheels carry extensions to machines without internet
        try:
            from duckdb_extensions import import_extension

            import_extension(name, con=self.warehouse.connection)
            self.warehouse.connection.load_extension(name)
        except (ImportError, duckdb.Error) as problem:
            hint = f"pip install duckdb-extensions duckdb-extension-{name.replace('_', '-')}"
            raise Unavailable(f"DuckDB's extension {name} is not installed; {hint}") from problem


_DEFAULT_SCHEMA = {"duckdb": "main", "sqlite": "main", "postgres": "public"}


def _header(path: Path, shown: str) -> list[str]:
    try:
        with path.open("rb") as stream:
            names = next(csv.reader([stream.readline().decode("utf-8-sig")]), [])
    except (UnicodeDecodeError, csv.Error) as problem:
        text = "the file is not UTF-8" if isinstance(problem, UnicodeDecodeError) else f"the header cannot be read: {problem}"
        raise InputError([Finding("TL714", text, Place(shown, 1, 1), "Save it as CSV with the encoding UTF-8.")]) from problem
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        text = f"the column '{twice[0]}' stands twice in the header" if twice else "the file is empty, even of a header"
        raise InputError([Finding("TL714", text, Place(shown, 1, 1))])
    return names


def _finding(problem: duckdb.Error, shown: str) -> Finding:
    text = str(problem)
    line = _LINE.search(text)
    place = Place(shown, int(line[1]), 1) if line else Place(shown)
    if "nicode" in text or "utf-8" in text.lower():
        return Finding("TL714", "the file is not UTF-8", place, "Save it with the encoding UTF-8.")
    if width := _WIDTH.search(text):
        text = f"the line has {width[2]} values, the header has {width[1]} columns"
        return Finding("TL714", text, place, "A value that holds a comma needs quotes.")
    if "quote" in text and line:
        return Finding("TL714", "a quote is not closed", place)
    said = text.splitlines()[0].split("Error: ", 1)[-1]
    kind = "CSV" if shown.endswith(".csv") else "Parquet"
    hint = "Deliver it again, whole; write it as .tmp and rename it."
    return Finding("TL714", f"the file cannot be read as {kind}: {said}", place, hint)


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def _named(name: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.PropertyEQ(this=name, expression=value)


def _function(name: str, *arguments: exp.Expr, **options: exp.Expr) -> exp.Expr:
    named = [exp.EQ(this=exp.Var(this=option), expression=value) for option, value in options.items()]
    return exp.Table(this=exp.Anonymous(this=name, expressions=[*arguments, *named]))
