"""One row changed by hand in either database: `tonglu audit verify` names it, and an approval made so lets nobody in."""

import json
from datetime import timedelta
from decimal import Decimal

import apsw
import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from tonglu.app.acts import verify
from tonglu.app.approve import approve, submit, unapproved
from tonglu.app.definitions import read_definitions
from tonglu.app.forget import begin, forget_all
from tonglu.app.inspect import project_of
from tonglu.app.operate import opt_out
from tonglu.app.retain import retain
from tonglu.cli.commands import app
from tonglu.core.errors import InputError
from tonglu.mailroom.levers import Lever
from tonglu.mailroom.optouts import OptOut
from tonglu.mailroom.switches import Scope
from tonglu.testing import at

T, DAY = at("2026-03-02 10:00"), timedelta(days=1)
GREET = {"enter": {"event": "ordered"}, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}, {"rest": {"wait": "9 days"}}]}
FOUR_EYES = {"per_run": 100, "approval": {"required": True}}


@pytest.fixture
def bank(tiny):
    made = tiny(journeys={"greet": GREET})
    made.customers(*range(1, 8))
    made.events([("ordered", number, T) for number in range(1, 8)])
    made.run_whole(T)
    with_words(made)
    made.events([("ordered", number, T + DAY) for number in range(1, 8)])
    made.run_whole(T + DAY)
    made.close()
    return made


def with_words(bank):
    mailroom = bank.place.mailroom
    opt_out(bank.root, project_of(bank.root), 5, "sms", out=True, at=T)
    mailroom.optouts.told([OptOut(6, "sms", True, T), OptOut(7, "*", True, T)])
    bank.throw("pause", T, scope="journey", name="greet"), bank.throw("resume", T, scope="journey", name="greet")
    mailroom.levers.note(Lever(Scope.JOURNEY, "greet", Decimal("1.5"), T + DAY, "li", "year end", T))


def changed(bank):
    bank.close()
    found = verify(bank.root, project_of(bank.root), [])
    return [(one.table, one.key, one.what) for one in found.changed]


def by_hand(bank, *statements):
    """With an editor for SQLite; nobody asks it for foreign keys."""
    connection = apsw.Connection(str(bank.root / "data/mailroom.sqlite"))
    for statement in statements:
        connection.execute(statement)
    connection.close()


def in_warehouse(bank, statement):
    bank.close()
    with duckdb.connect(str(bank.root / "data/warehouse.duckdb")) as connection:
        connection.execute(statement)


def test_what_nobody_touched_holds(bank):
    found = verify(bank.root, project_of(bank.root), [])
    assert (found.holds, found.changed) == (True, ())
    assert found.heads > 4


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM optout WHERE customer_id = 5", ("mailroom optout", "1", "deleted")),
        ("DELETE FROM optout WHERE customer_id = 7", ("mailroom optout", "3", "deleted")),
        ("UPDATE optout SET action = 'in' WHERE customer_id = 6", ("mailroom optout", "2", "changed")),
        ("UPDATE optout SET customer_id = 60 WHERE customer_id = 6", ("mailroom optout", "2", "changed")),
        ("INSERT INTO optout (customer_id, channel, action, at) VALUES (5, 'sms', 'in', '2026-04-01')", ("mailroom optout", "4", "added")),
        ("UPDATE switch SET action = 'pause' WHERE seq = 2", ("mailroom switch", "2", "changed")),
        ("DELETE FROM switch WHERE seq = 1", ("mailroom switch", "1", "deleted")),
        ("UPDATE lever SET factor = '9'", ("mailroom lever", "1", "changed")),
    ],
)  # fmt: skip
def test_a_row_of_the_mailroom_is_named(bank, statement, named):
    by_hand(bank, statement)
    assert changed(bank) == [named]


def test_a_word_deleted_with_its_key_is_named_all_the_same(bank):
    by_hand(bank, "DELETE FROM optout WHERE customer_id = 5", "DELETE FROM pseudonym_key WHERE customer_id = 5")
    assert changed(bank) == [("mailroom optout", "1", "deleted")]


@pytest.mark.parametrize(
    ("statement", "table", "what"),
    [
        ("UPDATE tonglu.decision SET reason = 'x' WHERE run_no = 1 AND customer_id = 3", "decision", "changed"),
        ("UPDATE tonglu.decision SET customer_id = 4 WHERE run_no = 1 AND customer_id = 3", "decision", "changed"),
        ("DELETE FROM tonglu.decision WHERE run_no = 1 AND customer_id = 3", "decision", "deleted"),
        ("INSERT INTO tonglu.decision SELECT * FROM tonglu.decision WHERE run_no = 1 AND customer_id = 3", "decision", "added"),
        ("UPDATE tonglu.touch SET not_before = not_before - INTERVAL 1 HOUR WHERE customer_id = 3", "touch", "changed"),
        ("DELETE FROM tonglu.touch WHERE customer_id = 3", "touch", "deleted"),
        ("UPDATE tonglu.entry SET assignment = 'holdout' WHERE customer_id = 3", "entry", "changed"),
    ],
)
def test_a_row_of_a_past_run_is_named(bank, statement, table, what):
    [(entry,)] = bank.rows("SELECT entry_id FROM tonglu.entry WHERE customer_id = 3")
    in_warehouse(bank, statement)
    assert changed(bank) == [(f"warehouse tonglu.{table}", f"run 1, entry {entry}", what)]


def test_a_run_taken_out_or_given_another_instant_is_named(bank):
    in_warehouse(bank, "UPDATE tonglu.run SET definitions = 'others' WHERE run_no = 2")
    assert changed(bank) == [("warehouse tonglu.run", "run 2", "changed")]
    in_warehouse(bank, "DELETE FROM tonglu.run WHERE run_no = 2")
    assert changed(bank) == [("warehouse tonglu.run", "run 2", "deleted")]


def test_in_a_large_run_the_row_is_named_to_a_few_entries(tiny):
    bank = tiny(journeys={"greet": GREET})
    bank.customers(*range(1, 401))
    bank.events([("ordered", number, T) for number in range(1, 401)])
    bank.run_whole(T)
    in_warehouse(bank, "UPDATE tonglu.decision SET detail = 'x' WHERE customer_id = 200")
    [(table, key, what)] = changed(bank)
    assert (table, what) == ("warehouse tonglu.decision", "changed")
    assert key.startswith("run 1, one of entries ")
    first, _, last = key.rsplit(" ", 3)[1:]
    assert int(last) - int(first) < 4


def test_the_newest_row_of_the_log_cannot_be_cut_off_unseen(bank):
    by_hand(bank, "DROP TRIGGER audit_is_kept", "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    found = verify(bank.root, project_of(bank.root), [])
    assert found.broken.what == "missing"
    bank.throw("pause", T)  # another act takes the number, and the head that was kept stays
    bank.close()
    assert verify(bank.root, project_of(bank.root), []).broken.what == "head"


def test_the_act_of_a_command_cannot_be_cut_off_unseen_nor_the_file_that_holds_it(bank):
    bank.throw("kill", T + DAY, scope="journey", name="greet")
    bank.close()
    by_hand(bank, "DROP TRIGGER audit_is_kept", "DELETE FROM audit WHERE what = 'switch' AND seq = (SELECT max(seq) FROM audit)",
            "DELETE FROM switch WHERE action = 'kill'")  # fmt: skip
    assert verify(bank.root, project_of(bank.root), []).broken.message.endswith("mailroom.head holds the head of row 9")
    (bank.root / "data/mailroom.head").unlink()
    assert changed(bank) == [("mailroom.head", "head", "deleted")]


def test_forgetting_and_retention_leave_everything_whole(bank, monkeypatch):
    monkeypatch.setenv("TONGLU_ERASURE_KEY", "a key of sixteen or more")
    bank.edit(policy={"per_run": 100, "retention": {"receipts": "3 years", "judged": "400 days", "send_log": "3 years"}})
    object.__setattr__(bank.settings, "erasure_key", "a key of sixteen or more")
    for customer in (3, 5):
        begin(bank.place, customer, by="li", reason="asked for it", at=T + 2 * DAY)
        forget_all(bank.place, T + 2 * DAY)
    retain(bank.place, T + 4000 * DAY, by="li", dry=False)
    assert bank.rows("SELECT count(*) FROM tonglu.touch WHERE customer_id < 0") == [(2,)]
    assert changed(bank) == []


def test_the_command_names_them_and_exits_with_1(bank):
    by_hand(bank, "DELETE FROM optout WHERE customer_id = 5")
    result = CliRunner().invoke(app, ["audit", "verify", "-C", str(bank.root)])
    assert result.exit_code == 1
    assert "deleted: mailroom optout, 1: row " in result.output
    told = json.loads(CliRunner().invoke(app, ["audit", "verify", "--json", "-C", str(bank.root)]).output)
    assert [one["table"] for one in told["changed"]] == ["mailroom optout"]


@pytest.fixture
def governed(tiny):
    made = tiny(journeys={"greet": GREET}, policy=FOUR_EYES)
    made.customers(*range(1, 8))
    made.events([("ordered", number, T) for number in range(1, 8)])
    put_forward(made, "policy")
    agree(made, "policy")
    put_forward(made)
    return made


def put_forward(bank, name="greet", by="li", when=T):
    return submit(bank.root, read_definitions(bank.root), name, by=by, note="", at=when)


def agree(bank, name="greet", by="zhao", when=T):
    return approve(bank.root, read_definitions(bank.root), name, by=by, at=when)


FORGED = "INSERT INTO approval (submission, by, at) VALUES (2, 'zhao', '2026-03-02T02:00:00.000000')"


def test_an_approval_made_by_hand_lets_nobody_in_and_is_named(governed):
    by_hand(governed, FORGED)
    assert governed.run_whole(T)["entered"] == 0
    assert changed(governed) == [("mailroom approval", "2", "added")]


def test_an_act_written_beside_it_that_is_no_link_of_the_chain_does_not_help(governed):
    act = """INSERT INTO audit SELECT seq + 1, at, what, 'journey greet', by, replace(replace(detail, '["approval",1', '["approval",2'), 'x', 'x'),
        note, hash, 'made up' FROM audit WHERE what = 'approve'"""
    by_hand(governed, FORGED, act.replace("seq + 1", "(SELECT max(seq) FROM audit) + 1"))
    assert governed.run_whole(T)["entered"] == 0


def test_a_text_exchanged_after_it_was_approved_is_not_used(governed):
    agree(governed)
    by_hand(governed, "UPDATE submission SET content = replace(content, '9 days', '8 days') WHERE seq = 2")
    assert governed.run_whole(T)["entered"] == 0
    assert changed(governed) == [("mailroom submission", "2", "changed")]


def test_the_same_approved_by_somebody_enters_them(governed):
    agree(governed)
    assert governed.run_whole(T)["entered"] == 7
    assert changed(governed) == []


def with_people(bank, people):
    path = bank.root / "tonglu.yaml"
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**written, "people": people}), encoding="utf-8")


def test_nobody_adds_a_second_pair_of_eyes_alone(governed):
    old = {"li": ["marketing"], "zhao": ["compliance"]}
    with_people(governed, old)
    put_forward(governed, "policy"), agree(governed, "policy")
    with_people(governed, {**old, "ghost": ["compliance"]})
    assert unapproved(governed.root, read_definitions(governed.root))[0].startswith("the people of tonglu.yaml are not those")
    with pytest.raises(InputError, match="nobody adds a second pair of eyes alone"):
        agree(governed, by="ghost")
    put_forward(governed, "policy")
    with pytest.raises(InputError, match="nobody adds a second pair of eyes alone"):
        agree(governed, "policy", by="ghost")
    agree(governed, "policy", by="zhao")
    assert agree(governed, by="ghost").approved
    assert governed.run_whole(T)["entered"] == 7


def test_roles_given_to_oneself_do_not_count(governed):
    governed.edit(policy={**FOUR_EYES, "approval": {"required": True, "tiers": [{"approvals": 1, "roles": ["compliance"]}]}})
    with_people(governed, {"li": ["marketing"], "wu": ["marketing"], "zhao": ["compliance"]})
    put_forward(governed, "policy"), agree(governed, "policy")
    put_forward(governed)
    with_people(governed, {"li": ["marketing"], "wu": ["marketing", "compliance"], "zhao": ["compliance"]})
    with pytest.raises(InputError, match="none of the roles"):
        agree(governed, by="wu")
