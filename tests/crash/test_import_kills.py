"""Death by SIGKILL while outcomes are imported: all of the file is in, or none; imported again, everything is in once."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import apsw
import pytest
from tests.crash.test_mailroom_kills import DyingDisk, DyingFile, in_child, was_killed
from tests.unit.people.conftest import START, put

from tonglu.app.work_outcomes import import_outcomes
from tonglu.app.worklist import Desk
from tonglu.core.delivery import DeliveryState
from tonglu.core.work import Terms
from tonglu.language.policy import Policy
from tonglu.mailroom.mailroom import Mailroom

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

KEYS = ["key1", "key2", "key3"]
CALL = Terms(False, timedelta(days=2), False, ("answered", "no_answer"))
LATER = START + timedelta(hours=1)


def take_in(root: Path) -> None:
    with Mailroom(root / "mailroom.db") as mailroom:
        desk = Desk(mailroom, {"call": CALL}, Policy(), ZoneInfo("Asia/Shanghai"))
        import_outcomes(desk, root / "outcomes.csv", by="li", at=LATER)


def dying(root: Path, at: int) -> int:
    def work() -> None:
        disk = DyingDisk()
        apsw.set_default_vfs("dying")
        DyingFile.left = at
        take_in(root)
        del disk

    return in_child(work)


def known(root: Path) -> tuple[int, int, int, int]:
    """Items that are settled, attempts, receipts, imports."""
    with Mailroom(root / "mailroom.db") as mailroom:
        assert mailroom.quick_check() == []
        settled = sum(mailroom.outbox.state_of(key) is DeliveryState.DELIVERED for key in KEYS)
        attempts = sum(len(mailroom.worklist.attempts(key)) for key in KEYS)
        imports = [line for line in mailroom.worklist.noted() if line.action == "import"]
        return settled, attempts, len(mailroom.inbox.since(0)), len(imports)


def play(at: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with Mailroom(root / "mailroom.db") as mailroom:
            put(mailroom, KEYS)
        lines = ["key,outcome", *(f"{key},answered" for key in KEYS)]
        (root / "outcomes.csv").write_text("\n".join(lines), encoding="utf-8")
        status = dying(root, at)
        died = was_killed(status)
        assert died or os.waitstatus_to_exitcode(status) == 0
        assert known(root) in ((0, 0, 0, 0), (3, 3, 3, 1)), f"dead at write {at}"
        take_in(root)
        assert known(root) == (3, 3, 3, 1), f"dead at write {at}"
        return died


def test_at_every_write_of_an_import_all_or_nothing_is_in():
    deaths = 0
    while play(deaths + 1):
        deaths += 1
    assert deaths >= 5
