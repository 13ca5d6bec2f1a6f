"""Why a customer was touched or not: the gates with their values, the one reason, the nearest change."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from tonglu.app.inspect import story_of
from tonglu.app.why import REASONS, VALUES, Verdict, proposals_of
from tonglu.cli.commands import app
from tonglu.gates import decision_chain
from tonglu.testing import SHANGHAI, TinyBank, at
from tonglu.warehouse.analysts import PublishedFile

T = at("2026-03-02 10:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def greeting(**more):
    return {
        "enter": {"event": "begin", "again": "always"},
        "steps": [{"hi": {"touch": "hello", "via": ["sms", "app_push"], **more}}],
    }


def newest(bank, customer=1, journey=None, until=None):
    with PublishedFile(bank.root / "data/published") as file:
        return proposals_of(file, customer, SHANGHAI, journey, until)


def played(bank, *instants, name="begin", customer=1):
    for instant in instants:
        bank.event(name, customer, instant)
        bank.run_whole(instant)
    return newest(bank, customer)


def test_every_reason_is_explained_and_every_gate_has_its_values():
    given = {reason for gate in decision_chain() for reason in gate.reasons}
    assert given | {"expired"} == set(REASONS)
    assert {gate.name for gate in decision_chain()} - {"journey_live"} == set(VALUES)


def test_a_cap_says_what_it_counted_and_from_when_on_it_would_pass(tmp_path):
    policy = {"per_run": 9, "caps": [{"name": "weekly", "at_most": 2, "within": "7 days"}]}
    with TinyBank(tmp_path, journeys={"greet": greeting()}, policy=policy) as bank:
        bank.customers(1)
        found = played(bank, T, T + DAY, T + 2 * DAY)
    assert [one.outcome for one in found] == ["dropped", "sent", "sent"]
    assert (
        found[0].binding
        == "2 in 7 days reached (weekly): 2026-03-02 10:00, 2026-03-03 10:00; greet.hi at 2026-03-03 10:00 took the place"
    )
    assert found[0].nearest == "would pass from 2026-03-09 10:00 on, or with a cap of 3"
    verdicts = {one.gate: one.verdict for one in found[0].judgements}
    assert verdicts["reachable"] is Verdict.PASSED
    assert verdicts["contact_policy"] is Verdict.STOPPED
    assert verdicts["arbitration"] is Verdict.NOT_REACHED
    assert (found[1].binding, found[1].nearest) == ("", "")


def test_a_condition_says_which_part_was_false_with_the_values_of_that_run(tmp_path):
    journey = greeting(when="age >= 60 and count(app_login, 7 days) >= 1")
    with TinyBank(tmp_path, journeys={"greet": journey}, attributes={"age": "integer"}, events={"app_login": {}}) as bank:
        bank.customers({"customer_id": 1, "age": 45})
        bank.event("app_login", 1, T - DAY)
        played(bank, T)
        bank.customers({"customer_id": 1, "age": 61})
        found = played(bank, T + DAY)
    assert [one.outcome for one in found] == ["sent", "dropped"]
    assert found[1].binding == "its own condition is false (age is 45)"
    assert found[1].nearest == "would pass if age >= 60 held"
    eligible = next(one for one in found[1].judgements if one.gate == "eligible")
    assert eligible.values == {
        "condition": {"age >= 60": False, "count(app_login, 7 days) >= 1": True},
        "values": {"age": 45, "count(app_login, 7 days)": 1},
    }


@pytest.mark.parametrize(
    ("prepare", "reason", "nearest"),
    [
        (
            lambda bank: bank.customers(1, purposes=["service"]),
            "no_consent",
            "would pass with a consent to marketing on app_push or sms",
        ),
        (lambda bank: bank.customers(1, reached_by=[]), "no_address", "would pass with an address for sms or app_push"),
    ],
)
def test_consent_and_addresses(tmp_path, prepare, reason, nearest):
    with TinyBank(tmp_path, journeys={"greet": greeting()}) as bank:
        prepare(bank)
        [found] = played(bank, T)
    assert (found.reason, found.nearest) == (reason, nearest)


def test_a_closed_channel_says_when_it_opens_and_how_long_the_touch_would_have_to_live(tmp_path):
    policy = {"per_run": 9, "open_hours": {"sms": "08:00-21:00", "app_push": "08:00-21:00"}}
    with TinyBank(tmp_path, journeys={"greet": greeting(valid_for="4 hours")}, policy=policy) as bank:
        bank.customers(1)
        [found] = played(bank, at("2026-03-02 22:00"))
    assert found.outcome == "deferred"
    assert found.binding == "sms opens at 2026-03-03 08:00, after the 4 hours for which the touch is valid"
    assert found.nearest == "would pass with valid_for of 10 hours or more, or from 2026-03-03 08:00 on"


def test_who_won_is_named(tmp_path):
    with TinyBank(tmp_path, journeys={"a": greeting(), "b": greeting()}, policy={"per_run": 1}) as bank:
        bank.customers(1)
        found = played(bank, T)
    lost = next(one for one in found if one.outcome == "dropped")
    won = next(one for one in found if one.outcome == "sent")
    assert lost.binding == f"{won.journey}.{won.step} won (score 0 against 0); at most 1 a run"
    place = {one.journey: next(j for j in one.judgements if j.gate == "arbitration").values["place"] for one in found}
    assert place == {won.journey: 1, lost.journey: 2}


def test_the_held_out_are_told_as_such_and_an_instant_cuts(tmp_path):
    journey = {**greeting(), "holdout": "100%"}
    with TinyBank(tmp_path, journeys={"greet": journey}) as bank:
        bank.customers(1)
        played(bank, T, T + DAY)
        [found] = newest(bank, until=T + HOUR)
        assert newest(bank, customer=2) == []
    assert found.held_out
    assert [one.gate for one in found.judgements][-1] == "quiet_hours"


def test_at_an_instant_trips_and_segments_are_as_the_runs_until_then_had_them(tmp_path):
    steps = [{"hi": {"touch": "hello", "via": ["sms"]}}, {"stay": {"wait": "20 hours"}}, {"more": {"wait": "9 days"}}]
    journey = {"enter": {"event": "begin"}, "steps": steps}
    young = "SELECT c.customer_id FROM customers AS c WHERE c.customer_id = 1 AND as_of_date() < DATE '2026-03-04'"
    late = "SELECT c.customer_id FROM customers AS c WHERE c.customer_id = 1 AND as_of_date() > DATE '2026-03-03'"
    with TinyBank(tmp_path, journeys={"greet": journey}, segments={"young": young, "late": late}) as bank:
        bank.customers(1)
        bank.event("begin", 1, T)
        for day in range(14):
            bank.run_whole(T + day * DAY)
    with PublishedFile(tmp_path / "data/published") as file:
        stories = {day: story_of(file, 1, until=T + day * DAY + HOUR) for day in (-1, 0, 1, 2, 13)}
        now = story_of(file, 1)
    assert stories[-1].empty
    stands = {day: [(e["state"], e["step"], e["end_reason"]) for e in story.entries] for day, story in stories.items()}
    assert stands == {
        -1: [],
        0: [("open", "stay", None)],
        1: [("open", "more", None)],
        2: [("open", "more", None)],
        13: [("ended", None, "completed")],
    }
    assert {day: [s["segment"] for s in story.segments] for day, story in stories.items()} == {
        -1: [], 0: ["young"], 1: ["young"], 2: ["late"], 13: ["late"],
    }  # fmt: skip
    assert now == stories[13]
    assert all(row["at"] <= T + HOUR for row in stories[0].timeline)


def test_the_command_tells_it_to_people_and_to_programs(tmp_path):
    policy = {"per_run": 9, "caps": [{"name": "weekly", "at_most": 1, "within": "7 days"}]}
    with TinyBank(tmp_path, journeys={"greet": greeting()}, policy=policy) as bank:
        bank.customers(1)
        played(bank, T, T + DAY)
    runner = CliRunner()
    for name in ("explain", "why"):
        shown = runner.invoke(app, [name, "1", "-C", str(tmp_path)])
        assert shown.exit_code == 0
        took = "greet.hi at 2026-03-02 10:00 took the place; would pass from 2026-03-09 10:00 on"
        assert f"not sent: 1 in 7 days reached (weekly): 2026-03-02 10:00; {took}" in shown.stdout
        assert "weekly: 1 of 1 in 7 days" in shown.stdout
    told = json.loads(runner.invoke(app, ["why", "1", "-C", str(tmp_path), "--at", "2026-03-02T12:00", "--json"]).stdout)
    assert [one["outcome"] for one in told["proposals"]] == ["sent"]


def test_suitability_and_risk_say_what_they_judged_by_and_what_would_have_changed_it(tmp_path):
    match = {"rule": "match", "tests": "rating", "regulation": "a regulation", "evidence": "D"}
    policy = {"per_run": 9, "suitability": {"reads": {"rating": "rating"}, "rules": [match]}}
    text = {channel: {"body": "x"} for channel in ("sms", "app_push")}
    messages = {"hello": {"text": text, "product": {"kind": "wealth", "risk": "R3"}}}
    with TinyBank(
        tmp_path,
        journeys={"greet": greeting(wait=True)},
        attributes={"rating": "text"},
        policy=policy,
        messages=messages,
        events={"far_login": {}},
    ) as bank:
        header = ["risk: far", "dimension: location", "title: 异地 / Far", "owner: risk", "action: hold", "hours: 48"]
        select = "SELECT e.customer_id, e.occurred_at AS since FROM events AS e WHERE e.name = 'far_login'"
        (bank.root / "segments/risk").mkdir()
        (bank.root / "segments/risk/far.sql").write_text(
            "\n".join([*(f"-- {line}" for line in header), select]), encoding="utf-8"
        )
        bank.customers({"customer_id": 1, "rating": "C2"}, {"customer_id": 2, "rating": "C4"})
        bank.event("far_login", 2, T - HOUR)
        bank.event("begin", 2, T)
        [unsuited] = played(bank, T)
        [held] = newest(bank, 2)
    assert (unsuited.gate, unsuited.binding) == ("suitable", "the product is R3, the customer C2 (rule match: a regulation)")
    assert unsuited.nearest == "would pass with a rating of C3 or C4 or C5"
    values = {one.gate: one.values for one in unsuited.judgements}["suitable"]
    assert values["product"] == {"kind": "wealth", "risk": "R3", "ages": None}
    assert values["customer"]["rating"] == "C2"
    assert (held.gate, held.outcome, held.binding) == ("risk", "deferred", "held by far until 2026-03-04 09:00")
    assert held.nearest == "would pass from 2026-03-04 09:00 on, or once it is cleared"
    assert {one.gate: one.values for one in held.judgements}["risk"]["holds"] == ["far"]
