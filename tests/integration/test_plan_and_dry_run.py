"""A dry run changes nothing; a plan says what the definitions change, and a stale one is refused."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256

import pytest
from typer.testing import CliRunner

from tonglu.app.definitions import read_definitions
from tonglu.app.dry import SCRATCH, dry_run
from tonglu.app.plan import make_plan
from tonglu.cli.commands import app
from tonglu.core.errors import InputError
from tonglu.testing import TinyBank, at

T, DAY = at("2026-03-02 10:00"), timedelta(days=1)
NEXT = "2026-03-03T10:00"
RUNNER = CliRunner()


def greeting(wait="1 hour", **more):
    return {
        "enter": {"event": "begin", "again": "always"},
        "steps": [{"rest": {"wait": wait}}, {"hi": {"touch": "hello", "via": ["sms"]}}],
        **more,
    }


@pytest.fixture
def bank(tmp_path):
    with TinyBank(tmp_path, journeys={"greet": greeting(), "other": greeting("2 days")}, policy={"per_run": 9}) as bank:
        bank.customers(1, 2, 3)
        bank.event("begin", 1, T)
        bank.run_whole(T)
        for customer in (2, 3):
            bank.event("begin", customer, T + timedelta(hours=2))
        bank.close()
        yield bank


def bytes_of(folder):
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_says_what_the_run_then_does_and_changes_no_byte(bank):
    bank.deliver(T)  # opens the files once, so that both pictures are of closed ones
    bank.close()
    before = bytes_of(bank.root)
    result = dry_run(bank.root, read_definitions(bank.root), T + DAY)
    assert bytes_of(bank.root) == before
    assert result.touches == {("greet", "sms"): 3}
    assert result.entries == {("greet", "treated"): 2, ("other", "treated"): 2}
    assert result.summary["sent"] == 3
    told = RUNNER.invoke(app, ["run", "--as-of", NEXT, "--dry", "-C", str(bank.root), "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["dry"] is True
    bank.run_whole(T + DAY)
    assert bank.rows("SELECT count(*) FROM tonglu.touch") == [(3,)]


def test_a_plan_is_a_tree_of_changes_with_their_consequences(bank):
    bank.edit(journeys={"greet": greeting("3 days", migrate={"rest": "rest"}), "fresh": greeting()})
    bank.close()
    made = make_plan(bank.root, read_definitions(bank.root), T + DAY)
    assert [(one.sign, one.kind, one.name) for one in made.changes] == [("+", "journey", "fresh"), ("~", "journey", "greet")]
    assert made.changes[1].details == ('migrate: nothing -> {"rest": "rest"}', "~ step rest: wait: 1 hour -> 3 days")
    assert str(made.consequences["greet"]) == "1 open: 1 moved, 0 held on their version, 0 dropped"
    assert (made.before.touches, made.after.touches) == ({("greet", "sms"): 3}, {("fresh", "sms"): 2})
    assert made.after.migrated == {"greet": (1, 0, 0)}


def test_without_an_instant_a_plan_is_for_the_next_run_at_of_the_bank(bank):
    path = bank.root / "tonglu.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "run_at": "08:00"}), encoding="utf-8")
    told = RUNNER.invoke(app, ["plan", "--quick", "-C", str(bank.root)])
    assert told.exit_code == 0, told.output
    assert "Next: tonglu run --as-of 2026-03-03T08:00" in told.stderr


def test_without_changes_there_is_nothing_to_show(bank):
    made = make_plan(bank.root, read_definitions(bank.root), T + DAY)
    assert made.changes == ()
    assert made.before.touches == made.after.touches


def test_segments_policy_and_messages_count_as_changes(bank):
    bank.edit(policy={"per_run": 1}, messages={"hello": {"text": {"sms": {"body": "other words"}, "app_push": {"body": "x"}}}})
    bank.close()
    made = make_plan(bank.root, read_definitions(bank.root), T + DAY, play=False)
    assert [(one.sign, one.kind, one.name, one.details) for one in made.changes] == [
        ("~", "journey", "greet", ("~ message hello",)),
        ("~", "journey", "other", ("~ message hello",)),
        ("~", "policy", "bank", ("per_run: 9 -> 1",)),
    ]


def test_a_saved_plan_lets_the_run_through_until_it_is_stale(bank, tmp_path):
    bank.edit(journeys={"greet": greeting("3 hours")})
    bank.close()
    saved = tmp_path / "plan.json"
    where = ["-C", str(bank.root)]
    told = RUNNER.invoke(app, ["plan", "--as-of", NEXT, "--out", str(saved), *where])
    assert told.exit_code == 0, told.output
    assert "~ journey greet" in told.stdout
    assert "touches: 3 -> 3" in told.stdout
    assert "cost: 0.00 -> 0.00 yuan" in told.stdout
    bank.edit(journeys={"greet": greeting("4 hours")})
    bank.close()
    stale = RUNNER.invoke(app, ["run", "--as-of", NEXT, "--plan", str(saved), *where])
    assert stale.exit_code == 2
    assert "error[TL903]: the plan is stale: the definitions have changed since" in stale.stderr
    no_plan = RUNNER.invoke(app, ["run", "--as-of", NEXT, "--plan", str(bank.root / "tonglu.yaml"), *where])
    assert no_plan.exit_code == 2


def test_a_plan_needs_a_run_to_compare_with(tmp_path):
    with TinyBank(tmp_path, journeys={"greet": greeting()}) as bank:
        bank.close()
        told = RUNNER.invoke(app, ["plan", "--as-of", NEXT, "-C", str(tmp_path)])
    assert told.exit_code == 2
    assert "there was no run yet" in told.stderr


def test_copies_of_commands_that_were_killed_are_removed_and_those_of_living_ones_stay(bank):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, living, foreign = (
        bank.root / "data" / name for name in (f"{SCRATCH}{ended.pid}-x", f"{SCRATCH}{os.getpid()}-y", "tonglu-dry-elsewhere-1-z")
    )
    for folder in (dead, living, foreign):
        folder.mkdir()
        (folder / "warehouse.duckdb").write_text("personal")
    dry_run(bank.root, read_definitions(bank.root), T + DAY)
    assert [folder.exists() for folder in (dead, living, foreign)] == [False, True, True]


def test_sql_that_fails_on_the_data_is_a_finding_that_tells_no_value(tmp_path):
    select = "SELECT c.customer_id FROM customers AS c WHERE CAST(c.level AS INTEGER) > 3"
    with TinyBank(tmp_path, journeys={"greet": greeting()}, segments={"high": select}, attributes={"level": "text"}) as bank:
        bank.customers(1)
        bank.run_whole(T)
        bank.land("customers", [{"customer_id": 1, "level": "王小明"}])
        with pytest.raises(InputError) as problem:
            bank.run(T + DAY)
        assert bank.rows("SELECT max(run_no) FROM tonglu.run") == [(1,)]
    [finding] = problem.value.findings
    assert (finding.code, finding.place.path) == ("TL524", "segments/high.sql")
    assert (
        finding.message
        == "the SQL fails on the data: Conversion Error: Could not convert string … to INT32 when casting from source column level"
    )
