"""The only import of apsw: one SQLite connection with the rules that keep it whole.

WAL; `synchronous = FULL`, because NORMAL loses acknowledged rows at a power cut; every writing transaction begins IMMEDIATE,
because one that upgrades from reading fails under contention; no memory map; never on a network disk.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import apsw

from tonglu.core.errors import TongluError, Unavailable

FIXED_SQLITE = (3, 51, 3)
"""The first SQLite that does not corrupt when two connections write and checkpoint at once."""
BUSY_MILLISECONDS = 10_000

Row = tuple[Any, ...]


class Database:
    """One connection; use it from one thread. Statements are constants, values are always bound by name."""

    def __init__(self, path: Path) -> None:
        """Open or create the file and bring its tables up to date.

        Raises:
            TongluError: the SQLite library is one that can corrupt, or the file comes from a newer version.
            Unavailable: another process holds the file for longer than the busy timeout.
        """
        if sqlite_version() < FIXED_SQLITE:
            raise TongluError(f"SQLite {apsw.sqlite_lib_version()} can corrupt a shared file; install apsw 3.54 or newer")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)  # SQLite gives its log and shared memory the same mode
        self._open = False
        with _errors_stop_here():
            self._connection = apsw.Connection(str(path))
            self._connection.set_busy_timeout(BUSY_MILLISECONDS)
            for pragma in (
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA mmap_size = 0",
                "PRAGMA foreign_keys = ON",
                "PRAGMA secure_delete = ON",
            ):
                self._connection.execute(pragma).fetchall()
        self._migrate()

    def _migrate(self) -> None:
        folder = files("tonglu.mailroom").joinpath("sql")
        scripts = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
        if self._version() == len(scripts):
            return
        with self.transaction():
            version = self._version()
            if version > len(scripts):
                raise TongluError(f"the mailroom has schema {version}, this Tonglu knows {len(scripts)}; install a newer Tonglu")
            for script in scripts[version:]:
                self._connection.execute(script.read_text("utf-8")).fetchall()
            self._connection.pragma("user_version", len(scripts))

    def _version(self) -> int:
        with _errors_stop_here():
            return int(self._connection.pragma("user_version"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All inside commits durably, or not at all. It takes the writer's lock at once and does not nest.

        Raises:
            Unavailable: another process held the lock for longer than the busy timeout.
        """
        if self._open:
            raise TongluError("a mailroom transaction does not nest")
        with _errors_stop_here():
            self._connection.execute("BEGIN IMMEDIATE")
        self._open = True
        try:
            yield
        except BaseException:
            self._open = False
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._open = False
        with _errors_stop_here():
            try:
                self._connection.execute("COMMIT")
            except apsw.Error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Inside of the transaction at hand, or in one of its own where there is none."""
        if self._open:
            yield
            return
        with self.transaction():
            yield

    def rows(self, statement: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """Run one statement and fetch its rows; one that writes needs `transaction` around it."""
        with _errors_stop_here():
            cursor = self._connection.execute(statement, dict(parameters or {}))
            return [tuple(row) for row in cursor]

    def change(self, statement: str, parameters: Mapping[str, object]) -> int:
        """Run one writing statement inside `transaction`; rows changed."""
        self._writing()
        self.rows(statement, parameters)
        return int(self._connection.changes())

    def change_many(self, statement: str, parameters: Iterable[Mapping[str, object]]) -> int:
        """Run one writing statement for each set of parameters inside `transaction`; rows changed in all."""
        self._writing()
        before = self._connection.total_changes()
        with _errors_stop_here():
            self._connection.executemany(statement, (dict(each) for each in parameters))
        return int(self._connection.total_changes() - before)

    def _writing(self) -> None:
        if not self._open:
            raise TongluError("the mailroom is written inside a transaction only")

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and empty it, so that erased text is on no page of either."""
        with _errors_stop_here():
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def rewrite(self) -> None:
        """Write the file anew without its free pages and empty the log, so that nothing erased is in either."""
        with _errors_stop_here():
            self._connection.execute("VACUUM")
        self.checkpoint()

    def quick_check(self) -> Sequence[str]:
        """What SQLite finds wrong with the file; nothing when it is whole."""
        found = [str(row[0]) for row in self.rows("PRAGMA quick_check")]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        self._connection.close()


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite library in use, such as (3, 54, 1)."""
    return tuple(int(part) for part in apsw.sqlite_lib_version().split("."))


@contextmanager
def _errors_stop_here() -> Iterator[None]:
    """Turn apsw's errors into Tonglu's, without the text: it can quote values, and values are personal data."""
    try:
        yield
    except (apsw.BusyError, apsw.LockedError) as error:
        raise Unavailable(f"the mailroom is busy ({type(error).__name__})") from None
    except apsw.Error as error:
        code = getattr(error, "extendedresult", "unknown")
        raise TongluError(f"the mailroom failed: {type(error).__name__}, SQLite code {code}") from None
