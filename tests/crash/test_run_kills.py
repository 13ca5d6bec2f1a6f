"""Death by SIGKILL in the middle of a run, and in the middle of recovering from one: the state is that of a run nobody disturbed.

One case again: `python tests/crash/test_run_kills.py KILL [KILL...]`, each KILL one process that dies: `at:<failpoint>` or
`<system call>:<which>`, such as `at:decided` or `pwrite64:17`. The process after the last one runs to its end.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import apsw
import duckdb
import pytest

PROJECT = Path(__file__).parents[2]
STRACE = shutil.which("strace")
CUSTOMERS, SEED = 300, 7
DAY = timedelta(days=1)
CALLS = ("pwrite64", "write", "fsync", "rename")
WHILE = ("ingest", "before the commit", "between commit and hand-over", "recovery")
STAGES_OF = {
    "ingest": ("ingest",),
    "before the commit": ("check", "segment", "enrol", "advance", "decide", "measure", "learn", "commit"),
    "between commit and hand-over": ("deliver",),
}
POINTS = (
    "ingested", "checked", "begun", "promoted", "segmented", "exited", "enrolled", "advanced", "decided", "measured", "learned",
    "before_commit", "committed", "handed_over", "hand_over_noted", "published",
)  # fmt: skip
TWICE = (("decided", "before_commit"), ("ingested", "promoted"), ("committed", "handed_over"), ("committed", "hand_over_noted"),
         ("before_commit", "committed"), ("handed_over", "handed_over"), ("begun", "published"))  # fmt: skip


def play_once(root: Path) -> None:
    """What the dying process does: the run of the day that is due; what it marks shows in a trace which stage made a call."""
    from tonglu.app.loop import run_once
    from tonglu.settings import Settings
    from tonglu.testing import QuietWorkplace

    marks = os.open(root / "marks", os.O_WRONLY | os.O_CREAT)

    def mark(name, result):
        os.write(marks, f"stage {name}\n".encode())

    place = QuietWorkplace(root, Settings(threads=1, failpoint=os.environ.get("TONGLU_FAILPOINT")))
    run_once(place, due(root), mark)
    place.close()


def due(root: Path) -> datetime:
    """The instant that is to be run in this copy of the bank."""
    return datetime.fromisoformat((root / "due").read_text())


@dataclass(frozen=True)
class Bank:
    """A bank before the disturbed day, and what its undisturbed day comes to."""

    base: Path
    undisturbed: dict[str, list[str]]


def make_base(folder: Path) -> Path:
    """A bank of some days: one was run, delivered and answered; the next is due."""
    from tonglu.app.deliver import deliver_now
    from tonglu.app.loop import run_once
    from tonglu.bank import World, make_bank
    from tonglu.settings import Settings
    from tonglu.testing import QuietWorkplace

    base = folder / "base"
    for name in ("journeys", "segments", "data/contracts"):
        shutil.copytree(PROJECT / name, base / name)
    shutil.copy(PROJECT / "tonglu.yaml", base)
    make_bank(CUSTOMERS, SEED, base / "data")
    world = World(base / "data")
    place = QuietWorkplace(base, Settings(threads=1))
    run_once(place, world.opening)
    deliver_now(place, world.opening)
    world.play(world.opening, world.opening + DAY, [place.definitions.path("handover")])
    place.close()
    (base / "due").write_text((world.opening + DAY).isoformat())
    return base


def finish(root: Path) -> dict[str, list[str]]:
    """Run again, deliver, let the world answer, run the day after; everything there is in the end."""
    from tonglu.app.deliver import deliver_now
    from tonglu.app.loop import run_once
    from tonglu.bank import World
    from tonglu.settings import Settings
    from tonglu.testing import QuietWorkplace

    as_of = due(root)
    place = QuietWorkplace(root, Settings(threads=1))
    run_once(place, as_of)
    deliver_now(place, as_of)
    World(root / "data").play(as_of, as_of + DAY, [place.definitions.path("handover")])
    run_once(place, as_of + DAY)
    deliver_now(place, as_of + DAY)
    try:
        return everything(place, root)
    finally:
        place.close()


def everything(place, root: Path) -> dict[str, list[str]]:
    """Every row of the warehouse and the mailroom, and every hand-over file."""
    from tonglu.testing import warehouse_rows

    found = warehouse_rows(place)
    # when the world wrote a file is the machine's affair
    found["tonglu.ingested_file"] = [re.sub("'mtime_ns': [0-9]+", "", row) for row in found["tonglu.ingested_file"]]
    mailroom = apsw.Connection(str(root / "data/mailroom.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    for (table,) in mailroom.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    ).fetchall():
        found[f"mailroom.{table}"] = sorted(map(repr, mailroom.execute(f"SELECT * FROM {table}")))
    mailroom.close()
    for path in sorted((root / "data/handover").rglob("*")):
        if path.is_file() and path.name != ".lock":
            found[f"handover/{path.relative_to(root / 'data/handover')}"] = [sha256(path.read_bytes()).hexdigest()]
    return found


def die(root: Path, kill: str, trace: Path | None = None, inject: bool = True) -> int:
    """Run the day in a process of its own that a kill awaits; how it ended."""
    from tonglu.settings import read_settings

    kind, _, which = kill.partition(":")
    # The driver counts system calls, so nothing but the run may write: no byte code, one thread.
    settings = {**read_settings().secrets, "PYTHONPATH": str(PROJECT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, __file__, "--child", str(root)]
    if kind == "at":
        settings["TONGLU_FAILPOINT"] = which
    else:
        assert STRACE is not None
        wanted = ["-e", f"inject={kind}:signal=KILL:when={which}"] if inject else []
        calls = ",".join(CALLS) if not inject else kind
        command = [
            STRACE,
            "-f",
            "-qq",
            "-o",
            str(trace or os.devnull),
            "-e",
            f"trace={calls}",
            *wanted,
            *command,
        ]
    return subprocess.run(command, env=settings, capture_output=True, timeout=120, check=False).returncode


def check_disturbed(bank: Bank, folder: Path, kills: list[str]) -> None:
    """The day with kills, then undisturbed to the end; fails with one line that reproduces it."""
    again = f"reproduce: python tests/crash/test_run_kills.py {' '.join(kills)}"
    root = folder / "bank"
    shutil.copytree(bank.base, root)
    for kill in kills:
        code = die(root, kill)
        assert code in {-signal.SIGKILL, 128 + signal.SIGKILL}, f"{kill} did not kill: {code}; {again}"
    found = finish(root)
    assert found.keys() == bank.undisturbed.keys(), again
    for name, rows in bank.undisturbed.items():
        assert found[name] == rows, f"{name} differs; {again}"
    touches = handed_over(root)
    assert touches, again
    assert max(touches.values()) == 1, f"a touch left twice; {again}"
    published = json.loads((root / "data/published/current.json").read_text())
    with duckdb.connect(str(root / "data/published" / published["file"]), read_only=True) as analysts:
        assert analysts.execute("SELECT count(*) FROM runs").fetchone() == (3,), again
    shutil.rmtree(root)


def handed_over(root: Path) -> Counter[str]:
    """How often each touch key stands in complete hand-over files."""
    keys = Counter()
    for manifest in (root / "data/handover").rglob("*.manifest.json"):
        lines = manifest.with_name(manifest.name.replace(".manifest.json", ".csv")).read_text("utf-8").splitlines()[1:]
        keys.update(line.split(",", 1)[0] for line in lines if re.match("[0-9a-f]{32},", line))
    return keys


def calls_by_stage(trace: Path) -> dict[str, list[str]]:
    """Which writing calls each stage makes, as 'call:number', numbered as strace counts them for the main thread."""
    seen: Counter[str] = Counter()
    stages: dict[str, list[str]] = {}
    since_mark: list[str] = []
    lines = trace.read_text(errors="replace").splitlines()
    main = lines[0].split()[0]
    for line in lines:
        thread, _, call = line.partition(" ")
        name = call.strip().partition("(")[0]
        if thread != main or name not in CALLS:
            continue
        seen[name] += 1
        stage = re.search(r'write\(\d+, "stage (\w+)', line)
        if stage:
            stages[stage[1]], since_mark = since_mark, []
        else:
            since_mark.append(f"{name}:{seen[name]}")
    return stages


def spread(kills: list[str], count: int) -> list[str]:
    """Some of them, the first and the last included, evenly between."""
    last = len(kills) - 1
    return [kills[round(last * place / (count - 1))] for place in range(count)]


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Bank:
    folder = tmp_path_factory.mktemp("kills")
    base = make_base(folder)
    root = folder / "undisturbed"
    shutil.copytree(base, root)
    return Bank(base, finish(root))


def test_the_undisturbed_days_have_touches_to_lose(bank):
    touches = bank.undisturbed["tonglu.touch"]
    assert len(touches) > 20
    assert len(bank.undisturbed["mailroom.batch"]) > 2
    assert bank.undisturbed["tonglu.run_step"] == sorted(
        f"{{'run_no': {n}, 'step': {s}}}" for n in (1, 2, 3) for s in ("handed_over", "published")
    )


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_at_a_named_point_ends_as_if_undisturbed(bank, tmp_path, point):
    check_disturbed(bank, tmp_path, [f"at:{point}"])


@pytest.mark.parametrize(("first", "second"), TWICE)
def test_a_run_killed_again_while_it_recovers_ends_as_if_undisturbed(bank, tmp_path, first, second):
    check_disturbed(bank, tmp_path, [f"at:{first}", f"at:{second}"])


@pytest.fixture(scope="module")
def writes(bank, tmp_path_factory) -> dict[str, list[str]]:
    """The writing calls of an undisturbed run and of a recovery, from a dry run of each under strace."""
    folder = tmp_path_factory.mktemp("dry")
    by_stage = {}
    for name in ("run", "recovery"):
        root = folder / name
        shutil.copytree(bank.base, root)
        if name == "recovery":
            assert die(root, "at:committed") == -signal.SIGKILL
        assert die(root, "write:1", folder / f"{name}.trace", inject=False) == 0
        by_stage[name] = calls_by_stage(folder / f"{name}.trace")
    found = {kind: [call for stage in stages for call in by_stage["run"][stage]] for kind, stages in STAGES_OF.items()}
    # A recovery of a committed run plays no stage: whatever it writes is one list.
    found["recovery"] = _all_calls(folder / "recovery.trace")
    return found


def _all_calls(trace: Path) -> list[str]:
    seen: Counter[str] = Counter()
    calls = []
    lines = trace.read_text(errors="replace").splitlines()
    for line in lines:
        thread, _, call = line.partition(" ")
        name = call.strip().partition("(")[0]
        if thread == lines[0].split()[0] and name in CALLS:
            seen[name] += 1
            calls.append(f"{name}:{seen[name]}")
    return calls


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("during", WHILE)
def test_a_run_killed_at_a_write_ends_as_if_undisturbed(bank, writes, tmp_path, during, place):
    kills = spread(writes[during], 5)
    assert len(set(kills)) == 5
    kill = kills[place]
    check_disturbed(bank, tmp_path, ["at:committed", kill] if during == "recovery" else [kill])


def main(kills: list[str]) -> None:
    """One case by hand."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = make_base(folder)
        shutil.copytree(base, folder / "undisturbed")
        check_disturbed(Bank(base, finish(folder / "undisturbed")), folder, kills)
        print("as if undisturbed")


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        play_once(Path(sys.argv[2]))
    else:
        main(sys.argv[1:])
