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


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("caps", [{"purpose": "marketng", "at_most": 1, "within": "1 day"}]),
        ("dwell", [{"purpose": "marketng", "at_least": "1 day"}]),
        ("caps", [{"purpose": "marketing", "at_most": 1, "within": "0 days"}]),
        ("dwell", [{"at_least": "0 days"}]),
        ("exclusions", [{"topic": "any", "within": "0 days"}]),
        ("consent", {"complaint_hold": "0 days"}),
        ("suitability", {"rules": [{"rule": "a", "tests": "cooling_off", "events": ["x"], "within": "0 days", "regulation": "r", "evidence": "D"}]}),
    ],
)  # fmt: skip
def test_what_would_protect_nobody_is_refused(section, text):
    with pytest.raises(ValidationError, match=r"zero length|should be|must be"):
        Policy.model_validate({section: text})


def warned(bank, *codes):
    return [one.message for one in bank.place.definitions.warnings if one.code in codes]


OFFER = {"enter": {"event": "ordered"}, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}]}


@pytest.mark.parametrize(("purpose", "expected"), [("service", 3), ("care", 3), ("regulatory", 0)])
def test_a_purpose_that_skips_what_protects_the_customer_is_warned_of(tiny, purpose, expected):
    gates = ["suitable", "risk", "consent", "contact_policy"]
    bank = tiny(journeys={"offer": OFFER}, policy={"purposes": {purpose: {"skips": gates}}})
    assert len(warned(bank, "TL845")) == expected


@pytest.mark.parametrize(
    ("policy", "several"),
    [
        ({"per_run": 5}, True),
        ({"per_run": 1}, False),
        ({"per_run": 5, "caps": [{"purpose": "marketing", "at_most": 1, "within": "1 day"}]}, False),
        ({"per_run": 5, "caps": [{"at_most": 2, "within": "1 day"}]}, False),
        ({"per_run": 5, "caps": [{"purpose": "marketing", "at_most": 9, "within": "1 day"}]}, True),
        ({"per_run": 5, "caps": [{"purpose": "marketing", "channel": "sms", "at_most": 1, "within": "1 day"}]}, True),
        ({"per_run": 5, "caps": [{"purpose": "service", "at_most": 1, "within": "1 day"}]}, True),
        ({"per_run": 5, "dwell": [{"at_least": "1 hour"}]}, False),
    ],
)
def test_several_offers_to_one_customer_in_one_run_are_warned_of(tiny, policy, several):
    bank = tiny(journeys={"a": OFFER, "b": OFFER, "c": OFFER, "d": {**OFFER, "purpose": "care"}}, policy=policy)
    said = "one customer may get 3 marketing touches in one run: per_run allows 5, and no cap holds them to fewer"
    assert warned(bank, "TL846") == [said] * several


RATING = {"tests": "rating", "regulation": "r", "evidence": "D"}


@pytest.mark.parametrize(
    ("rules", "last"),
    [
        ([{"rule": "now", "from": "2026-02-01"}], None),
        ([{"rule": "now", "from": "2026-02-01"}, {"rule": "before", "until": "2026-01-31"}], None),
        ([{"rule": "before", "until": "2026-01-31"}], "2026-01-31"),
        ([{"rule": "before", "until": "2026-01-31"}, {"rule": "off", "enabled": False}], "2026-01-31"),
    ],
)
def test_the_last_rule_about_ratings_that_ends_is_warned_of(tiny, rules, last):
    suitability = {"reads": {"rating": "risk_rating"}, "rules": [{**RATING, **rule} for rule in rules]}
    message = {
        "product": {"kind": "wealth", "risk": "R2"},
        "text": {"sms": {"body": "您好"}},
    }
    bank = tiny(
        journeys={"offer": OFFER},
        messages={"hello": message},
        attributes={"risk_rating": "text"},
        policy={"suitability": suitability},
    )
    expected = (
        [f"after {last} no suitability rule judges a product of kind 'wealth', and it is offered to nobody"] if last else []
    )
    assert warned(bank, "TL625") == expected
