"""Every past run can be made again, byte for byte; what is missing for it, or was changed since, is named."""

import json
import shutil
from contextlib import closing
from datetime import timedelta
from hashlib import sha256

import duckdb
import pytest
from tests.differential.batch import run_batch
from tests.differential.judge import cases_of
from tests.integration.test_loop_on_the_bundled_bank import project
from typer.testing import CliRunner

from tonglu.app.inspect import project_of
from tonglu.app.replay import replay
from tonglu.app.simulate import simulate
from tonglu.bank import make_bank
from tonglu.cli.commands import app
from tonglu.core.errors import InputError
from tonglu.settings import Settings
from tonglu.testing import QuietWorkplace, TinyBank, at
from tonglu.warehouse.connection import DuckDBWarehouse, named_sql
from tonglu.warehouse.schema import migrate

T, DAY = at("2026-03-02 10:00"), timedelta(days=1)
RUNNER = CliRunner()
ONE_THREAD = Settings(threads=1)
RUNS = 6


def again(root, which):
    return replay(root, project_of(root), which, ONE_THREAD)


def change(root, *statements):
    with closing(duckdb.connect(str(root / "data/warehouse.duckdb"))) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A bank after six runs in which proposals wait for a cap, candidates for a limit, customers change, opt out, are paused and moved."""
    root = tmp_path_factory.mktemp("replay")
    steps = [{"hi": {"touch": "hello", "via": ["sms"], "wait": True, "valid_for": "20 days"}}, {"rest": {"wait": "1 day"}}]
    steps += [{"more": {"touch": "hello", "via": ["sms"]}}, {"stay": {"wait_for": {"event": "paid"}, "within": "30 days"}}]
    greet = {
        "enter": {"segment": "rich", "limit": "2 per run", "enrolment": "both"},
        "goal": {"event": "paid", "within": "9 days"},
    }
    bank = TinyBank(
        root,
        journeys={"greet": {**greet, "steps": steps}, "other": {"enter": {"event": "begin", "again": "always"}, "steps": steps}},
        segments={"rich": "SELECT c.customer_id FROM customers AS c WHERE c.wealth > 10"},
        attributes={"wealth": "bigint"},
        events={"begin": {}, "paid": {}},
        policy={"per_run": 1, "caps": [{"at_most": 1, "within": "3 days"}]},
    )
    with bank:
        bank.customers(*({"customer_id": one, "wealth": 20} for one in range(1, 9)))
        bank.event("begin", 1, T)
        bank.run_whole(T)
        bank.event("begin", 2, T + timedelta(hours=3))
        bank.customers({"customer_id": 8, "wealth": 1})
        bank.run_whole(T + DAY)
        bank.throw("pause", T + DAY, scope="journey", name="greet")
        bank.event("paid", 1, T + timedelta(hours=30))
        bank.run_whole(T + 2 * DAY)
        bank.throw("resume", T + 2 * DAY, scope="journey", name="greet")
        bank.run_whole(T + 3 * DAY)
        bank.edit(
            journeys={
                "greet": {**greet, "steps": [{"new": steps[1]["rest"] | {"wait": "2 hours"}}, *steps], "migrate": {"rest": "new"}}
            }
        )
        bank.event("paid", 2, T + timedelta(days=1, hours=2))  # late
        bank.run_whole(T + 4 * DAY)
        bank.customers({"customer_id": 3, "wealth": 2}, {"customer_id": 9, "wealth": 99})
        bank.run_whole(T + 5 * DAY)
    return root


@pytest.fixture
def root(lived, tmp_path):
    return shutil.copytree(lived, tmp_path / "bank")


def test_every_run_comes_out_the_same_after_all_that_came_later(lived):
    before = sha256((lived / "data/warehouse.duckdb").read_bytes()).hexdigest()
    made = [again(lived, run_no) for run_no in range(1, RUNS + 1)]
    assert [(one.run_no, one.same, one.missing) for one in made] == [(number, True, ()) for number in range(1, RUNS + 1)]
    assert [one.relations[0].name for one in made] == ["decision"] * RUNS
    assert sum(one.relations[0].rows for one in made) > 15
    assert {held.name for one in made for held in one.relations if held.rows} >= {
        "entry",
        "touch",
        "move",
        "left_out",
        "version_migration",
        "ended",
    }
    assert sha256((lived / "data/warehouse.duckdb").read_bytes()).hexdigest() == before
    assert not list((lived / "data").glob("tonglu-replay-*"))


@pytest.mark.parametrize(("seed", "batch"), [(5, 0), (7, 4)])
def test_random_journeys_and_lives_replay_in_every_run(seed, batch, tmp_path):
    cases = cases_of(seed, batch, 30)
    run_batch(tmp_path, cases)
    made = [again(tmp_path, run_no) for run_no in range(1, len(cases[0].facts.runs) + 1)]
    assert [one.same for one in made] == [True] * len(made)
    assert sum(held.rows for one in made for held in one.relations) > 500


def test_the_bundled_bank_replays(tmp_path):
    root = project(tmp_path)
    make_bank(300, 11, root / "data")
    with closing(QuietWorkplace(root, ONE_THREAD)) as place:
        simulate(place, 4, lambda day, summary: None)
    made = [again(root, run_no) for run_no in (2, 4)]
    assert [one.same for one in made] == [True, True]
    assert all(one.relations[0].rows for one in made)


def test_a_decision_that_was_changed_afterwards_is_found(root):
    change(root, "UPDATE tonglu.decision SET outcome = 'sent', reason = 'passed' WHERE run_no = 2 AND outcome = 'deferred'")
    found = again(root, 2)
    assert not found.same
    decision = found.relations[0]
    assert (decision.name, decision.same) == ("decision", False)
    assert "passed" in decision.lost[0]
    assert "cap_reached" in decision.found[0]
    told = RUNNER.invoke(app, ["replay", "2", "-C", str(root)])
    assert told.exit_code == 1
    assert "decision, only the warehouse has:" in told.stdout
    assert "The decision table is NOT what it was" in told.stdout
    assert again(root, 1).same


@pytest.mark.parametrize(
    ("loss", "named"),
    [
        ("DELETE FROM tonglu.definition WHERE kind = 'file' AND name = 'journeys/other.yaml'", "the text of definition"),
        ("DELETE FROM tonglu.run_definition WHERE run_no = 3", "the files of definitions as they were in run 3"),
        ("DELETE FROM source.events WHERE name = 'begin' AND customer_id = 2", "1 of 1 rows of events that run 2 loaded"),
        ("DELETE FROM history.customers WHERE customer_id = 8", "1 of 8 rows of customers that run 1 loaded"),
        ("DELETE FROM personal.addresses WHERE customer_id = 5", "rows of addresses that run 1 loaded: erased or removed since"),
        (
            "UPDATE tonglu.calendar_day SET is_workday = NOT is_workday WHERE day = DATE '2026-10-01'",
            "the calendar of working days",
        ),
        ("DELETE FROM tonglu.run_input", "who waited in run 3"),
    ],
)
def test_what_is_missing_is_named(root, loss, named):
    change(root, loss)
    found = again(root, 3)
    assert not found.same
    assert found.relations == ()
    assert named in " ".join(found.missing)
    told = RUNNER.invoke(app, ["replay", "3", "-C", str(root), "--json"])
    assert told.exit_code == 2
    assert json.loads(told.stdout)["missing"] == list(found.missing)


def test_a_run_is_found_by_number_or_instant_and_an_unknown_one_is_refused(root):
    assert again(root, T + DAY).run_no == 2
    with pytest.raises(InputError, match=r"there is no run 77.*Runs 1 to 6 were made"):
        again(root, 77)
    told = RUNNER.invoke(app, ["replay", "2", "-C", str(root)])
    assert told.exit_code == 0
    assert "byte for byte what it was" in told.stdout


def test_going_back_forgets_every_table_that_carries_a_run():
    """A table that comes later must be put back too."""
    warehouse = DuckDBWarehouse(":memory:", threads=1)
    migrate(warehouse)
    marked = "SELECT DISTINCT table_name FROM duckdb_columns() WHERE schema_name = 'tonglu' AND column_name IN ('run_no', 'from_run', 'first_run')"
    views = {name for (name,) in warehouse.fetch("SELECT view_name FROM duckdb_views() WHERE schema_name = 'tonglu'")}
    tables = {name for (name,) in warehouse.fetch(marked)} - views
    warehouse.close()
    text = named_sql("replay/rewind")
    assert len(tables) > 30
    assert {name for name in tables if f"DELETE FROM tonglu.{name}" not in text} == {"ingested_file"} & tables


def test_what_suitability_and_risk_decided_by_replays_after_customers_and_products_have_changed(tmp_path):
    match = {"rule": "match", "tests": "rating", "regulation": "a regulation", "evidence": "D"}
    policy = {"per_run": 9, "suitability": {"reads": {"rating": "rating"}, "rules": [match]}}

    def offer(risk):
        return {"offer": {"text": {"sms": {"body": "x"}}, "product": {"kind": "wealth", "risk": risk}}}

    steps = [{"hi": {"touch": "offer", "via": ["sms"], "valid_for": "9 days"}}, {"rest": {"wait": "30 days"}}]
    header = [
        "risk: far",
        "dimension: location",
        "title: 异地 / Far",
        "owner: risk",
        "action: alert",
        "hours: 48",
        "list: events",
    ]
    select = "SELECT e.customer_id, e.occurred_at AS since FROM events AS e WHERE e.name = 'far_login'"
    with TinyBank(
        tmp_path,
        journeys={"sell": {"enter": {"event": "begin"}, "steps": steps}},
        attributes={"rating": "text"},
        policy=policy,
        messages=offer("R3"),
        events={"far_login": {}},
        channels=("sms",),
        threads=1,
    ) as bank:
        (bank.root / "segments/risk").mkdir()
        rule = bank.root / "segments/risk/far.sql"
        rule.write_text("\n".join([*(f"-- {line}" for line in header), select]), encoding="utf-8")
        bank.customers(*({"customer_id": number, "rating": rating} for number, rating in enumerate(("C1", "C3", "C5", None), 1)))
        bank.event("far_login", 3, T - DAY)
        for number in (1, 2, 3, 4):
            bank.event("begin", number, T)
        bank.run_whole(T)
        bank.land("customers", [{"customer_id": 1, "rating": "C5"}, {"customer_id": 2, "rating": "C1"}])
        bank.edit(messages=offer("R5"))
        bank.run_whole(T + DAY)
        rule.unlink()
        bank.close()
        bank.run_whole(T + 2 * DAY)
    assert [again(tmp_path, number).same for number in (1, 2, 3)] == [True, True, True]
    rows = {one.name: one.rows for one in again(tmp_path, 1).relations}
    assert (rows["suitability"], rows["risk_seen"], rows["risk_count"]) == (4, 1, 1)


def test_places_under_crossing_limits_are_given_again_as_they_were(tmp_path):
    journey = {
        "enter": {"event": "begin", "again": "always"},
        "goal": {"event": "paid", "value": 100, "within": "7 days"},
        "steps": [{"hi": {"touch": "hello", "via": ["sms"], "valid_for": "5 hours"}}],
    }
    limits = {
        "capacity": [
            {"channel": "sms", "at_most": 4, "per": "hour"},
            {"channel": "sms", "by": "branch", "at_most": 6, "per": "day"},
        ],
        "budget": [{"channel": "sms", "at_most": "1.05", "per": "day"}],
    }
    bank = TinyBank(
        tmp_path,
        journeys={"greet": journey},
        attributes={"branch_id": "integer"},
        channels={"sms": {"cost": 0.05}},
        policy={"per_run": 9, **limits},
    )
    with bank:
        bank.customers(*({"customer_id": one, "branch_id": one % 4} for one in range(1, 41)))
        for hour in (0, 2):
            bank.events([("begin", one, T + timedelta(hours=hour)) for one in range(1, 41)])
            bank.run_whole(T + timedelta(hours=hour))
        assert bank.rows("SELECT DISTINCT method FROM tonglu.allocation") == [("crossing",)]
        [(sent,)] = bank.rows("SELECT count(*) FROM tonglu.touch")
        assert 0 < sent <= 21
    for run_no in (1, 2):
        found = again(tmp_path, run_no)
        assert found.same, found
        rows = {one.name: one.rows for one in found.relations}
        assert rows["limit_use"] > 0
        assert rows["contender"] > 0
