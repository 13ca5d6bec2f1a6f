"""What was measured and learned, for people and for programs."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.testing import TinyBank, at

T = at("2026-03-02 10:00")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """Two hundred customers of two counties, greeted in two ways, a day after their goals' time has passed."""
    root = tmp_path_factory.mktemp("bank")
    journey = {
        "enter": {"event": "begin"},
        "holdout": "30%",
        "strata": "county",
        "on_goal": "continue",
        "goals": [
            {"event": "paid", "value": 160, "within": "3 days", "horizons": ["1 day"]},
            {"event": "complained", "within": "3 days", "role": "guardrail", "at_most": "20%"},
        ],
        "steps": [
            {"hi": {"touch": "greeting", "via": ["sms"], "experiment": {"arms": ["warm", "plain"], "learn": "thompson", "by": "strata"}}},
            {"rest": {"wait": "5 days"}},
        ],
    }  # fmt: skip
    people = range(1, 201)
    with TinyBank(root, journeys={"greet": journey}, attributes={"county": "text"}, policy={"per_run": 9}) as place:
        place.customers(*({"customer_id": n, "county": "east" if n % 2 else "west"} for n in people))
        place.events([("begin", number, T) for number in people])
        place.run_whole(T)
        place.events([("paid", number, T + DAY / 2) for number in people if number % 3 == 0])
        place.events([("paid", number, T + 2 * DAY) for number in people if number % 9 == 0])
        place.run_whole(T + 4 * DAY)
        place.run_whole(T + 5 * DAY)
    return root


def tonglu(root, *words):
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "-C", str(root)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_lifts_are_shown_with_their_method_or_why_not(bank):
    text = tonglu(bank, "lift")
    assert "newcombe" in text
    assert "guardrail" in text
    assert "no conversions in either arm yet" in text
    [paid, complained] = json.loads(tonglu(bank, "lift", "greet", "--json"))["lift"][::-1]
    assert (paid["role"], complained["role"], complained["lift"]) == ("primary", "guardrail", None)
    assert paid["conversions_treated"] + paid["conversions_control"] == 66


@pytest.mark.parametrize(
    ("by", "slices"),
    [("stratum", {"east", "west"}), ("arm", {"hi/warm", "hi/plain"}), ("channel", {"sms"}), ("touched", {""}), ("horizon", {""}), ("segment", set())],
)  # fmt: skip
def test_lifts_are_told_by_slices_too(bank, by, slices):
    rows = json.loads(tonglu(bank, "lift", "--by", by, "--json"))["lift"]
    assert {row["slice"] for row in rows} == slices
    assert {row["horizon_days"] for row in rows} == ({1.0} if by == "horizon" else {3.0} if slices else set())
    assert all(one in tonglu(bank, "lift", "--by", by) for one in slices)


def test_an_unknown_journey_is_told_with_what_was_meant(bank):
    result = CliRunner().invoke(app, ["lift", "gret", "-C", str(bank)])
    assert result.exit_code == 2
    assert "greet" in result.output


def test_what_was_learned_says_why_the_next_run_changes(bank):
    assert "nothing new has matured; the shares stay" in tonglu(bank, "learned")
    told = json.loads(tonglu(bank, "learned", "greet", "--json"))
    assert {row["stratum"] for row in told["learned"]} == {"", "east", "west"}
    assert {(one["run_no"], one["previous"]) for one in told["changes"]} == {(3, 2)}
    assert [one["source"] for one in told["worth"]] == ["prior"]
    assert told["harm"] == []


def test_conversions_after_touches_are_counted_once_each(bank):
    rows = json.loads(tonglu(bank, "query", "FROM touch_credit", "--json"))["rows"]
    [(treated,)] = json.loads(
        tonglu(bank, "query", "SELECT count(DISTINCT entry_id) FROM conversions JOIN entries USING (entry_id) WHERE assignment = 'treated'", "--json")
    )["rows"]  # fmt: skip
    assert rows == [["greet", "paid", "hi", "sms", treated, treated]]


def test_the_report_has_it_all(bank):
    text = Path(tonglu(bank, "report").strip()).read_text(encoding="utf-8")
    assert "conversions after touches" in text
    assert "every check of assignment, exposure and balance holds" in text
