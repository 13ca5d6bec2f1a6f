"""The process that runs one SELECT that somebody wrote: `python -m tonglu.warehouse.query_worker`, a request on its input.

A read-only database alone still reads any file and takes any memory. What holds: limits of the operating system on memory, time
and files; the published file attached read-only; no external access, no local files, no extensions, a locked configuration; and
before all that DuckDB's own parser, which says whether it is one SELECT and names every table function. The parent kills the
process at the deadline.
"""

import json
import math
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb

MEMORY_LIMIT = "1GB"
ADDRESS_SPACE = 3 * 1024**3
"""Above DuckDB's own limit: what functions take past it, and the addresses that threads and the library reserve."""
THREADS = 2
LARGEST_ANSWER = 256 * 1024**2
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
REFUSED_FUNCTIONS = frozenset({"getenv", "write_log", "nextval", "currval"})
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "memory_limit": MEMORY_LIMIT,
    "threads": THREADS,
    "temp_directory": "",
    "errors_as_json": True,
}
LOCKS = (
    "SET enable_progress_bar = false",
    "SET TimeZone = 'UTC'",
    "SET enable_external_access = false",
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET lock_configuration = true",
)
PARSED = "SELECT json_serialize_sql($1)"


class _RefusedError(Exception):
    """The query is not run, or DuckDB refused it; carries a finding's parts."""

    def __init__(self, code: str, message: str, hint: str = "", position: int | None = None) -> None:
        super().__init__(message)
        self.parts: dict[str, object] = {"code": code, "message": message, "hint": hint, "position": position}


def main() -> None:
    """Read one request, write one answer."""
    asked = json.loads(sys.stdin.buffer.read())
    _limit(int(asked["seconds"]))
    sys.stdout.write(json.dumps(answer(asked["path"], asked["sql"], asked["limit"]), ensure_ascii=False))


def answer(path: str, sql: str, limit: int) -> dict[str, object]:
    """Columns, rows and whether there are more; or code, message, hint and position of what is wrong. JSON values throughout."""
    try:
        return _answer(path, sql, limit)
    except _RefusedError as refused:
        return refused.parts
    except MemoryError:
        return _RefusedError("TL520", "the query needed too much memory", "Add LIMIT, or name fewer columns.").parts


def _limit(seconds: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, (seconds + 5) * THREADS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _answer(path: str, sql: str, limit: int) -> dict[str, object]:
    with duckdb.connect(path, read_only=True, config=SETTINGS) as connection:
        for lock in LOCKS:
            connection.execute(lock)
        _inspect(connection, sql)
        try:
            result = connection.execute(sql)
            columns = [str(column[0]) for column in result.description or ()]
            rows = _rows(result, limit + 1)
        except duckdb.Error as problem:
            raise _refusal(problem) from None
    return {"columns": columns, "rows": rows[:limit], "more": len(rows) > limit}


def _inspect(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Let one SELECT pass whose table functions only make numbers or unpack lists."""
    row = connection.execute(PARSED, [sql]).fetchone()
    parsed = json.loads(row[0]) if row else {}
    if parsed.get("error"):
        if parsed.get("error_type") == "parser":
            raise _RefusedError("TL501", _plain(parsed["error_message"]), "", _whole(parsed.get("position")))
        raise _RefusedError("TL502", "only a SELECT can be asked", "The published file is for reading.")
    statements = parsed["statements"]
    if len(statements) != 1:
        found = "there is nothing to ask" if not statements else f"{len(statements)} statements, and one can be asked"
        raise _RefusedError("TL502", found, "Write one SELECT.")
    for node in _nodes(statements[0]):
        called = node.get("function") if node.get("type") == "TABLE_FUNCTION" else None
        name = str(called.get("function_name") if isinstance(called, dict) else node.get("function_name", "")).lower()
        if called is not None and name not in TABLE_FUNCTIONS:
            hint = "Ask the views: `tonglu query 'SHOW TABLES'`."
            raise _RefusedError(
                "TL504", f"the table function '{name}' is not allowed here", hint, _whole(node.get("query_location"))
            )
        if name in REFUSED_FUNCTIONS:
            raise _RefusedError("TL503", f"the function '{name}' is not allowed here", "", _whole(node.get("query_location")))


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Every mapping of the tree, without recursion: a query may be nested deeply."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _rows(result: duckdb.DuckDBPyConnection, most: int) -> list[list[object]]:
    rows: list[list[object]] = []
    size = 0
    while len(rows) < most and (chunk := result.fetchmany(min(most - len(rows), 1000))):
        for row in chunk:
            plain = [_value(value) for value in row]
            size += sum(len(value) if isinstance(value, str) else 8 for value in plain)
            rows.append(plain)
        if size > LARGEST_ANSWER:
            raise _RefusedError("TL520", "the answer is larger than 256 MB", "Name fewer columns, or add LIMIT.")
    return rows


def _value(value: object) -> object:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _value(item) for key, item in value.items()}
    return str(value)


def _refusal(problem: duckdb.Error) -> _RefusedError:
    """DuckDB's error in the parts of a finding; its first line says what is wrong, candidates say what was meant."""
    text = str(problem)
    try:
        said = json.loads(text[text.index("{") :])
    except ValueError:
        return _RefusedError("TL520", text.splitlines()[0])
    message, _, more = str(said.get("exception_message", text)).partition("\n")
    position = _whole(said.get("position"))
    if "has been disabled by configuration" in message or said.get("exception_type") == "Permission":
        hint = "Only the views can be asked: `tonglu query 'SHOW TABLES'`."
        return _RefusedError("TL503", "files cannot be read from here", hint, position)
    if said.get("exception_type") == "Out of Memory":
        return _RefusedError("TL520", "the query needed too much memory", "Add LIMIT, or name fewer columns.")
    candidates = str(said.get("candidates", ""))
    hint = (
        f"Did you mean '{candidates.split(',', maxsplit=1)[0].strip()}'?" if candidates else more.splitlines()[0] if more else ""
    )
    return _RefusedError("TL520", _plain(message), hint, position)


def _plain(message: str) -> str:
    """The message as findings are written: no capital, no full stop."""
    message = message.rstrip("!. ")
    return message[:1].lower() + message[1:]


def _whole(position: object) -> int | None:
    """A byte offset; DuckDB writes the largest number where it has none."""
    text = str(position)
    return int(text) if text.isdigit() and int(text) < 2**32 else None


if __name__ == "__main__":
    main()
