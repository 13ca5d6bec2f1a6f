"""What was scarce, for people and for programs."""

import json

import pytest
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.render.limits import group_name
from tonglu.testing import TinyBank, at

T = at("2026-03-02 10:00")


def test_the_command_shows_each_limit_with_its_price_and_how_good_the_whole_is(tmp_path):
    journey = {
        "enter": {"event": "begin"},
        "goal": {"event": "paid", "value": 160, "within": "7 days"},
        "steps": [{"hi": {"touch": "hello", "via": ["sms"], "valid_for": "1 hour"}}],
    }
    limits = {
        "priority": ["first", "second"],
        "capacity": [{"name": "daily", "channel": "sms", "at_most": 2, "per": "day"}],
        "budget": [{"name": "wallet", "channel": "sms", "at_most": 9, "per": "month"}],
    }
    channels = {"sms": {"cost": 0.5}}
    with TinyBank(tmp_path, journeys={"greet": journey}, channels=channels, policy={"per_run": 9, **limits}) as bank:
        bank.customers(*range(1, 6))
        bank.events([("begin", number, T) for number in range(1, 6)])
        bank.run_whole(T)
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["limits", "-C", str(tmp_path)])
    assert shown.exit_code == 0
    assert "one more sms is worth 3.20 yuan" in shown.stdout
    assert "1.00 yuan" in shown.stdout
    told = json.loads(CliRunner().invoke(app, ["limits", "-C", str(tmp_path), "--json"]).stdout)
    by_name = {one["limit_name"]: one for one in told["limits"]}
    assert (by_name["daily"]["used"], by_name["daily"]["at_most"], by_name["daily"]["left_out"]) == (2, 2, 3)
    assert (by_name["wallet"]["used"], by_name["wallet"]["shadow_price"]) == (1, None)
    [whole] = told["allocation"]
    assert "no group" in shown.stdout
    assert (whole["priority"], whole["group"]) == (2, "no group")
    assert (whole["proposals"], whole["placed"], float(whole["value_reached"]), whole["gap"]) == (5, 2, 6.4, 0)


@pytest.mark.parametrize(
    ("priority", "groups", "name"), [(0, ["care", "offer"], "care"), (2, ["care", "offer"], "no group"), (0, [], "all")]
)
def test_a_priority_group_is_called_by_its_name(priority, groups, name):
    assert group_name(priority, groups) == name
