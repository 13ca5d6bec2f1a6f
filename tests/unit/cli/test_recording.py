"""`tonglu test --record`: cases taken from real trips and from what comes, which pass, and hold nothing personal."""

import json
import shutil
from copy import deepcopy
from datetime import timedelta

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.testing import TinyBank, at

RUNNER = CliRunner()
ADULT = "SELECT c.customer_id FROM customers AS c WHERE c.age >= 18"
JOURNEY = {
    "enter": {"segment": "adult", "when": "age < 90"},
    "purpose": "service",
    "exit": [{"event": "complaint", "where": "topic = 'fees'"}],
    "steps": [
        {"pace": {"split": {"soon": 1, "late": 1}}},
        {"late": {"wait": "1 day"}},
        {"soon": {"touch": "hi", "via": ["app_push", "sms"], "experiment": {"arms": ["warm", "plain"]}}},
        {"heard": {"wait_for": [{"event": "touch.clicked", "go": "fit"}, {"event": "visit", "where": "shop = 'north'", "go": "fit"}],
                   "within": "3 days", "otherwise": "quiet"}},
        {"fit": {"branch": [{"when": "balance >= 500 yuan and count(app_login, 5 days) >= 2", "go": "offer"}, {"else": "quiet"}]}},
        {"offer": {"touch": "more", "via": ["sms"], "when": "not vip"}},
        {"quiet": {"end": "left_alone"}},
    ],
}  # fmt: skip
DAYS = 9
CHOSEN = (7003, 7004, 7005, 7009)
STEPS = """
    SELECT e.customer_id, s.step FROM tonglu.move AS m JOIN tonglu.entry AS e USING (entry_id) JOIN tonglu.step AS s ON s.step_key = m.to_key
    ORDER BY m.run_no, m.ordinal
"""
BEFORE = """# 测试
journey: grows
cases:
  # the first
  - name: nobody
    expect: {enters: false} # of course

# the days
runs: {from: 2026-03-10, to: 2026-03-11}
"""


def grown(root):
    """Nine days of a small bank in which a few customers come of age and go different ways."""
    made = TinyBank(
        root,
        journeys={"grows": JOURNEY},
        segments={"adult": ADULT},
        attributes={"age": "integer", "balance": "bigint", "vip": "boolean", "secret": "text"},
        events={
            "visit": {"shop": "text", "note": "text"},
            "complaint": {"topic": "text"},
            "app_login": {},
            "opt_out": {"channel": "text"},
        },
        policy={"per_run": 100},
    )
    people = [
        {"customer_id": one, "age": 17, "balance": 10_000, "vip": one % 5 == 0, "secret": f"王{one}"} for one in range(7001, 7012)
    ]
    made.customers(*people, reached_by=["sms", "app_push"])
    for one in range(7001, 7006):
        made.consent(one, "app_push", granted=False, when=at("2026-03-01 00:00"), purpose="service")
    made.run(at("2026-03-10 08:00"))
    made.land("customers", [{**one, "age": 18} for one in people])
    made.run(at("2026-03-11 08:00"))
    for one in range(7001, 7012):
        for day in range(10, 15):
            made.event("app_login", one, at(f"2026-03-{day} 20:00") + timedelta(seconds=one))
        made.event("visit", one, at("2026-03-13 12:00"), shop="north" if one % 2 else "south", note="personal words")
    made.event("opt_out", 7011, at("2026-03-13 10:00"), channel="sms")
    made.event("complaint", 7009, at("2026-03-13 09:00"), topic="fees")
    made.land("customers", [{**one, "age": 18, "balance": 90_000} for one in people if one["customer_id"] % 3 == 0])
    for day in range(12, 12 + DAYS - 2):
        if day == 14:
            for key, customer in made.rows(
                "SELECT touch_key, customer_id FROM tonglu.touch WHERE step = 'soon' AND customer_id % 4 = 0"
            ):
                made.receipt(key, "clicked", at("2026-03-13 19:00") + timedelta(seconds=customer))
        made.run(at(f"2026-03-{day} 08:00"))
    made.close()
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The bank, made once; nobody changes it."""
    return grown(tmp_path_factory.mktemp("grown"))


@pytest.fixture
def bank(made, tmp_path):
    """A copy of the bank."""
    shutil.copytree(made.root, tmp_path / "grown")
    own = deepcopy(made)
    own.root = tmp_path / "grown"
    yield own
    own.close()


def told(bank, *arguments):
    return RUNNER.invoke(app, ["test", "-C", str(bank.root), *arguments])


def cases(bank):
    return YAML(typ="safe").load((bank.root / "journeys/tests/grows.yaml").read_text(encoding="utf-8"))["cases"]


def test_every_real_trip_becomes_a_case_that_passes_and_says_what_really_happened(bank):
    real = {customer: [] for customer in range(7001, 7012)}
    for customer, step in bank.rows(STEPS):
        real[customer].append(step)
    bank.close()
    for customer in CHOSEN:
        one = told(bank, "grows", "--record", "--customer", str(customer), "--name", f"case {customer - 7000}")
        assert one.exit_code == 0, one.output
        assert "it passes" in one.stderr
    written = cases(bank)
    assert [one["expect"]["path"] for one in written] == [["pace", *real[customer]] for customer in CHOSEN]
    assert len({tuple(real[customer]) for customer in CHOSEN}) >= 4
    again = json.loads(told(bank, "grows", "--json").stdout)
    assert (again["passed"], again["failed"]) == (len(CHOSEN), 0)
    text = (bank.root / "journeys/tests/grows.yaml").read_text(encoding="utf-8")
    for personal in ("70", "王", "secret", "personal words", "note"):
        assert personal not in text.replace("case 70", "")


def test_a_case_holds_what_the_journey_looks_at_and_no_more(bank):
    bank.close()
    told(bank, "grows", "--record", "--customer", "7008", "--name", "real")
    [case] = cases(bank)
    assert case["customer"] == {"age": 18, "balance": 10_000, "vip": False}
    assert case["segments"] == {"adult": {"from": "2026-03-11"}} or str(case["segments"]["adult"]["from"]) == "2026-03-11"
    assert [one["receipt"] for one in case["receipts"]] == ["clicked"]
    assert {one["event"] for one in case["events"]} == {"app_login", "visit"}
    assert all(set(one) <= {"event", "at", "shop"} for one in case["events"])
    assert [list(one["customer"]) for one in case["then"]] == [["balance"]]
    assert set(case["arms"]) >= {"pace", "soon"}
    assert case["expect"]["end"] == "left_alone"


def test_what_lacks_consent_is_said(bank):
    bank.close()
    told(bank, "grows", "--record", "--customer", "7001", "--name", "real")
    [case] = cases(bank)
    assert case["consents"] == ["sms"]
    assert {one["channel"] for one in case["expect"]["touches"]} == {"sms"}


def test_an_opt_out_in_the_midst_of_a_trip_is_an_event_of_the_case(bank):
    one = told(bank, "grows", "--record", "--customer", "7011", "--name", "real")
    assert one.exit_code == 0, one.output
    [case] = cases(bank)
    assert [one for one in case["events"] if one["event"] == "opt_out"] == [
        {"event": "opt_out", "at": "2026-03-13 10:00", "channel": "sms"}
    ]
    assert "consents" not in case
    assert [(one["step"], one.get("channel"), one.get("reason")) for one in case["expect"]["touches"]] == [
        ("soon", "app_push", None),
        ("offer", None, "opted_out"),
    ]


def test_a_dry_recording_shows_the_case_and_writes_nothing(bank):
    one = told(bank, "grows", "--record", "--customer", "7008", "--dry")
    assert (one.exit_code, (bank.root / "journeys/tests").exists()) == (0, False)
    assert "真实一例 recorded: entered 2026-03-11, ended as left_alone" in one.stdout
    said = json.loads(told(bank, "grows", "--record", "--customer", "7008", "--dry", "--json").stdout)
    assert (said["version"], said["written"]) == (1, False)
    assert said["cases"][0]["text"] == one.stdout
    assert said["cases"][0]["differences"] == []


def test_a_case_is_put_behind_those_that_are_there_and_nothing_else_changes(bank):
    path = bank.root / "journeys/tests/grows.yaml"
    before = BEFORE
    path.parent.mkdir()
    path.write_text(before, encoding="utf-8")
    assert told(bank, "grows", "--record", "--customer", "7008", "--name", "real").exit_code == 0
    head, tail = before.split("\n\n# the days")
    text = path.read_text(encoding="utf-8")
    assert text.startswith(head + "\n\n  - name: real\n    runs: {from: 2026-03-10, to: ")
    assert text.endswith("\n\n# the days" + tail)
    assert told(bank, "grows").exit_code == 0


def test_a_trip_that_hung_on_another_journey_is_shown_and_not_written(bank):
    bank.edit(
        journeys={
            "other": {
                "enter": {"event": "app_login", "again": "always"},
                "purpose": "service",
                "steps": [{"say": {"touch": "word", "via": ["sms"]}}],
            },
            "grows": {**JOURNEY, "priority": "low"},
        },
        policy={"per_run": 1, "priority": ["service", "low"]},
    )
    late = range(7101, 7109)
    bank.customers(*({"customer_id": one, "age": 18, "balance": 0, "vip": False, "secret": "x"} for one in late))
    for one in late:
        bank.event("app_login", one, at("2026-03-20 20:00"))
    bank.run(at("2026-03-21 08:00"))
    outranked = bank.rows("SELECT min(customer_id) FROM tonglu.decision WHERE journey = 'grows' AND reason = 'outranked'")[0][0]
    bank.close()
    one = told(bank, "grows", "--record", "--customer", str(outranked))
    assert one.exit_code == 1
    assert "Not written" in one.stderr
    assert not (bank.root / "journeys/tests").exists()


def test_a_customer_who_never_entered_and_a_bank_without_runs_are_findings(bank, tiny):
    none = told(bank, "grows", "--record", "--customer", "1")
    assert (none.exit_code, "never entered" in none.stderr) == (2, True)
    fresh = tiny(
        journeys={"grows": JOURNEY},
        segments={"adult": ADULT},
        attributes={"age": "integer", "balance": "bigint", "vip": "boolean"},
        events={"visit": {"shop": "text"}, "complaint": {"topic": "text"}, "app_login": {}},
    )
    fresh.close()
    early = RUNNER.invoke(app, ["test", "-C", str(fresh.root), "grows", "--record", "--customer", "1"])
    assert (early.exit_code, "nothing was run yet" in early.stderr) == (2, True)


@pytest.mark.parametrize(
    "options", [("--customer", "1"), ("--dry",), ("--record", "--name", "x"), ("--record", "--customer", "1")]
)
def test_options_that_make_no_sense_are_refused(bank, options):
    assert told(bank, *options).exit_code == 2


OPEN = """journey: grows
runs: {from: 2026-03-10, to: 2026-03-17}
cases:
  - name: a block   # said
    customer: {age: 30}
    segments: {adult: {from: "2026-03-12"}}
    arms: {pace: late}

  # one in a line
  - {name: a line, customer: {age: 95}, segments: [adult]}
  - name: held by consent
    customer: {age: 30}
    consents: []
    segments: {adult: {from: "2026-03-12"}}
    arms: {pace: soon}
  - name: complete
    expect: {enters: false}
"""


def test_cases_that_expect_nothing_are_completed_by_what_comes(bank):
    path = bank.root / "journeys/tests/grows.yaml"
    path.parent.mkdir()
    path.write_text(OPEN, encoding="utf-8")
    plain = told(bank, "grows")
    assert plain.exit_code == 2
    assert "error[TL121]: 'expect' is missing in case 'a block'" in plain.stderr
    one = told(bank, "grows", "--record", "--dry")
    assert (one.exit_code, path.read_text(encoding="utf-8")) == (0, OPEN)
    one = told(bank, "grows", "--record")
    assert one.exit_code == 0, one.output
    text = path.read_text(encoding="utf-8")
    added = [line for line in text.splitlines() if line not in OPEN.splitlines()]
    assert added[0] == "    expect:"
    assert "  - {name: a line, customer: {age: 95}, segments: [adult], expect: {enters: false}}" in added
    kept = [line for line in OPEN.splitlines() if "a line," not in line]
    assert [line for line in text.splitlines() if line in kept] == kept
    by_name = {case["name"]: case.get("expect") for case in cases(bank)}
    assert by_name["a block"]["path"] == ["pace", "late", "soon", "heard", "quiet"]
    assert by_name["held by consent"]["touches"] == [
        {"step": "soon", "outcome": "dropped", "reason": "no_consent", "on": by_name["held by consent"]["touches"][0]["on"]}
    ]
    assert told(bank, "grows").exit_code == 0
    assert "every case says what it expects" in told(bank, "grows", "--record").stderr
