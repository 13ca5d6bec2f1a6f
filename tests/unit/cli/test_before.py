"""Before launch: tonglu power and tonglu evaluate from the command line."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.stats.power import controls_needed
from tonglu.testing import TinyBank, at

T = at("2026-03-02 10:00")
DAY = timedelta(days=1)
GOAL = {"event": "paid", "within": "5 days"}
STEPS = [{"mail": {"touch": "offer", "via": ["sms"], "experiment": {"arms": ["warm", "plain"], "learn": "thompson"}}}]
JOURNEYS = {
    "offer": {"enter": {"event": "ordered"}, "holdout": "20%", "goal": GOAL, "steps": STEPS},
    "expecting": {
        "enter": {"event": "ordered"},
        "holdout": "30%",
        "goal": {**GOAL, "expect": {"rate": "10%", "lift": "5%", "customers": 9000}},
        "steps": [{"rest": {"wait": "1 day"}}],
    },
    "aimless": {"enter": {"event": "ordered"}, "steps": [{"rest": {"wait": "1 day"}}]},
    "sure": {"enter": {"event": "ordered"}, "goal": GOAL, "steps": [{"rest": {"wait": "1 day"}}]},
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    with TinyBank(tmp_path_factory.mktemp("bank"), journeys=JOURNEYS, events={"ordered": {}, "paid": {}}) as made:
        made.customers(*range(1, 1201))
        for day in range(3):
            made.events([("ordered", n, T + day * DAY) for n in range(1 + 400 * day, 401 + 400 * day)])
            made.run(T + day * DAY)
            made.events([("paid", n, T + day * DAY + DAY / 2) for n in range(1 + 400 * day, 401 + 400 * day) if n % 4 == 0])
        made.run(T + 7 * DAY)
        made.run_whole(T + 12 * DAY)
        yield made


def tonglu(bank, *arguments, code=0):
    result = CliRunner().invoke(app, [*arguments, "--project", str(bank.root)])
    assert result.exit_code == code, result.stderr
    return result


def told(bank, *arguments):
    return json.loads(tonglu(bank, *arguments, "--json").stdout)


def test_power_tells_the_days_until_a_lift_is_seen(bank):
    found = told(bank, "power", "offer", "--rate", "10%", "--lift", "0.05", "--a-day", "50")
    mine = next(one for one in found["always"] if one["holdout"] == 0.2)
    assert mine["controls"] == controls_needed(0.1, 0.05, 0.2, always_valid=True)
    assert mine["customers"] == pytest.approx(mine["controls"] / 0.2, abs=1)
    assert mine["days"] == pytest.approx(mine["customers"] / 50 + 5, abs=1)
    assert found["once"]["controls"] == controls_needed(0.1, 0.05, 0.2)
    assert found["once"]["days"] < mine["days"]
    lifts = [lift for _, lift in found["visible"]]
    assert lifts == sorted(lifts, reverse=True)


def test_clusters_need_more(bank):
    plain, clustered = (
        told(bank, "power", "offer", "--rate", "10%", "--lift", "5%", "--a-day", "50", "--design", design)["once"]["controls"]
        for design in ("1", "2")
    )
    assert clustered == pytest.approx(2 * plain, abs=1)


def test_power_takes_what_the_goal_expects_and_else_what_was_measured(bank):
    found = told(bank, "power", "expecting", "--a-day", "100")
    assert (found["rate"], found["lift"], found["rate_from"]) == (0.1, 0.05, "expected in the journey")
    found = told(bank, "power", "offer", "--a-day", "100")
    assert found["rate_from"] == "measured of its controls"
    assert found["rate"] == pytest.approx(0.25, abs=0.1)
    assert found["lift"] == pytest.approx(found["rate"] / 10)


def test_power_says_when_nobody_enters(bank):
    said = tonglu(bank, "power", "expecting", "--a-day", "0").stdout
    assert "sees the effect that matters never" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("power", "aimless"), "has no goal"),
        (("power", "sure"), "holds nobody out"),
        (("power", "offer", "--rate", "lots"), "'lots' is no share"),
        (("power", "offer", "--rate", "99%", "--lift", "5%"), "cannot be"),
        (("evaluate",), "judges a journey, or a log"),
        (("evaluate", "offer", "--policy", "wram"), "no exposure had the arm 'wram'"),
        (("evaluate", "offer", "--policy", "warm=70%,plain=70%"), "the shares come to 140.0%"),
        (("evaluate", "offer", "--policy", "warm=x"), "is no arm with its share"),
        (("evaluate", "offer", "--step", "mial"), "no arm was drawn at a step 'mial'"),
        (("evaluate", "offer", "--goal", "piad"), "has no goal 'piad'"),
        (("evaluate", "offer", "--learned-in", "1"), "by run 1 nothing was learned"),
        (("evaluate", "sure"), "has shown anything yet"),
        (("evaluate", "--log", "nowhere.csv"), "there is no file"),
    ],
)
def test_what_cannot_be_told_is_said_with_its_reason(bank, arguments, said):
    assert said in tonglu(bank, *arguments, code=2).stderr


def test_a_policy_is_judged_by_the_journeys_own_log(bank):
    found = told(bank, "evaluate", "offer", "--policy", "equal")
    assert found["refused"] is None
    assert found["support"]["n"] > 800
    assert found["snips"]["low"] < 0.25 < found["snips"]["high"]
    one = told(bank, "evaluate", "offer", "--policy", "warm")
    assert one["policy"][""] == {"plain": 0.0, "warm": 1.0}
    assert one["support"]["effective"] < found["support"]["effective"]
    assert "as played" in tonglu(bank, "evaluate", "offer", "--policy", "warm=50%,plain=50%").stdout


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,1.5,0", "1 rows of the log cannot be used"),
        (",0.5,1", "1 rows of the log cannot be used"),
        ("a,0.5,much", "cannot be read"),
    ],
)
def test_a_log_that_cannot_be_used_is_refused(bank, tmp_path, row, said):
    log = tmp_path / "log.csv"
    log.write_text("arm,propensity,outcome\na,0.5,1\nb,0.5,0\n" + row + "\n", encoding="utf-8")
    assert said in tonglu(bank, "evaluate", "--log", str(log), code=2).stderr


def test_a_log_needs_its_columns(bank, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("arm,propensty,outcome\na,0.5,1\n", encoding="utf-8")
    said = tonglu(bank, "evaluate", "--log", str(log), code=2).stderr
    assert "no column 'propensity'" in said
    assert "propensty" in said
