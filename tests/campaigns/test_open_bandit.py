"""Propensities that were logged elsewhere (Open Bandit, ZOZOTOWN 2019): judged by `tonglu evaluate`, and refused where they must be."""

import json

import pytest
from tests.campaigns.history import data
from typer.testing import CliRunner

from tonglu.cli.commands import app

DATA = data("open_bandit_small")
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"the data set is not at {DATA}")


def judged(log, policy="equal", *more):
    arguments = ["evaluate", "--log", str(DATA / f"{log}.parquet"), "--arm", "item_id", "--propensity", "propensity_score"]
    result = CliRunner().invoke(app, [*arguments, "--outcome", "click", "--policy", policy, *more, "--json"])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_the_uniform_policy_judged_by_its_own_log_is_what_it_earned():
    found = judged("random_women")
    assert found["refused"] is None
    assert found["support"]["effective"] == pytest.approx(10_000)
    assert found["snips"]["estimate"] == pytest.approx(found["played"]["estimate"]) == pytest.approx(0.0046)


def test_the_uniform_policy_is_refused_by_a_log_in_which_hardly_anything_speaks_of_it():
    found = judged("bts_women")
    assert found["support"]["effective"] == pytest.approx(2.1, abs=0.05)
    assert "2.1 effective rows of 10,000" in found["refused"]
    assert "withheld" in found["snips"]
    assert "estimate" in found["played"]


def test_another_log_carries_the_uniform_policy_and_agrees_with_its_own():
    theirs, ours = judged("random_men")["played"], judged("bts_men")
    assert ours["support"]["effective"] == pytest.approx(656, abs=1)
    assert ours["refused"] is None
    assert ours["snips"]["low"] <= theirs["estimate"] <= ours["snips"]["high"]


def test_a_single_item_that_was_seldom_shown_is_refused():
    assert judged("random_women", "7")["refused"] is None
    assert judged("bts_women", "7")["refused"] is not None
