"""What reads well and makes no sense: cycles that take no time, and what can never happen."""

from pathlib import Path

import pytest

from tonglu.app.definitions import read_definitions
from tonglu.compile.check import check_journey
from tonglu.language.journey import journey_of
from tonglu.language.yamlfile import parse_yaml
from tonglu.steps import step_kinds

BANK = Path(__file__).parents[2] / "examples" / "bank"
HEADER = {
    "journey": "welcome",
    "title": "{zh: 欢迎旅程, en: Welcome}",
    "purpose": "marketing",
    "owner": "retail",
    "enter": "{segment: payroll_new}",
    "holdout": "10%",
    "goal": "{event: product_opened, within: 30 days}",
}
DONE = "- done: {end: accompanied}"
FORK = '- fork: {branch: [{when: "age > 200", go: done}, {else: rest}]}'
BACK = f"- back: {{go: rest}}\n{DONE}"


@pytest.fixture(scope="module")
def bank():
    return read_definitions(BANK)


@pytest.fixture
def codes(bank):
    """The codes that a journey gives, the header's keys replaced by those given."""

    def of(steps=DONE, **header):
        text = "\n".join(f"{key}: {value}" for key, value in {**HEADER, **header}.items())
        text += "\nsteps:\n" + "\n".join(f"  {line}" for line in steps.splitlines())
        findings = []
        journey = journey_of(parse_yaml(text, "journeys/welcome.yaml"), step_kinds(), findings)
        if journey is not None:
            check_journey(journey, bank.known, bank.messages, bank.policy, findings)
        of.findings = findings
        return [finding.code for finding in findings]

    return of


@pytest.mark.parametrize(
    "rest",
    [
        "{wait: 0 days}",
        '{wait: {until: "2026-04-01 09:00"}}',
        '{wait: {hours: "09:00-18:00"}}',
        "{wait: {days: workdays}}",
        "{wait: {date: opened_on, plus: 3 days}}",
        "{wait: {date: opened_on, minus: 3 days}}",
        "{wait: {pay_day: 0}}",
        "{wait: {pay_day: 1}}",
        "{wait_for: {segment: youth}, within: 3 days}",
        "{wait_for: {left: youth}, within: 3 days}",
        '{wait_for: {when: "age > 3"}, within: 3 days}',
        "{wait_for: {event: product_opened}, within: 0 days}",
    ],
)
def test_a_cycle_whose_waits_may_take_no_time_is_refused(codes, rest):
    assert "TL412" in codes(f"- rest: {rest}\n- note: {{set: {{seen: true}}}}\n{FORK}\n{DONE}")


@pytest.mark.parametrize(
    "rest",
    [
        "{wait: 1 hour}",
        "{wait: {workdays: 1}}",
        '{wait: {workdays: 1, at: "09:00"}}',
        "{wait_for: {event: product_opened}, within: 3 days}",
        "{wait_for: {segment: youth, go: done}, within: 3 days}",
    ],
)
def test_a_cycle_that_takes_time_every_way_round_is_fine(codes, rest):
    assert codes(f"- rest: {rest}\n- note: {{set: {{seen: true}}}}\n{FORK}\n{DONE}") == []


def test_one_way_round_without_time_is_enough_to_refuse_a_cycle(codes):
    steps = '- fork: {branch: [{when: "age > 60", go: rest}, {else: note}]}'
    steps += "\n- rest: {wait: 3 days, next: fork}\n- note: {set: {seen: true}, next: fork}"
    assert "TL412" in codes(steps)
    assert "fork -> note -> fork" in next(one.message for one in codes.findings if one.code == "TL412")


def test_a_touch_is_no_wait(codes):
    assert "TL412" in codes(f"- rest: {{touch: welcome, via: [sms]}}\n{FORK}\n{DONE}")
    assert "TL412" in codes(
        f'- rest: {{touch: welcome, via: [sms]}}\n- seen: {{wait_for: {{when: "age > 3"}}, within: 3 days}}\n{BACK}'
    )
