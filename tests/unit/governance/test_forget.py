"""A customer is forgotten: nothing of the person is left in any file, everything that was counted still is."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import apsw
import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tonglu.app.forget import begin, forget_all
from tonglu.app.inspect import project_of
from tonglu.app.replay import replay
from tonglu.cli.commands import app
from tonglu.core.errors import InputError, Unavailable
from tonglu.mailroom.approvals import Submission
from tonglu.mailroom.audit import Head
from tonglu.mailroom.inbox import InboxItem
from tonglu.mailroom.levers import Lever
from tonglu.mailroom.switches import Action, Scope
from tonglu.mailroom.work_answers import Noted
from tonglu.settings import Settings
from tonglu.testing import TinyBank, at

T, DAY = at("2026-03-02 10:00"), timedelta(days=1)
SECRET = "a-secret-of-the-project"
WHO, NAME, PHONE = 0x1B2C3D4E5F607189, "欧阳慕容试验", "13987654321"
POINTS = (
    "forget_begun",
    "forget_cancelled",
    "forget_files",
    "forget_mailroom",
    "forget_warehouse",
    "forget_copied",
    "forget_swapped",
    "forget_published",
)
JOURNEYS = {
    "greet": {
        "enter": {"event": "begin", "again": "always"},
        "holdout": "20%",
        "goal": {"event": "paid", "within": "1 days"},
        "on_goal": "continue",
        "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}, {"stay": {"wait": "300 days"}}],
    }
}
LIFTS = "SELECT * EXCLUDE (run_no) FROM tonglu.lift WHERE run_no = (SELECT max(run_no) FROM tonglu.run) ORDER BY ALL"
COUNTS = """
    SELECT (SELECT count(*) FROM tonglu.entry), (SELECT count(*) FROM tonglu.touch), (SELECT count(*) FROM tonglu.decision),
        (SELECT count(*) FROM tonglu.conversion), (SELECT count(*) FROM source.receipts), (SELECT count(DISTINCT unit) FROM tonglu.entry)
"""


def settings(failpoint=None):
    return Settings(threads=1, erasure_key=SECRET, failpoint=failpoint)


def lived(root: Path) -> TinyBank:
    """A bank of a few days in which the person was written to, answered and paid."""
    bank = TinyBank(root, journeys=JOURNEYS, attributes={"wealth": "bigint"}, events={"begin": {}, "paid": {}})
    bank.settings = settings()
    bank.customers(*({"customer_id": one, "wealth": one % 7} for one in (WHO, *range(1, 31))))
    bank.land("contacts", [{"customer_id": WHO, "name": NAME}])
    bank.land("addresses", [{"customer_id": WHO, "channel": "sms", "address": PHONE}])
    for one in (WHO, *range(1, 31)):
        bank.event("begin", one, T - timedelta(hours=1))
    bank.run_whole(T)
    bank.deliver(T)
    for one in (WHO, 1, 2, 3):
        bank.event("paid", one, T + timedelta(hours=3))
    for (key,) in bank.rows("SELECT touch_key FROM tonglu.touch WHERE customer_id = $who", who=WHO):
        bank.receipt(key, "delivered", T + timedelta(hours=1))
    bank.event("begin", WHO, T + timedelta(hours=5), event_id=f"begin-{WHO}")  # is used up: they are inside
    bank.run_whole(T + 2 * DAY)
    bank.deliver(T + 2 * DAY)
    bank.place.mailroom.optouts.record(WHO, "app_push", T)
    reports, logs = root / "data/reports", root / "data/server.log"
    reports.mkdir(exist_ok=True)
    (reports / "report.html").write_text(f"<p>customer {WHO}</p>")
    logs.write_text(f"started\nlooked at {WHO}\nsent to {PHONE}\nstopped\n", encoding="utf-8")
    (root / "data/tonglu-dry-killed").mkdir()
    (root / "data/tonglu-dry-killed/copy.part").write_bytes(WHO.to_bytes(8, "little"))
    return bank


def forget_them(bank: TinyBank, failpoint=None):
    bank.close()
    bank.settings = settings(failpoint)
    place = bank.place
    if not place.mailroom.forgets.suppressed():
        begin(place, WHO, by="officer", reason="asked for it", at=T + 3 * DAY)
    done = forget_all(place, T + 3 * DAY)
    bank.close()
    return done


def left_of(root: Path) -> list[str]:
    """Every place in the project's data where the person can still be found: bytes of any file, and values of any table."""
    needles = {"name": NAME.encode(), "phone": PHONE.encode(), "id": str(WHO).encode(), "id in binary": WHO.to_bytes(8, "little")}
    found = []
    for path in sorted(one for one in (root / "data").rglob("*") if one.is_file()):
        data = path.read_bytes()
        found += [f"{path.relative_to(root)}: {what}" for what, needle in needles.items() if needle in data]
        found += [f"{path.relative_to(root)}: {place}" for place in _values(path)]
    return found


def _values(path: Path):
    """What is compressed or encoded in a file, read through its own reader."""
    texts = (NAME, PHONE, str(WHO))
    if path.suffix == ".parquet":
        for row in pq.read_table(path).to_pylist():
            if any(text in str(row) for text in texts):
                yield "a row"
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
            for schema, table in tables:
                for (row,) in connection.execute(f'SELECT t::VARCHAR FROM "{schema}"."{table}" AS t').fetchall():
                    if any(text in row for text in texts):
                        yield f"{schema}.{table}"
    elif path.suffix == ".sqlite":
        connection = apsw.Connection(str(path))
        for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"').fetchall():
                if any(text in str(row) for text in texts):
                    yield table
        connection.close()


@pytest.fixture
def bank(tmp_path):
    with lived(tmp_path / "bank") as made:
        yield made


def test_before_the_person_is_in_many_files_and_afterwards_in_none(bank):
    bank.close()
    before = {line.split(":")[0].split("/")[1] for line in left_of(bank.root)}
    assert before >= {
        "landing",
        "handover",
        "published",
        "reports",
        "server.log",
        "staged",
        "warehouse.duckdb",
        "mailroom.sqlite",
    }
    forget_them(bank)
    assert left_of(bank.root) == []
    assert (bank.root / "data/server.log").read_text() == "started\nstopped\n"


def test_counts_and_lifts_are_as_they_were_and_the_next_run_ends_what_was_open(bank):
    lifts, counts = bank.rows(LIFTS), bank.rows(COUNTS)
    assert lifts
    forget_them(bank)
    assert bank.rows(COUNTS) == counts
    assert bank.rows(LIFTS) == lifts
    bank.run_whole(T + 4 * DAY)
    again = [row[2:] for row in bank.rows(LIFTS)]
    assert again == [row[2:] for row in lifts]
    assert [reason for customer, *_, reason in bank.ended() if customer < 0] == ["ejected"]


def test_the_chain_still_holds_and_says_that_somebody_was_forgotten(bank):
    bank.place.mailroom.audit.append("eject", "from greet", by="ops", at=T, words=f"{NAME} rang", customer_id=WHO)
    head = bank.place.mailroom.audit.head()
    forget_them(bank)
    audit = bank.place.mailroom.audit
    assert audit.verify([Head(head.seq, head.hash, "a file")]) is None
    eject, last = [one for one in audit.acts() if one.what in ("eject", "forget")]
    assert (eject.words, last.by, last.detail["reason"]) == (None, "officer", "asked for it")
    assert eject.subject.split()[1] == last.subject.split()[1]


def say_it_everywhere(bank: TinyBank) -> None:
    """Operators name the person in every free word there is, none of it about them."""
    mailroom, root = bank.place.mailroom, bank.root
    mailroom.throw(Scope.BRANCH, "17", Action.PAUSE, by="ops", reason=f"complaint of {WHO}", at=T)
    mailroom.throw(Scope.BRANCH, "17", Action.RESUME, by="ops", reason="settled", at=T)
    mailroom.levers.note(Lever(Scope.JOURNEY, "greet", Decimal(2), T + 99 * DAY, "ops", f"{NAME} asked for it", T))
    wanted = Submission("journey", "greet", "h", "{}", {}, "wang", f"see {WHO}", None, 1, (), T)
    mailroom.approvals.approve(mailroom.approvals.submit(wanted), "li", T, override=f"{PHONE} rang")
    note = InboxItem("eject", "e", 5, {"journey": "greet", "reason": f"like {WHO}", "by": "ops"}, T)
    mailroom.inbox.post([note])
    mailroom.audit.append("eject", "from greet", by="ops", at=T, words=f"like {WHO}", customer_id=5)
    mailroom.worklist.note(Noted("", "reveal", "li", T, f"calling {NAME}"))
    mailroom.worklist.note(Noted("", "export", "li", T, "5 items to list.csv"))
    bank.run_whole(T + 3 * DAY)
    (root / "list.csv").write_text(f"key,customer\nk,{NAME}\n", encoding="utf-8")
    (root / "other.csv").write_text("key,customer\nk,somebody\n", encoding="utf-8")


def test_words_of_other_acts_that_name_the_person_are_erased_and_the_chain_holds(bank):
    say_it_everywhere(bank)
    head = bank.place.mailroom.audit.head()
    [done] = forget_them(bank)
    assert left_of(bank.root) == []
    audit = bank.place.mailroom.audit
    assert audit.verify([Head(head.seq, head.hash, "a file")]) is None
    assert audit.changed() == []
    assert bank.place.mailroom.approvals.all()[-1].approved
    words = {one.what: one.words for one in audit.acts()}
    assert [one.words for one in audit.acts() if one.what == "switch"] == [None, "settled"]
    assert [words[what] for what in ("lever", "submit", "approve", "eject")] == [None] * 4
    assert bank.place.mailroom.switches.since(0)[0].reason == "complaint of [forgotten]"
    assert bank.rows("SELECT DISTINCT reason FROM tonglu.lever_position") == [("[forgotten] asked for it",)]
    assert [one.detail for one in bank.place.mailroom.worklist.noted()] == ["calling [forgotten]", "5 items to list.csv"]
    assert done.left == ("list.csv",)


def test_words_that_go_without_a_row_that_says_so_are_missed(bank):
    mailroom = bank.place.mailroom
    mailroom.throw(Scope.BRANCH, "17", Action.PAUSE, by="ops", reason="a storm", at=T)
    with mailroom._database.transaction():
        mailroom._database.change("DELETE FROM audit_note", {})
    assert mailroom.audit.verify().what == "words"


def test_an_old_row_that_names_them_and_a_file_of_the_project_are_told(bank):
    bank.place.mailroom.audit.append("lever", "journey greet", by="ops", at=T, detail={"reason": f"for {WHO}"})
    seq = bank.place.mailroom.audit.head().seq
    (bank.root / "notes.txt").write_text(f"call {WHO} again")
    (bank.root / "photo.png").write_bytes(b"\xff\xfe\x00" + bytes(str(WHO), "ascii"))
    [done] = forget_them(bank)
    assert done.left == ("notes.txt", f"row {seq} of the audit log, which cannot be changed")


def test_the_command_ends_with_where_they_are_named_still(bank, monkeypatch):
    (bank.root / "list.csv").write_text(f"key,customer\nk,{NAME}\n", encoding="utf-8")
    bank.close()
    monkeypatch.setenv("TONGLU_ERASURE_KEY", SECRET)
    asked = ["forget", str(WHO), "--reason", "asked for it", "--by", "officer", "--yes", "-C", str(bank.root)]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "still named in: list.csv"


def test_a_file_that_brings_them_again_is_not_taken_in(bank):
    forget_them(bank)
    bank.customers({"customer_id": WHO, "wealth": 3}, {"customer_id": 99, "wealth": 3})
    bank.event("begin", WHO, T + 4 * DAY - timedelta(hours=1))
    summary = bank.run(T + 4 * DAY)
    assert summary["forgotten"] == 1 + 1 + 2 + 6 + 1  # customer, contact, addresses, consents, event
    assert bank.rows("SELECT count(*) FROM source.customers WHERE customer_id IN ($who, 99)", who=WHO) == [(1,)]
    assert [one for one in bank.entered("greet") if one == WHO] == []


def test_without_the_key_nobody_is_forgotten_and_afterwards_no_run_is_made(bank):
    bank.close()
    bank.settings = Settings(threads=1)
    with pytest.raises(InputError, match="TL857"):
        begin(bank.place, WHO, by="officer", reason="asked for it", at=T)
    forget_them(bank)
    bank.settings = replace(settings(), erasure_key="another key, as long as it")
    bank.close()
    with pytest.raises(InputError, match="TL857"):
        bank.run(T + 4 * DAY)


def test_the_reason_names_nobody(bank):
    with pytest.raises(InputError, match="TL858"):
        begin(bank.place, WHO, by="officer", reason=f"{NAME} asked", at=T)


def test_a_number_is_named_only_where_it_stands_by_itself(bank):
    begin(bank.place, 1, by="officer", reason="asked in branch 17", at=T)
    with pytest.raises(InputError, match="TL858"):
        begin(bank.place, 2, by="officer", reason="customer 2 asked", at=T)


def test_a_replay_says_that_the_person_was_erased(bank):
    forget_them(bank)
    told = replay(bank.root, project_of(bank.root), 2, settings())
    assert not told.relations
    assert any("customers" in line and "erased, a customer was forgotten on 2026-03-05" in line for line in told.missing)


def test_hand_over_files_still_match_their_manifests_and_landed_files_are_not_taken_again(bank):
    forget_them(bank)
    from hashlib import sha256

    manifests = sorted((bank.root / "data/handover").rglob("*.manifest.json"))
    assert manifests
    for manifest in manifests:
        said = json.loads(manifest.read_text())
        file = manifest.with_name(f"{said['batch_id']}.csv")
        assert sha256(file.read_bytes()).hexdigest() == said["sha256"]
        with file.open(newline="", encoding="utf-8") as lines:
            assert len(list(csv.DictReader(lines))) == said["rows"]
    assert bank.run(T + 4 * DAY)["files"] == 0


def test_no_run_is_made_while_somebody_is_half_forgotten(bank):
    begin(bank.place, WHO, by="officer", reason="asked for it", at=T)
    with pytest.raises(Unavailable, match="tonglu forget"):
        bank.run(T + 4 * DAY)


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_it_is_finished_by_the_next_call(tmp_path, point):
    root = tmp_path / "bank"
    with lived(root) as bank:
        counts, lifts = bank.rows(COUNTS), bank.rows(LIFTS)
    died = subprocess.run([sys.executable, __file__, str(root), point], check=False, timeout=300, env={**os.environ})
    assert died.returncode == -signal.SIGKILL
    bank.settings = settings()
    with bank:
        assert len(forget_all(bank.place, T + 3 * DAY)) == 1
        bank.close()
        assert left_of(root) == []
        assert bank.rows(COUNTS) == counts
        assert bank.rows(LIFTS) == lifts
        assert bank.place.mailroom.audit.verify() is None
        assert [one.what for one in bank.place.mailroom.audit.acts()].count("forget") == 1
        assert bank.run(T + 4 * DAY)["files"] == 0


if __name__ == "__main__":
    from tonglu.testing import QuietWorkplace

    dying = QuietWorkplace(Path(sys.argv[1]), settings(sys.argv[2]))
    begin(dying, WHO, by="officer", reason="asked for it", at=T + 3 * DAY)
    forget_all(dying, T + 3 * DAY)
