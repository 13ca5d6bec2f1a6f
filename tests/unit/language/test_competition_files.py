"""Policy of competition: what is refused, with its code and what to write instead; what a purpose may skip."""

from datetime import date, time

import pytest
from pydantic import ValidationError

from tonglu.core.errors import InputError
from tonglu.core.workdays import ChineseCalendar
from tonglu.language.hours import DayHours, Days, OpenHours, windows_on
from tonglu.language.policy import Policy


def code_of(**sections):
    with pytest.raises(ValidationError) as refused:
        Policy.model_validate(sections)
    return refused.value.errors()[0]["ctx"]["code"]


@pytest.mark.parametrize(
    ("code", "sections"),
    [
        ("TL840", {"open_hours": {"sms": "14:00-21:00, 08:00-12:00"}}),
        ("TL840", {"open_hours": {"sms": "08:00-12:00, 11:00-21:00"}}),
        ("TL840", {"open_hours": {"sms": "closed"}}),
        ("TL840", {"open_hours": {"sms": {"workdays": "closed", "weekends": "closed"}}}),
        (
            "TL840",
            {
                "open_hours": {
                    "sms": {"groups": [{"segment": "a", "hours": "08:00-09:00"}, {"segment": "a", "hours": "09:00-10:00"}]}
                }
            },
        ),
        ("TL841", {"exclusions": [{"within": "7 days"}]}),
        ("TL841", {"exclusions": [{"journeys": ["a", "b"], "topic": "any", "within": "7 days"}]}),
        ("TL841", {"exclusions": [{"journeys": ["a", "a"], "within": "7 days"}]}),
        ("TL801", {"exclusions": [{"topic": "any", "within": "7 days"}] * 2}),
        ("TL842", {"arbitration": {"context": [{"when": "age > 1", "weight": 11}]}}),
        ("TL842", {"arbitration": {"context": [{"when": "age > 1", "weight": 0.12345}]}}),
        ("TL842", {"arbitration": {"context": [{"when": "age > 1", "weight": "much"}]}}),
    ],
)
def test_what_cannot_be_is_refused(code, sections):
    assert code_of(**sections) == code


def test_hours_read_the_same_from_what_they_are_written_to():
    policy = Policy.model_validate(
        {"open_hours": {"sms": {"default": "08:00-12:00, 14:00-24:00", "weekends": "closed"}, "call": "09:00-20:00"}}
    )
    assert Policy.model_validate_json(policy.model_dump_json()) == policy
    assert (str(policy.open_hours["call"]), str(policy.open_hours["sms"])) == (
        "09:00-20:00",
        "08:00-12:00, 14:00-24:00; weekends closed",
    )


def test_a_day_that_nobody_knows_has_what_both_kinds_of_day_allow():
    rule = OpenHours.model_validate({"default": "08:00-12:00, 14:00-21:00", "weekends": "10:00-19:00"})
    days = Days(ChineseCalendar(), date(2026, 3, 2))
    assert windows_on(rule, date(2026, 3, 7), days) == ((time(10), time(19)),)
    assert windows_on(rule, date(2030, 3, 7), days) == ((time(10), time(12)), (time(14), time(19)))
    assert str(DayHours.read("closed").within(rule.default)) == "closed"


@pytest.mark.parametrize("gate", ["consent", "journey_live", "eligible", "reachable"])
def test_marketing_may_not_skip_what_protects_the_customer(tiny, gate):
    steps = [{"hi": {"touch": "hello", "via": ["sms"]}}]
    bank = tiny(
        journeys={"a": {"enter": {"event": "ordered"}, "steps": steps}}, policy={"purposes": {"marketing": {"skips": [gate]}}}
    )
    with pytest.raises(InputError, match="TL843"):
        _ = bank.place.definitions


@pytest.mark.parametrize(
    ("code", "policy"),
    [
        ("TL201", {"open_hours": {"sms": {"groups": [{"segment": "nobody", "hours": "08:00-09:00"}]}}}),
        ("TL203", {"arbitration": {"context": [{"when": "wealthy = true", "weight": 2}]}}),
        ("TL844", {"consent": {"complaint_hold": "30 days"}}),
    ],
)
def test_names_of_the_policy_that_nothing_else_knows_are_found_at_their_place(tiny, code, policy):
    steps = [{"hi": {"touch": "hello", "via": ["sms"]}}]
    bank = tiny(journeys={"a": {"enter": {"event": "ordered"}, "steps": steps, "purpose": "service"}}, policy=policy)
    with pytest.raises(InputError) as refused:
        _ = bank.place.definitions
    assert [(one.code, one.place.path, one.place.line) for one in refused.value.findings] == [(code, "journeys/policy.yaml", 1)]


def test_an_exclusion_of_a_journey_that_does_not_exist_is_warned_of(tiny):
    steps = [{"hi": {"touch": "hello", "via": ["sms"]}}]
    policy = {"exclusions": [{"journeys": ["a", "gone"], "within": "7 days"}], "caps": [{"at_most": 9, "within": "1 day"}]}
    bank = tiny(journeys={"a": {"enter": {"event": "ordered"}, "steps": steps}}, policy=policy)
    assert [one.code for one in bank.place.definitions.warnings] == ["TL213"]
