"""What lies in the landing folder and was not taken in yet: `<table>/<YYYY-MM-DD>/*.parquet|csv`.

A file is known by its path, size and modification time; one that changed in these is known by its SHA-256, so a file that was
only copied again is not taken twice, and one that was corrected is taken anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import file_digest
from pathlib import Path

from tonglu.core.errors import Finding, Place, Severity, did_you_mean
from tonglu.language.contract import Contract

SUFFIXES = (".parquet", ".csv")


@dataclass(frozen=True)
class KnownFile:
    """How a file was when it was last taken in."""

    size: int | None
    mtime_ns: int | None
    sha256: str | None


@dataclass(frozen=True, order=True)
class Arrival:
    """A file to take in: `path` is relative to the landing folder, `shown` is for people."""

    table: str
    day: date
    path: str
    file: Path
    shown: str
    size: int
    mtime_ns: int
    sha256: str


def arrivals(
    landing: Path, contracts: Mapping[str, Contract], known: Mapping[tuple[str, str], KnownFile], today: date, shown: str = ""
) -> tuple[list[Arrival], list[Finding]]:
    """The files to take in, by table, day and path, and what is wrong in the folder.

    Args:
        landing: the folder; a missing one holds nothing.
        contracts: the tables that may arrive.
        known: what was taken in before, by table and path.
        today: the bank's day of the run; folders of later days wait.
        shown: the folder as people know it, for places; by default as given.
    """
    named = _Named(landing, shown or str(landing))
    findings: list[Finding] = []
    new: list[Arrival] = []
    for folder in _visible(landing):
        if not folder.is_dir():
            findings.append(
                Finding("TL713", "only folders of tables are read here", named.place(folder), severity=Severity.WARNING)
            )
        elif folder.name not in contracts:
            hint = did_you_mean(folder.name, contracts) or f"Write data/contracts/{folder.name}.yaml, or remove the folder."
            findings.append(Finding("TL711", f"no contract names the table '{folder.name}'", named.place(folder), hint))
        else:
            for day, file in _files(folder, today, named, findings):
                new += _new(named, folder.name, day, file, known)
    return sorted(new), findings


@dataclass(frozen=True)
class _Named:
    """The landing folder, and how people call it."""

    folder: Path
    shown: str

    def path(self, inner: Path) -> str:
        """What lies in it, from the folder."""
        return inner.relative_to(self.folder).as_posix()

    def place(self, inner: Path) -> Place:
        """What lies in it, as people know it."""
        return Place(f"{self.shown}/{self.path(inner)}")


def _visible(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.suffix != ".tmp")


def _files(table: Path, today: date, named: _Named, findings: list[Finding]) -> Iterator[tuple[date, Path]]:
    for folder in _visible(table):
        day = _day(folder.name)
        if day is None or not folder.is_dir():
            hint = "Put files into folders of days, such as 2026-03-01."
            findings.append(Finding("TL712", f"'{folder.name}' is not the folder of a day", named.place(folder), hint))
            continue
        if day > today:
            continue
        for file in _visible(folder):
            if file.suffix in SUFFIXES and file.is_file():
                yield day, file
            else:
                text = f"'{file.name}' is neither Parquet nor CSV and is left out"
                findings.append(Finding("TL713", text, named.place(file), severity=Severity.WARNING))


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None


def _new(named: _Named, table: str, day: date, file: Path, known: Mapping[tuple[str, str], KnownFile]) -> list[Arrival]:
    path = named.path(file)
    status = file.stat()
    before = known.get((table, path))
    if before is not None and (before.size, before.mtime_ns) == (status.st_size, status.st_mtime_ns):
        return []
    with file.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    if before is not None and before.sha256 == digest:
        return []
    return [Arrival(table, day, path, file, named.place(file).path, status.st_size, status.st_mtime_ns, digest)]
