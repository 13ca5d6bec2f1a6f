"""The files that tell of a customer: landed, handed over, published facts, reports and logs. Each is written anew without them, or removed."""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from tonglu.app.report import HIDDEN
from tonglu.app.workplace import Workplace

KNOWN = "UPDATE tonglu.ingested_file SET size = $size, mtime_ns = $mtime_ns, sha256 = $sha256 WHERE path = $path AND sha256 IS NOT NULL"
LARGEST = 200_000_000
"""Files that are larger are not searched."""
LINES = (".log", ".txt", ".jsonl", ".out", ".err")


@dataclass(frozen=True)
class Person:
    """What tells who a customer is: the number, texts to look for (the number among them), and the keys of their touches."""

    customer_id: int
    texts: tuple[str, ...]
    touch_keys: tuple[str, ...]

    def named_in(self, text: str) -> bool:
        """Whether a text holds the number, not as part of a longer one, or a personal value, or a key."""
        return bool(self.pattern.search(text))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What names the customer in a text."""
        number = str(self.customer_id)
        rest = "|".join(re.escape(one) for one in (*self.texts, *self.touch_keys) if one != number)
        return re.compile(rf"(?<![0-9]){number}(?![0-9])" + (f"|{rest}" if rest else ""))


def erase_files(place: Workplace, person: Person) -> int:
    """Write every file that tells of a customer anew; how many files changed. Doing it again finds nothing."""
    from tonglu.app.forget import clear_copies

    definitions = place.definitions
    clear_copies(place)
    changed = sum(_landed(place, path, person) for path in _files(definitions.path("landing")))
    changed += sum(_handed_over(path, person) for path in _files(definitions.path("handover")))
    changed += sum(_facts(path, person) for path in _files(definitions.path("published") / "facts"))
    changed += sum(_removed(path, person) for path in _files(definitions.path("reports")))
    logs = [path for path in _files(definitions.path("warehouse").parent) if path.suffix in LINES]
    return changed + sum(_without_lines(path, person) for path in logs)


def left_in(place: Workplace, person: Person) -> list[str]:
    """What of the project still names the customer: files that nobody here writes anew, such as an exported list, and audit rows.

    Tables of the warehouse and the mailroom and their files are not searched: they were written anew.
    """
    definitions = place.definitions
    treated = {definitions.path(name) for name in ("landing", "handover", "published", "reports", "warehouse", "mailroom")}
    treated |= {place.staged, definitions.path("warehouse").parent / HIDDEN}
    found = [path.relative_to(place.root).as_posix() for path in _others(place.root, treated) if _names(path, person)]
    for act in place.mailroom.audit.acts():
        if person.named_in(f"{act.subject} {act.by} {json.dumps(dict(act.detail), ensure_ascii=False)}"):
            found.append(f"row {act.seq} of the audit log, which cannot be changed")
    return found


def _others(root: Path, treated: Collection[Path]) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(one for one in folders if not one.startswith(".") and here / one not in treated)
        for name in sorted(files):
            path = here / name
            beside = any(name.startswith(one.name) for one in treated if one.parent == here)  # -wal and the like of a database
            if not beside and not path.is_symlink() and path.stat().st_size <= LARGEST:
                yield path


def _names(path: Path, person: Person) -> bool:
    """Whether a text file names the customer; spreadsheets and other packed files cannot be searched."""
    try:
        return person.named_in(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return False


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) if folder.is_dir() else []


def _landed(place: Workplace, path: Path, person: Person) -> int:
    """A landed file; what the warehouse knows of it changes before it does, so that no run takes it for a correction."""

    def note(fresh: Path) -> None:
        status = fresh.stat()
        shown = path.relative_to(place.definitions.path("landing")).as_posix()
        digest = sha256(fresh.read_bytes()).hexdigest()
        place.warehouse.execute(KNOWN, path=shown, size=status.st_size, mtime_ns=status.st_mtime_ns, sha256=digest)

    return _rewritten(path, person, note)


def _handed_over(path: Path, person: Person) -> int:
    """A hand-over file and its manifest; the manifest first, so that the file is looked at again if this is cut short."""
    manifest = path.with_name(f"{path.stem}.manifest.json")

    def note(fresh: Path) -> None:
        if not manifest.exists():
            return
        said = json.loads(manifest.read_text(encoding="utf-8"))
        data = fresh.read_bytes()
        with fresh.open(encoding="utf-8", newline="") as lines:
            said |= {"rows": sum(1 for _ in csv.DictReader(lines)), "sha256": sha256(data).hexdigest()}
        _replace(manifest, (json.dumps(said, indent=2) + "\n").encode())

    if path.suffix in (".csv", ".parquet"):
        return _rewritten(path, person, note)
    return _without_lines(path, person) if path.suffix in (*LINES, ".json") and not path.name.endswith(".manifest.json") else 0


def _facts(path: Path, person: Person) -> int:
    return _rewritten(path, person, lambda fresh: None)


def _rewritten(path: Path, person: Person, before: Callable[[Path], None]) -> int:
    """A table in a file, without the customer's rows; `before` is told of the new file before it takes the old one's place."""
    made = _parquet(path, person) if path.suffix == ".parquet" else _csv(path, person) if path.suffix == ".csv" else None
    if made is None:
        return 0
    fresh = path.with_name(f".{path.name}.anew")
    fresh.write_bytes(made)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    before(fresh)
    fresh.replace(path)
    return 1


def _parquet(path: Path, person: Person) -> bytes | None:
    """The file's bytes without the customer's rows; None when it has none of them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    names = pq.read_schema(path).names
    found = [name for name in ("customer_id", "touch_key") if name in names]
    if not found:
        return None
    keys = pq.read_table(path, columns=found)
    theirs = pa.array([False] * keys.num_rows, pa.bool_())
    if "customer_id" in found:
        same = pc.equal(pc.cast(keys["customer_id"], pa.string()), str(person.customer_id))
        theirs = pc.or_(theirs, pc.fill_null(same, False))
    if "touch_key" in found:
        theirs = pc.or_(
            theirs,
            pc.fill_null(pc.is_in(pc.cast(keys["touch_key"], pa.string()), pa.array(person.touch_keys, pa.string())), False),
        )
    if not pc.any(theirs).as_py():
        return None
    sink = io.BytesIO()
    pq.write_table(pq.read_table(path).filter(pc.invert(theirs)), sink, compression="zstd")
    return sink.getvalue()


def _csv(path: Path, person: Person) -> bytes | None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    head = rows[0] if rows else []
    keys = {"customer_id": {str(person.customer_id)}, "touch_key": set(person.touch_keys)}
    places = {head.index(name): values for name, values in keys.items() if name in head}
    kept = [row for row in rows[1:] if not any(at < len(row) and row[at].strip() in values for at, values in places.items())]
    if len(kept) == len(rows) - 1 or not rows:
        return None
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([head, *kept])
    return text.getvalue().encode()


def _removed(path: Path, person: Person) -> int:
    """A report that names the customer goes; `tonglu report` writes it anew."""
    if not person.named_in(path.read_text(encoding="utf-8", errors="replace")):
        return 0
    path.unlink()
    return 1


def _without_lines(path: Path, person: Person) -> int:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    kept = [line for line in lines if not person.named_in(line)]
    if len(kept) == len(lines):
        return 0
    _replace(path, "".join(kept).encode())
    return 1


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_name(f".{path.name}.anew")
    fresh.write_bytes(data)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(path)
