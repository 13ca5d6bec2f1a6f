"""Death by SIGKILL in the middle of delivering, at every write of the mailroom and at every documented window.

One case again: `python tests/crash/test_mailroom_kills.py KIND FIRST SECOND` (KIND is plain, keyed or file; FIRST and SECOND are
the write call at which the delivering and then the recovering process dies, 0 for neither).
"""

import csv
import json
import os
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import apsw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tonglu.channels.file import FileChannel
from tonglu.core.delivery import BatchRow, Delivered, DeliveryState, OutboundMessage, OutboxRow, Text
from tonglu.mailroom.deliverer import deliver_due
from tonglu.mailroom.mailroom import Mailroom
from tonglu.mailroom.outbox import Clearance, Lease, Outbox

# Python 3.12 warns of forking beside threads; the children use none of the parent's
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

NOW = datetime(2026, 11, 23, 2)
LATER = NOW + timedelta(hours=1)
LAST = NOW + timedelta(hours=2)
KEYS = ["k1", "k2", "k3"]
BATCH = "000001-sms-20261123T0200"


class PlainTexts:
    """Texts without templates."""

    def text(self, message, version, arm, channel, variables):
        return Text("", f"{message} {variables.get('surname', '')}")


class Ledger:
    """A receiver in another house: what it took is on its own disk, whatever becomes of us."""

    kind = "ledger"

    def __init__(self, path: Path, deduplicates: bool) -> None:
        self.path = path
        self.deduplicates = deduplicates

    def send(self, message: OutboundMessage) -> Delivered:
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, f"{message.touch_key}\n".encode())
        os.close(handle)
        return Delivered()

    def taken(self) -> Counter[str]:
        return Counter(self.path.read_text().split() if self.path.exists() else [])


class DyingFile(apsw.VFSFile):
    """Dies before the n-th write or sync of a database file."""

    left = 0

    def xWrite(self, data, offset):
        self._count()
        return super().xWrite(data, offset)

    def xSync(self, flags):
        self._count()
        return super().xSync(flags)

    @staticmethod
    def _count() -> None:
        if DyingFile.left:
            DyingFile.left -= 1
            if DyingFile.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class DyingDisk(apsw.VFS):
    """A disk of dying files."""

    def __init__(self) -> None:
        super().__init__("dying", "unix")

    def xOpen(self, name, flags):
        return DyingFile("unix", name, flags)


def start(work: Callable[[], None]) -> int:
    """Start work in a forked process; its number. One that hangs is ended by an alarm, which no test takes for a kill."""
    child = os.fork()
    if child == 0:
        code = 1
        signal.alarm(60)
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def in_child(work: Callable[[], None]) -> int:
    """Run work in a forked process; its wait status."""
    return os.waitpid(start(work), 0)[1]


def was_killed(status: int) -> bool:
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def channels_of(root: Path, kind: str):
    if kind == "file":
        return {"sms": FileChannel(root / "handover", PlainTexts())}
    return {"sms": Ledger(root / "ledger", kind == "keyed")}


def deliver(root: Path, kind: str, now: datetime):
    with Mailroom(root / "mailroom.db") as mailroom:
        return deliver_due(mailroom, channels_of(root, kind), now, "d", texts=PlainTexts(), staged_root=root)


def dying_deliver(root: Path, kind: str, now: datetime, at: int) -> int:
    def work() -> None:
        disk = DyingDisk()
        apsw.set_default_vfs("dying")
        DyingFile.left = at
        if kind == "file":
            count_files_too()
        deliver(root, kind, now)
        del disk

    return in_child(work)


def count_files_too() -> None:
    """In a child: also die at the n-th fsync or rename of a hand-over file."""
    for owner, name in ((os, "fsync"), (Path, "rename")):
        real = getattr(owner, name)

        def dying(*arguments, real=real):
            DyingFile._count()
            return real(*arguments)

        setattr(owner, name, dying)


def prepare(root: Path, kind: str) -> None:
    with Mailroom(root / "mailroom.db") as mailroom:
        if kind == "file":
            mailroom.batches.hand_over([staged(root)])
            return
        mailroom.outbox.hand_over(
            OutboxRow(key, 1, "sms", "j", number, NOW, NOW + timedelta(days=1), "hello", address=f"1380000{number:04d}")
            for number, key in enumerate(KEYS)
        )


def staged(root: Path) -> BatchRow:
    table = pa.table(
        {
            "touch_key": KEYS,
            "customer_id": pa.array([1, 2, 3], pa.int64()),
            "journey": ["j"] * 3,
            "version": [""] * 3,
            "address": ["13800000001", "13800000002", "13800000003"],
            "message": ["hello"] * 3,
            "arm": [""] * 3,
            "variables": ['{"surname": "王"}'] * 3,
            "not_before": pa.array([NOW] * 3, pa.timestamp("us")),
            "expires_at": pa.array([NOW + timedelta(days=1)] * 3, pa.timestamp("us")),
            "heeds_opt_out": [True] * 3,
        }
    )
    pq.write_table(table, root / "staged.parquet")
    digest = sha256((root / "staged.parquet").read_bytes()).hexdigest()
    return BatchRow(BATCH, 1, "sms", NOW, NOW + timedelta(days=1), NOW, "staged.parquet", 3, digest)


def assert_true_to_the_receiver(root: Path, kind: str, words: str) -> None:
    with Mailroom(root / "mailroom.db") as mailroom:
        assert mailroom.quick_check() == [], words
        if kind == "file":
            assert mailroom.outbox.state_of(BATCH) is DeliveryState.ACCEPTED, words
            manifest = json.loads((root / "handover/sms" / f"{BATCH}.manifest.json").read_text())
            data = (root / "handover/sms" / f"{BATCH}.csv").read_bytes()
            assert manifest["sha256"] == sha256(data).hexdigest(), words
            assert [line["touch_key"] for line in csv.DictReader(data.decode().splitlines())] == KEYS, words
            assert [line.state for line in mailroom.log.since(0)].count(DeliveryState.ACCEPTED) == 1, words
            return
        taken = channels_of(root, kind)["sms"].taken()
        for key in KEYS:
            state = mailroom.outbox.state_of(key)
            lines = [line.state for line in mailroom.log.since(0) if line.touch_key == key]
            assert len([line for line in lines if line is not DeliveryState.WAITING]) == 1, words
            if kind == "keyed":
                assert state is DeliveryState.DELIVERED, words
                assert taken[key] >= 1, words
            else:
                assert taken[key] == 1 if state is DeliveryState.DELIVERED else state is DeliveryState.UNKNOWN, words
                assert taken[key] <= 1, words


def play(kind: str, first: int, second: int) -> tuple[bool, bool]:
    """One case in a fresh folder; whether the first and the second process died."""
    words = f"again: python tests/crash/test_mailroom_kills.py {kind} {first} {second}"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        prepare(root, kind)
        status = dying_deliver(root, kind, NOW, first)
        assert was_killed(status) or status == 0, words
        again = dying_deliver(root, kind, LATER, second) if second else 0
        assert was_killed(again) or again == 0, words
        deliver(root, kind, LAST)
        assert_true_to_the_receiver(root, kind, words)
        return was_killed(status), was_killed(again)


@pytest.mark.parametrize("kind", ["plain", "keyed", "file"])
def test_death_at_any_write_loses_nothing_and_repeats_nothing(kind):
    first = 0
    died = True
    while died:
        first += 1
        died, _ = play(kind, first, 0)
    assert first > 10


@pytest.mark.parametrize("kind", ["plain", "keyed", "file"])
def test_death_during_the_recovery_loses_nothing_and_repeats_nothing(kind):
    deaths = [play(kind, first, second) for first in (5, 9, 14) for second in (1, 2, 4, 6, 8)]
    assert all(first for first, _ in deaths)
    assert sum(second for _, second in deaths) >= 10


def killed_at(root: Path, window: str) -> None:
    """Deliver in a child that dies in one documented window of the first touch."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def after_mark(outbox: Outbox, lease: Lease, now: datetime, begin=Outbox.begin) -> Clearance:
        begin(outbox, lease, now)
        die()
        return Clearance.GO

    def work() -> None:
        if window == "before the mark":
            Outbox.begin = die
        elif window == "after the mark, before sending":
            Outbox.begin = after_mark
        else:
            Outbox.settle = die
        deliver(root, "plain", NOW)

    assert was_killed(in_child(work))


@pytest.mark.parametrize(
    ("window", "taken", "state"),
    [
        ("before the mark", 1, DeliveryState.DELIVERED),
        ("after the mark, before sending", 0, DeliveryState.UNKNOWN),
        ("after sending, before the result", 1, DeliveryState.UNKNOWN),
    ],
)
def test_a_touch_is_sent_after_a_death_only_if_it_certainly_had_not_left(tmp_path, window, taken, state):
    prepare(tmp_path, "plain")
    killed_at(tmp_path, window)
    deliver(tmp_path, "plain", LATER)
    deliver(tmp_path, "plain", LAST)
    with Mailroom(tmp_path / "mailroom.db") as mailroom:
        assert mailroom.outbox.state_of("k1") is state
    assert channels_of(tmp_path, "plain")["sms"].taken()["k1"] == taken
    assert channels_of(tmp_path, "plain")["sms"].taken()["k3"] == 1


def test_while_a_dead_deliverers_lease_runs_nobody_touches_its_rows(tmp_path):
    prepare(tmp_path, "plain")
    killed_at(tmp_path, "before the mark")
    summary = deliver(tmp_path, "plain", NOW + timedelta(minutes=9))
    assert summary.states == {}
    assert not (tmp_path / "ledger").exists()


class Sleeper(Ledger):
    """A receiver during whose answer the deliverer is stopped."""

    def send(self, message: OutboundMessage) -> Delivered:
        result = super().send(message)
        if message.touch_key == "k1":
            os.kill(os.getpid(), signal.SIGSTOP)
        return result


def test_a_deliverer_that_slept_past_its_lease_writes_nothing_any_more(tmp_path):
    prepare(tmp_path, "plain")

    def sleep_through_the_lease() -> None:
        with Mailroom(tmp_path / "mailroom.db") as mailroom:
            channels = {"sms": Sleeper(tmp_path / "ledger", False)}
            summary = deliver_due(mailroom, channels, NOW, "zombie", texts=PlainTexts(), staged_root=tmp_path)
        assert summary.lost == 3
        assert not summary.states

    child = start(sleep_through_the_lease)
    assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])
    deliver(tmp_path, "plain", LATER)
    os.kill(child, signal.SIGCONT)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with Mailroom(tmp_path / "mailroom.db") as mailroom:
        assert [mailroom.outbox.state_of(key) for key in KEYS] == [
            DeliveryState.UNKNOWN,
            DeliveryState.DELIVERED,
            DeliveryState.DELIVERED,
        ]
    assert channels_of(tmp_path, "plain")["sms"].taken() == Counter(KEYS)


def test_processes_that_lease_at_once_never_both_get_a_row(tmp_path):
    with Mailroom(tmp_path / "mailroom.db") as mailroom:
        mailroom.outbox.hand_over(OutboxRow(f"k{number:03d}", 1, "sms", "j", number, NOW, LAST, "hello") for number in range(300))
    children = [start_leasing(tmp_path, name) for name in "abcd"]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    got = [set((tmp_path / name).read_text().split()) for name in "abcd"]
    assert sum(map(len, got)) == 300
    assert len(set().union(*got)) == 300


def start_leasing(root: Path, name: str) -> int:
    def lease_all() -> None:
        with Mailroom(root / "mailroom.db") as mailroom:
            keys: list[str] = []
            while leases := mailroom.outbox.lease("touch", "sms", NOW, owner=name, until=LATER, limit=3):
                keys += [lease.key for lease in leases]
        (root / name).write_text("\n".join(keys))

    return start(lease_all)


def test_processes_that_open_a_new_mailroom_at_once_make_one(tmp_path):
    def work() -> None:
        with Mailroom(tmp_path / "mailroom.db") as mailroom:
            mailroom.outbox.hand_over([OutboxRow("k", 1, "sms", "j", 1, NOW, LAST, "hello")])

    children = [start(work) for _ in range(4)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    with Mailroom(tmp_path / "mailroom.db") as mailroom:
        assert sum(mailroom.outbox.counts().values()) == 1


if __name__ == "__main__":
    play(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
