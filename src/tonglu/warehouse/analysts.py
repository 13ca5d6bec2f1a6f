"""The published file as readers open it: static questions in this process, questions from people in a process of their own.

The pointer `current.json` names the file of the last run; a reader keeps the file that it opened, however many runs are published
meanwhile. Nothing here can write, and nothing here sees the live warehouse.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb

import tonglu
from tonglu.core.errors import Finding, InputError, Place, Unavailable
from tonglu.warehouse.connection import named_sql
from tonglu.warehouse.publish import POINTER

QUERY = "query"
"""How a query that somebody typed is named in findings."""
LONGEST_QUERY = 128 * 1024
SECONDS = 60
TABLE = "SELECT 1 FROM duckdb_tables() WHERE schema_name = $schema AND table_name = $table"
_TRIES = 3


@dataclass(frozen=True)
class Answer:
    """What a query gave: column names, rows of plain JSON values, and whether more rows were left unread."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool


class Reader:
    """A DuckDB file open for reading. Use it as a context manager."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, sql: str, **parameters: object) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows of one static SELECT."""
        result = self.connection.execute(sql, parameters or None)
        return [str(column[0]) for column in result.description or ()], result.fetchall()

    def ask(self, name: str, /, **parameters: object) -> list[dict[str, Any]]:
        """The rows of `warehouse/sql/inspect/<name>.sql` by column name."""
        names, rows = self.rows(named_sql(f"inspect/{name}"), **parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def has(self, schema: str, table: str) -> bool:
        """Whether there is such a table."""
        return bool(self.rows(TABLE, schema=schema, table=table)[1])

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class PublishedFile(Reader):
    """The analysts' file of the last run."""

    def __init__(self, folder: Path) -> None:
        """Open the file that the pointer names.

        Raises:
            InputError: nothing has been published yet.
        """
        self.path, connection = _open(folder)
        super().__init__(connection)


def current_file(folder: Path) -> Path:
    """The file that the pointer names.

    Raises:
        InputError: nothing has been published yet.
    """
    try:
        return folder / str(json.loads((folder / POINTER).read_text(encoding="utf-8"))["file"])
    except (OSError, ValueError, KeyError):
        hint = "Run `tonglu run --as-of ...`, or `tonglu demo` for an invented bank."
        raise InputError([Finding("TL900", "nothing has been published yet", Place(str(folder)), hint)]) from None


def _open(folder: Path) -> tuple[Path, duckdb.DuckDBPyConnection]:
    """The newest file; one that was replaced between reading the pointer and opening it is looked up again."""
    problem: duckdb.Error | None = None
    for _ in range(_TRIES):
        path = current_file(folder)
        try:
            connection = duckdb.connect(str(path), read_only=True, config={"python_enable_replacements": False})
        except duckdb.IOException as missing:
            problem = missing
            continue
        connection.execute("SET enable_external_access = false")
        return path, connection
    raise Unavailable(f"the published file cannot be opened: {problem}") from problem


def query(folder: Path, sql: str, limit: int, seconds: float = SECONDS) -> Answer:
    """Rows of one SELECT that somebody wrote, at most `limit`, from a process that can read nothing but the published file.

    Raises:
        InputError: it is not one SELECT, it asks for what is not allowed, DuckDB refuses it, or it needs too much.
    """
    if len(sql.encode()) > LONGEST_QUERY:
        raise _refused("TL501", "the query is longer than 128 KB")
    asked = {"path": str(current_file(folder).resolve()), "sql": sql, "limit": limit, "seconds": seconds}
    answer = _ask_worker(json.dumps(asked).encode(), seconds)
    if "code" in answer:
        line, column = _line_and_column(sql, answer["position"])
        raise InputError([Finding(answer["code"], answer["message"], Place(QUERY, line, column), answer["hint"])])
    return Answer(tuple(answer["columns"]), tuple(map(tuple, answer["rows"])), answer["more"])


def _ask_worker(asked: bytes, seconds: float) -> dict[str, Any]:
    """Ask a fresh process, which gets nothing of this one's environment, and kill it at the deadline."""
    command = [sys.executable, "-s", "-P", "-X", "utf8", "-m", "tonglu.warehouse.query_worker"]
    here = {"PYTHONPATH": str(Path(tonglu.__file__).parents[1]), "TZ": "UTC"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=here, start_new_session=True
    ) as worker:
        try:
            said, _ = worker.communicate(asked, timeout=seconds)
        except subprocess.TimeoutExpired:
            worker.kill()
            hint = "Ask for fewer rows, fewer columns or a shorter time."
            raise _refused("TL520", f"the query took longer than {seconds:g} s and was stopped", hint) from None
        except BaseException:
            worker.kill()
            raise
    try:
        answer: dict[str, Any] = json.loads(said)
    except ValueError:
        hint = "Ask for fewer rows or narrower ones; add LIMIT."
        raise _refused("TL520", "the query needed more memory or time than a query may have", hint) from None
    return answer


def _refused(code: str, message: str, hint: str = "") -> InputError:
    return InputError([Finding(code, message, Place(QUERY), hint)])


def _line_and_column(sql: str, position: int | None) -> tuple[int, int]:
    """Line and column, from 1, of a byte offset as DuckDB gives it; 0 where it gives none."""
    if position is None or not 0 <= position <= len(sql.encode()):
        return 0, 0
    before = sql.encode()[:position].decode(errors="ignore")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def live_reader(path: Path) -> Reader:
    """The live warehouse, unable to write; only while no run has it.

    Raises:
        InputError: there is no warehouse yet.
        Unavailable: a run has the warehouse at this moment.
    """
    if not path.exists():
        raise InputError([Finding("TL900", "there is no warehouse yet", Place(str(path)), "Run `tonglu run --as-of ...` first.")])
    try:
        connection = duckdb.connect(str(path), read_only=True, config={"python_enable_replacements": False})
    except duckdb.IOException as problem:
        raise Unavailable(f"the warehouse {path} cannot be opened now: {_first_line(problem)}") from problem
    connection.execute(named_sql("macros"))
    return Reader(connection)


def _first_line(problem: Exception) -> str:
    return str(problem).split(" See also", 1)[0].splitlines()[0]
