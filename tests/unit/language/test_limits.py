"""Capacity and budget as they are written, and what is found wrong in them."""

import pytest

from tonglu.core.errors import Severity
from tonglu.language.allocation import check_limits, limits_of
from tonglu.language.channels import read_channels
from tonglu.language.policy import read_policy

KNOWN = {
    "channels": {"sms": 5, "call": 0},
    "journeys": ["welcome"],
    "profile": ["branch_id"],
    "tables": {"staffing": ["branch_id", "calls"]},
    "worked": ["call"],
}


@pytest.fixture
def found(tmp_path):
    def read(text):
        path, findings = tmp_path / "policy.yaml", []
        path.write_text(f"policy: bank\n{text}\n", encoding="utf-8")
        policy, file = read_policy(path, "policy.yaml", findings)
        if policy is not None:
            check_limits(policy.capacity, policy.budget, file, findings, **KNOWN)
        return policy, findings

    return read


def test_limits_are_read_and_called_by_what_they_say(found):
    policy, findings = found(
        "capacity:\n  - {channel: call, by: branch, at_most: 40, per: day, each: {17: 60}}\n"
        "budget:\n  - {channel: sms, at_most: 3000 yuan, per: day}\n  - {purpose: marketing, at_most: 12.50, per: month}"
    )
    assert findings == []
    told = [(one.gate, one.name, one.by, one.at_most, dict(one.each)) for one in limits_of(policy.capacity, policy.budget)]
    assert told == [
        ("capacity", "call_by_branch_40_per_day", "branch", 40, {"17": 60}),
        ("budget", "sms_3000_yuan_per_day", None, 300_000, {}),
        ("budget", "marketing_12_5_per_month", None, 1250, {}),
    ]


def test_a_policy_keeps_its_limits_when_it_is_written_down_and_read_again(found):
    policy, _ = found("budget: [{channel: sms, at_most: 3000.05, per: day}]")
    assert type(policy).model_validate_json(policy.model_dump_json()) == policy


@pytest.mark.parametrize(
    ("text", "code", "line", "severity"),
    [
        ("budget:\n  - {journey: welcom, at_most: 1, per: day}", "TL870", 3, Severity.ERROR),
        ("capacity:\n  - {channel: sms, by: employee, at_most: 1, per: day}", "TL871", 3, Severity.ERROR),
        ("capacity:\n  - {channel: sms, at_most: 1, per: day, each: {17: 2}}", "TL872", 3, Severity.ERROR),
        (
            "capacity:\n  - {channel: sms, by: branch, at_most: 1, per: day, figures: {table: staff, unit: branch_id, at_most: calls}}",
            "TL873",
            3,
            Severity.ERROR,
        ),
        (
            "capacity:\n  - {channel: sms, by: branch, at_most: 1, per: day, figures: {table: staffing, unit: branch, at_most: calls}}",
            "TL873",
            3,
            Severity.ERROR,
        ),
        ("budget:\n  - {channel: call, at_most: 1, per: day}", "TL874", 3, Severity.WARNING),
        ("capacity:\n  - {channel: smss, at_most: 1, per: day}", "TL208", 3, Severity.WARNING),
        ("capacity:\n  - {channel: sms, at_most: -1, per: day}", "TL125", 3, Severity.ERROR),
        ("capacity:\n  - {channel: sms, at_most: 1, per: week}", "TL124", 3, Severity.ERROR),
        ("budget:\n  - {channel: sms, at_most: -1, per: day}", "TL125", 3, Severity.ERROR),
        ("budget: [{name: a, at_most: 1, per: day}, {name: a, at_most: 2, per: day}]", "TL801", 1, Severity.ERROR),
    ],
)
def test_what_is_wrong_is_found_at_its_place(found, text, code, line, severity):
    _, findings = found(text)
    assert [(one.code, one.place.line, one.severity) for one in findings] == [(code, line, severity)]


def test_a_channel_of_people_has_one_limit_by_employee(found, monkeypatch):
    monkeypatch.setitem(KNOWN, "profile", ["branch_id", "manager_id"])
    two = (
        "capacity:\n  - {channel: CH, by: employee, at_most: 9, per: day}\n  - {channel: CH, by: employee, at_most: 2, per: hour}"
    )
    _, findings = found(two.replace("CH", "call"))
    assert [(one.code, one.place.line, one.severity) for one in findings] == [("TL875", 4, Severity.ERROR)]
    assert found(two.replace("CH", "sms"))[1] == []


def test_a_touch_cannot_cost_less_than_nothing(tmp_path):
    path, findings = tmp_path / "channels.yaml", []
    path.write_text("channels:\n  sms: {kind: file, title: {zh: 短信, en: SMS}, cost: -0.05}\n", encoding="utf-8")
    read_channels(path, "channels.yaml", findings)
    assert [(one.code, one.place.line) for one in findings] == [("TL125", 2)]
