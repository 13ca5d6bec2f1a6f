"""The audit log names the first row that somebody changed, removed, reordered or cut off."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

import apsw
import pytest
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.core.errors import TongluError
from tonglu.mailroom.audit import Head, _chained
from tonglu.mailroom.levers import Lever
from tonglu.mailroom.mailroom import Mailroom
from tonglu.mailroom.switches import Action, Scope
from tonglu.testing import at

T = datetime(2026, 3, 2, 2)
ROWS = 6


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "mailroom.sqlite"
    with Mailroom(target) as mailroom:
        for number in range(1, ROWS + 1):
            mailroom.audit.append("act", f"thing {number}", by="li", at=T, detail={"n": number}, words=f"why {number}")
    return target


def tamper(path, *statements):
    """What somebody with the file and an editor can do."""
    connection = apsw.Connection(str(path))
    for statement in ("DROP TRIGGER audit_stays", "DROP TRIGGER audit_is_kept", *statements):
        connection.execute(statement)
    connection.close()


def broken(path, *heads):
    with Mailroom(path) as mailroom:
        found = mailroom.audit.verify(heads)
    return (found.seq, found.what) if found else None


def head(path):
    with Mailroom(path) as mailroom:
        return mailroom.audit.head()


def test_an_untouched_log_holds_also_against_a_head_kept_elsewhere(path):
    assert broken(path) is None
    assert broken(path, head(path)) is None


@pytest.mark.parametrize("column", ["what", "subject", "by", "detail", "at", "note"])
def test_a_row_changed_by_hand_is_named(path, column):
    tamper(path, f"UPDATE audit SET {column} = 'x' WHERE seq = 3")
    assert broken(path) == (3, "content")


def test_words_changed_or_removed_by_hand_are_named(path):
    tamper(path, "UPDATE audit_note SET words = 'another reason' WHERE seq = 4")
    assert broken(path) == (4, "words")
    tamper_again = apsw.Connection(str(path))
    tamper_again.execute("DELETE FROM audit_note WHERE seq = 2")
    tamper_again.close()
    assert broken(path) == (2, "words")


def test_a_row_removed_is_named(path):
    tamper(path, "DELETE FROM audit WHERE seq = 3")
    assert broken(path) == (3, "missing")


def test_rows_in_another_order_are_named(path):
    tamper(
        path,
        "UPDATE audit SET seq = 99 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 99",
    )
    assert broken(path) == (3, "link")


def test_a_tail_cut_off_is_seen_against_the_head_that_was_kept_elsewhere(path):
    kept = head(path)
    tamper(path, "DELETE FROM audit WHERE seq > 4", "DELETE FROM audit_note WHERE seq > 4")
    assert broken(path) is None
    assert broken(path, kept) == (5, "missing")


def test_a_chain_written_anew_is_seen_against_the_head(path):
    kept = head(path)
    connection = apsw.Connection(str(path))
    connection.execute("DROP TRIGGER audit_stays")
    connection.execute("UPDATE audit SET by = 'wu' WHERE seq = 2")
    previous = connection.execute("SELECT hash FROM audit WHERE seq = 1").fetchall()[0][0]
    names = ("seq", "at", "what", "subject", "by", "detail", "note")
    for row in connection.execute(
        "SELECT seq, at, what, subject, by, detail, note FROM audit WHERE seq > 1 ORDER BY seq"
    ).fetchall():
        digest = _chained(previous, dict(zip(names, row, strict=True)))
        connection.execute("UPDATE audit SET previous = ?, hash = ? WHERE seq = ?", (previous, digest, row[0]))
        previous = digest
    connection.close()
    assert broken(path) is None
    assert broken(path, kept) == (ROWS, "head")


def test_rows_cannot_be_changed_or_removed_by_accident(path):
    with Mailroom(path) as mailroom:
        for statement in ("UPDATE audit SET by = 'x'", "DELETE FROM audit"):
            with mailroom._database.transaction(), pytest.raises(TongluError):
                mailroom._database.change(statement, {})


def test_switches_ejections_and_runs_are_in_it_and_every_run_keeps_the_head(tiny):
    bank = tiny(journeys={"greet": {"enter": {"event": "begin"}, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}]}})
    bank.customers(1)
    bank.throw("pause", T)
    bank.run_whole(at("2026-03-02 10:00"))
    bank.place.mailroom.throw(Scope.ALL, "", Action.RESUME, by="ops", reason="looked at", at=T)
    bank.run_whole(at("2026-03-03 10:00"))
    bank.run_whole(at("2026-03-03 10:00"))
    acts = bank.place.mailroom.audit.acts()
    assert [(one.what, one.subject) for one in acts] == [
        ("switch", "all"), ("policy", "run 1"), ("run", "run 1"), ("switch", "all"), ("run", "run 2"),
    ]  # fmt: skip
    held = [Head(seq, digest, f"run {run}") for run, seq, digest in bank.rows("SELECT * FROM tonglu.audit_head ORDER BY run_no")]
    assert [one.seq for one in held] == [1, 3, 4, 5]  # before each run, and with the act of the run
    assert bank.place.mailroom.audit.verify(held) is None


def test_a_kill_between_the_commit_and_the_hand_over_still_writes_the_run_once(tiny):
    bank = tiny(journeys={"greet": {"enter": {"event": "begin"}, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}]}})
    bank.customers(1)
    loop = bank.open(at("2026-03-02 10:00"))
    for name, stage in loop.stages:
        if name not in ("deliver", "publish"):
            stage()
    bank.close()
    bank.run(at("2026-03-02 10:00") + timedelta(days=1))
    assert [one.subject for one in bank.place.mailroom.audit.acts() if one.what == "run"] == ["run 1", "run 2"]


def test_the_command_names_the_row_and_exits_with_1(tiny):
    bank = tiny(journeys={"greet": {"enter": {"event": "begin"}, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}]}})
    bank.throw("pause", T), bank.throw("resume", T)
    bank.close()
    runner, where = CliRunner(), ["-C", str(bank.root)]
    out = bank.root / "head.json"
    assert runner.invoke(app, ["audit", "export", "--head", "--out", str(out), *where]).exit_code == 0
    assert json.loads(out.read_text())["seq"] == 2
    assert runner.invoke(app, ["audit", "verify", "--head", str(out), *where]).exit_code == 0
    tamper(bank.root / "data/mailroom.sqlite", "UPDATE audit SET by = 'nobody' WHERE seq = 1")
    result = runner.invoke(app, ["audit", "verify", *where])
    assert result.exit_code == 1
    assert "broken at row 1 (content)" in result.output


def test_a_lever_is_in_it_with_its_reason(path):
    with Mailroom(path) as mailroom:
        mailroom.levers.note(Lever(Scope.JOURNEY, "greet", Decimal("1.5"), T + timedelta(days=1), "li", "year end", T))
        act = mailroom.audit.acts()[-1]
    assert (act.what, act.subject, act.by) == ("lever", "journey greet", "li")
    assert act.words == "year end"
