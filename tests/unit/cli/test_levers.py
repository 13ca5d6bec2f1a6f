"""Levers and switches by scope, as operators type them; `why` shows what they did."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 10:00")


def journey(value):
    goal = {"event": "bought", "value": value, "within": "7 days"}
    steps = [{"hi": {"touch": "hello", "via": ["sms"]}}, {"rest": {"wait": "90 days"}}]
    return {"enter": {"event": "ordered"}, "goal": goal, "steps": steps}


@pytest.fixture
def bank(tiny):
    policy = {"per_run": 9, "exclusions": [{"name": "apart", "journeys": ["a", "b"], "within": "7 days"}]}
    policy |= {"arbitration": {"context": [{"when": "touches(7 days) = 0", "weight": 0.5}]}}
    made = tiny(journeys={"a": journey(100), "b": journey(90)}, policy=policy)
    made.customers(1)
    made.event("ordered", 1, T)
    return made


def asked(bank, *words):
    bank.close()
    shown = CliRunner().invoke(app, [*words, "-C", str(bank.root), "--json"])
    return shown.exit_code, json.loads(shown.stdout) if shown.exit_code == 0 else shown.output


def test_a_lever_is_set_listed_used_shown_by_why_and_dropped(bank):
    assert asked(bank, "lever", "set", "b", "2", "--until", "2099-01-01", "--reason", "push", "--by", "li")[0] == 0
    code, listed = asked(bank, "lever", "list")
    assert code == 0
    assert [(one["scope"], one["name"], one["factor"], one["by"], one["reason"]) for one in listed["levers"]] == [
        ("journey", "b", "2.0000", "li", "push")
    ]
    bank.run_whole(T)
    code, told = asked(bank, "why", "1")
    assert code == 0
    by_journey = {one["journey"]: one for one in told["proposals"]}
    values = next(one["values"] for one in by_journey["b"]["judgements"] if one["gate"] == "arbitration")
    assert {name: values[name] for name in ("p", "v_yuan", "source", "c", "held", "l", "score")} == {
        "p": 0.02,
        "v_yuan": 90.0,
        "source": "prior",
        "c": 0.5,
        "held": ["touches(7 days) = 0"],
        "l": 2.0,
        "score": 1.8,
    }
    assert by_journey["a"]["binding"] == "b.hi at 2026-03-02 10:00 has the customer: a, b within 7 days (apart)"
    assert by_journey["a"]["nearest"] == "would pass from 2026-03-09 10:00 on, or without that exclusion"
    assert asked(bank, "lever", "drop", "b", "--reason", "over")[0] == 0
    assert asked(bank, "lever", "list")[1]["levers"] == []
    assert asked(bank, "lever", "drop", "b", "--reason", "over")[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        ("nobody", "2", "--until", "2099-01-01"),
        ("product:gold", "2", "--until", "2099-01-01"),
        ("branch:17", "2", "--until", "2099-01-01"),
        ("b", "11", "--until", "2099-01-01"),
        ("b", "2", "--until", "2001-01-01"),
        ("b", "2", "--until", "soon"),
    ],
)
def test_a_lever_that_cannot_be_is_refused(bank, words):
    assert asked(bank, "lever", "set", *words, "--reason", "x")[0] == 2
    assert asked(bank, "lever", "list")[1]["levers"] == []


@pytest.mark.parametrize(
    ("what", "scope", "name"),
    [("a", "journey", "a"), ("journey:a", "journey", "a"), ("channel:sms", "channel", "sms"), ("sms", "channel", "sms"),
     ("product:credit", "product", "credit"), ("branch:17", "branch", "17"), ("all", "all", "")],
)  # fmt: skip
def test_switches_take_a_name_or_a_scope_with_its_name(bank, what, scope, name):
    code, thrown = asked(bank, "pause", what, "--reason", "x")
    assert (code, thrown["scope"], thrown["name"]) == (0, scope, name)


@pytest.mark.parametrize("what", ["product:gold", "shop:17", "journey:sms", "channel:a", "branch:"])
def test_what_does_not_exist_is_not_switched(bank, what):
    assert asked(bank, "kill", what, "--reason", "x")[0] == 2


def test_an_opt_out_may_be_of_one_purpose_or_of_personalised_marketing(bank):
    assert asked(bank, "opt-out", "1", "--purpose", "service")[0] == 0
    stops = bank.place.mailroom.optouts.stops
    assert (stops(1, "sms", "service"), stops(1, "sms", "marketing")) == (True, False)
    assert asked(bank, "opt-out", "1", "--purpose", "profiling")[0] == 0
    assert bank.place.mailroom.optouts.stops(1, "sms", "marketing")
    assert asked(bank, "opt-out", "1", "--purpose", "profiling", "--channel", "sms")[0] == 2
    assert asked(bank, "opt-out", "1", "--purpose", "gifts")[0] == 2
