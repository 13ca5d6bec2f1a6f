"""The examples of the finding codes as stories: files that are laid into the small bank, and commands that are typed in it.

    journeys/welcome.yaml:          the keys that follow replace those of the bank's own file
      holdout: 20%
    journeys/care.yaml:             a file that the bank does not have is the whole file
      journey: care
    segments/payroll.sql:           SQL without a header keeps the header of the bank's own file
      select customer_id from customers
    data/contracts/ (not there)     a file or folder that is taken away
    $ NAME=value tonglu run --as-of 2026-03-03T08:00

A note behind a path says what text cannot show: `the whole file`, `saved as GBK`, `as Parquet`, `a database with the table x`, `the last
line 6,000 times`; one behind a command, after `#`, what the machine lacks. Commands are typed after the bank's first run, on 2 March 2026.
"""

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BANK = Path(__file__).with_name("bank")
HEAD = re.compile(r"([\w.-]+(?:/[\w.-]+)*/?)(?: \(([^()]+)\))?(:?)")
KEY = re.compile(r"[A-Za-z_]\w*(?=:)")
TIMES = re.compile(r"the last line ([\d,]+) times")
TABLE = re.compile(r"a database with the table (\w+)")


@dataclass(frozen=True)
class File:
    """A file that a story lays down, or takes away when `text` is None."""

    path: str
    text: str | None
    note: str = ""


@dataclass(frozen=True)
class Typed:
    """A command that a story types: its words, the environment it is given, and what the machine lacks."""

    words: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    without: str = ""


Act = File | Typed


def acts_of(story: str) -> list[Act]:
    """The acts of a story in their order; a line that is neither of its forms is refused."""
    acts: list[Act] = []
    lines = story.strip("\n").split("\n")
    while lines:
        line = lines.pop(0)
        if not line:
            continue
        if line.startswith("$ "):
            acts.append(_typed(line[2:]))
            continue
        head = HEAD.fullmatch(line)
        if head is None:
            raise ValueError(f"neither a file nor a command: {line!r}")
        path, note, colon = head[1], head[2] or "", head[3]
        body = []
        while colon and lines and (lines[0].startswith("  ") or not lines[0]):
            body.append(lines.pop(0)[2:])
        if colon and not any(body):
            raise ValueError(f"nothing stands in {path}")
        if not colon and note != "not there":
            raise ValueError(f"{path} needs a text, or (not there)")
        acts.append(File(path, "\n".join(body).strip("\n") + "\n" if colon else None, note))
    return acts


def _typed(line: str) -> Typed:
    line, _, lacks = line.partition("  # ")
    words = shlex.split(line)
    named = [word for word in words if re.match(r"[A-Z_]+=", word)]
    without = lacks.removeprefix("without ") if lacks else ""
    return Typed(tuple(words[len(named) :]), dict(word.split("=", 1) for word in named), without)


def lay_bank(root: Path) -> None:
    """The small bank in a folder, without anything that runs made."""
    shutil.copytree(BANK, root, dirs_exist_ok=True)


def lay(root: Path, file: File) -> None:
    """Lay one file of a story down."""
    target = root / file.path
    if file.text is None:
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    own = target.read_text(encoding="utf-8") if target.exists() and file.note != "the whole file" else None
    text = file.text if own is None else _sql(own, file.text) if target.suffix == ".sql" else laid(own, file.text)
    if table := TABLE.fullmatch(file.note):
        _database(target, table[1], file.text)
    elif file.note == "as Parquet":
        _parquet(target, file.text)
    elif times := TIMES.fullmatch(file.note):
        last = file.text.rstrip("\n").rsplit("\n", 1)[-1]
        target.write_text(text.replace(last, "\n".join([last] * int(times[1].replace(",", "")))), encoding="utf-8")
    elif file.note in ("", "the whole file", "saved as GBK"):
        target.write_text(text, encoding="gbk" if file.note == "saved as GBK" else "utf-8")
    else:
        raise ValueError(f"no such note: {file.note}")


def _sql(own: str, text: str) -> str:
    """The text under the header of the bank's own file, unless it has one."""
    header = [line for line in own.splitlines() if line.startswith("--")]
    return text if text.startswith("--") else "\n".join([*header, text])


def laid(own: str, text: str) -> str:
    """The bank's own file with the keys of the text in their places; those that it does not have come last."""
    new: dict[str, str] = {}
    for key, block in _blocks(text):
        new[key] = new.get(key, "") + block  # a key that is written twice stays written twice
    kept = "".join(new.pop(key, block) for key, block in _blocks(own))
    return kept + "".join(new.values())


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Every key at the margin with its lines."""
    key, block = "", ""
    for line in text.splitlines(keepends=True):
        found = KEY.match(line)
        if found and found[0] != key and block:
            yield key, block
            block = ""
        key = found[0] if found else key
        block += line
    yield key, block


def _parquet(target: Path, text: str) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_table(text), target)


def _database(target: Path, name: str, text: str) -> None:
    import duckdb

    rows = _table(text)
    with duckdb.connect(str(target)) as database:
        database.register("rows_of_the_story", rows)
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM rows_of_the_story")


def _table(text: str):
    import io

    from pyarrow import csv

    return csv.read_csv(io.BytesIO(text.encode()))
