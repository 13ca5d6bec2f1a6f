"""`tonglu count`: what it says, in words and as data. That its figures are right is in tests/unit/engine/test_audience.py."""

import json

import pytest
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.testing import at

RUNNER = CliRunner()


@pytest.fixture
def bank(tiny):
    body = {"enter": {"event": "hello", "when": "age >= 18", "limit": "5 per day", "fresh": "30 days"}, "purpose": "service",
            "steps": [{"greet": {"touch": "hi", "via": ["app_push", "sms"], "when": "age < 30"}}]}  # fmt: skip
    made = tiny(journeys={"meets": body}, attributes={"age": "integer"})
    made.customers(*({"customer_id": one, "age": one} for one in range(1, 41)))
    for one in range(11, 41):
        made.event("hello", one, at("2026-03-10 07:00"))
    made.run(at("2026-03-10 08:00"))
    made.close()
    return made


def told(bank, *arguments):
    return RUNNER.invoke(app, ["count", *arguments, "-C", str(bank.root)])


def test_an_audience_is_told_gate_by_gate(bank):
    text = told(bank, "meets", "--days", "10")
    assert text.exit_code == 0
    lines = [" ".join(line.split()) for line in text.stdout.splitlines()]
    for line in (
        "had hello in 10 days 30 3.0",
        "do not qualify (when) -7 0.7",
        "to be treated 23 2.3",
        "符合条件 Eligible: not_eligible -11 1.1",
        "would be reached 12 1.2",
        "app_push 12 12 12 1.2",
        "sms 12 12 0 0.0",
        "Of the 23 who qualify 0 are inside, 5 were and may not enter again; 18 could enter now.",
    ):
        assert line in lines
    assert "At most 5 per day enter." in text.stderr
    assert "Next: tonglu test meets" in text.stderr


def test_the_same_as_data(bank):
    said = json.loads(told(bank, "meets", "--json").stdout)
    assert (said["version"], said["last_run"], said["days"]) == (1, 1, 30)
    assert (said["candidates"], said["qualified"], said["could_enter_now"]) == (30, {"treated": 23}, 18)
    [touch] = said["touches"]
    assert (touch["step"], touch["passed"], touch["lost"]) == (
        "greet",
        12,
        [{"gate": "eligible", "reason": "not_eligible", "count": 11}],
    )
    assert touch["channels"][0]["chosen"] == 12


def test_a_journey_that_is_none_is_a_finding(bank):
    wrong = told(bank, "meet")
    assert (wrong.exit_code, "Did you mean 'meets'?" in wrong.stderr) == (2, True)


def test_nobody_is_not_less_than_nothing(tiny):
    journey = {"enter": {"segment": "all_of_them"}, "steps": [{"greet": {"touch": "hi", "via": ["sms"]}}]}
    made = tiny(journeys={"greets": journey}, segments={"all_of_them": "SELECT c.customer_id FROM customers AS c"})
    made.customers(1)
    made.run(at("2026-03-10 08:00"))
    made.close()
    text = told(made, "greets")
    assert text.exit_code == 0
    assert "held out 0" in " ".join(text.stdout.split())
    assert not [line for line in text.stdout.splitlines()[1:] if " -0" in line]
