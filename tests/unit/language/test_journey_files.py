"""Journeys as authors write them, and every way in which their structure can be wrong."""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from pydantic import BaseModel

from tonglu.core.errors import Place
from tonglu.language.expression import ColumnType
from tonglu.language.journey import Journey, journey_of, read_journey
from tonglu.language.loader import check_condition
from tonglu.language.values import Again, Authored, Condition, Duration, EventName, Limit, Name
from tonglu.language.yamlfile import parse_yaml


class TouchFields(Authored):
    touch: Name
    via: tuple[Name, ...]
    wait: bool = False
    when: Condition | None = None
    experiment: dict[str, object] | None = None


class WaitFields(Authored):
    wait: Duration
    otherwise: Name | None = None


class Waited(Authored):
    event: EventName
    where: Condition | None = None


class WaitForFields(Authored):
    wait_for: Waited | list[Waited]
    within: Duration
    otherwise: Name | None = None


class ExperimentFields(Authored):
    experiment: dict[str, object]


class EndFields(Authored):
    end: Name


@dataclass(frozen=True)
class Kind:
    name: str
    fields: type[BaseModel]


FIELDS = {"touch": TouchFields, "wait": WaitFields, "wait_for": WaitForFields, "experiment": ExperimentFields, "end": EndFields}
KINDS = {name: Kind(name, fields) for name, fields in FIELDS.items()}
GOOD = """\
journey: companion
title: {zh: 陪伴, en: Companion}
purpose: marketing
owner: retail
enter: {segment: payroll_new, again: after 90 days, limit: 50000 per day}
holdout: 10%
goal: {event: product_opened, where: "product = 'salary_plan'", value: 120, within: 30 days}
exit: [{segment: closed_account}, {event: complaint_opened}]
steps:
  - greet: {touch: welcome, via: [app_push, sms], wait: true, experiment: {arms: [warm, plain]}}
  - settle: {wait: 3 days}
  - seen: {wait_for: {event: app_login, where: "device = 'phone'"}, within: 4 days, otherwise: done}
  - done: {end: completed}
"""


def read(text):
    findings = []
    return journey_of(parse_yaml(text, "journeys/companion.yaml"), KINDS, findings), findings


def found(old, new):
    assert old in GOOD
    journey, findings = read(GOOD.replace(old, new))
    assert journey is None
    return findings


def test_a_good_journey_is_read_whole():
    journey, findings = read(GOOD)
    assert findings == []
    header = journey.header
    assert (header.enter.segment, header.enter.again) == ("payroll_new", Again("after", timedelta(days=90)))
    assert header.enter.limit == (Limit(50000, "day"),)
    assert (header.holdout, header.goal.value, header.goal.within, header.goal.called) == (
        0.1,
        12000,
        timedelta(days=30),
        "product_opened",
    )
    assert [(step.name, step.kind) for step in journey.steps] == [
        ("greet", "touch"), ("settle", "wait"), ("seen", "wait_for"), ("done", "end"),
    ]  # fmt: skip
    assert journey.steps[1].place == Place("journeys/companion.yaml", 11, 5)
    assert journey.file.at(journey.steps[1].loc) == {"wait": "3 days"}


def test_the_hash_is_of_what_is_said_and_not_of_how_it_is_written():
    same = "# a comment\n" + GOOD.replace("wait: 3 days", "wait:   72 hours").replace(
        "holdout: 10%", "holdout: 0.1\non_goal: exit"
    ).replace("product = 'salary_plan'", "(product  =  'salary_plan')").replace(
        "exit: [{segment: closed_account}, {event: complaint_opened}]",
        "exit:\n- segment: closed_account\n- event: complaint_opened",
    )
    journey, other = read(GOOD)[0], read(same)[0]
    assert isinstance(other, Journey)
    assert journey.normalised == other.normalised
    assert len(journey.hash) == 16
    changed = read(GOOD.replace("wait: 3 days", "wait: 4 days"))[0]
    assert changed.hash != journey.hash
    assert json.loads(journey.normalised)["steps"][1] == ["settle", "wait", {"wait": "3 days"}]


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "word"),
    [
        ("purpose: marketing", "purpose: marketin", "TL124", 3, 10, "Did you mean 'marketing'"),
        ("owner: retail", "owner: 7", "TL122", 4, 8, "quotes"),
        ("owner: retail", "owner: retail\nholdut: 3%", "TL120", 5, 1, "Did you mean 'holdout'"),
        ("owner: retail\n", "", "TL121", 1, 1, "'owner' is missing"),
        ("{zh: 陪伴, en: Companion}", "Companion", "TL123", 2, 8, "zh"),
        ("en: Companion}", "fr: Compagnon}", "TL121", 2, 1, "'en' is missing"),
        ("again: after 90 days", "agian: never", "TL120", 5, 31, "Did you mean 'again'"),
        ("50000 per day", "50000 a day", "TL123", 5, 60, "per day"),
        ("segment: payroll_new, ", "", "TL406", 5, 1, "does not say who"),
        ("segment: payroll_new, ", "segment: a, event: b, ", "TL406", 5, 1, "both"),
        ("segment: payroll_new, ", "segment: a, fresh: 1 day, ", "TL406", 5, 1, "instant"),
        ("segment: payroll_new, ", "event: a, enrolment: both, ", "TL406", 5, 1, "segment"),
        ("limit: 50000 per day", "limit: [1 per day, 2 per day]", "TL406", 5, 1, "same kind"),
        ("holdout: 10%", "holdout: 10", "TL123", 6, 10, "10%"),
        ("product = 'salary_plan'", "product = = 'salary_plan'", "TL301", 7, 49, "="),
        ("within: 30 days", "within: 30 dayz", "TL123", 7, 85, "duration"),
        ("goal: {", "goals: [{event: a, within: 1 day}]\ngoal: {", "TL407", 1, 1, "both"),
        ("{segment: closed_account}", "{segment: a, left: b}", "TL408", 8, 8, "exactly one"),
        ("{segment: closed_account}", "{segment: a, where: b}", "TL408", 8, 8, "event"),
        ("purpose: marketing", "purpose: regulatory", "TL409", 1, 1, "control group"),
        ("owner: retail", "owner: retail\nlive: {from: 2026-12-02, until: 2026-12-01}", "TL410", 5, 1, "until"),
        ("journey: companion", "journey: companionship", "TL210", 1, 10, "companion"),
        ("- done: {end: completed}", "- settle: {end: completed}", "TL401", 13, 5, "line 11"),
        ("{wait: 3 days}", "{wiat: 3 days}", "TL402", 11, 5, "Did you mean 'wait'"),
        ("{wait: 3 days}", "{wait: 3 days, end: x}", "TL403", 11, 28, "Make two steps"),
        ("- settle: {wait: 3 days}", "- settle", "TL404", 11, 5, "no name"),
        ("- settle: {wait: 3 days}", "- {a: {wait: 3 days}, b: {wait: 3 days}}", "TL404", 11, 5, "more than one name"),
        ("- settle: {wait: 3 days}", "- Settle: {wait: 3 days}", "TL404", 11, 5, "small letter"),
        ("- settle: {wait: 3 days}", "- settle: wait", "TL404", 11, 13, "not a mapping"),
        ("{wait: 3 days}", "{wait: 3 days, otherwse: x}", "TL120", 11, 28, "Did you mean 'otherwise'"),
        ("{event: app_login, ", "{evnt: app_login, ", "TL120", 12, 23, "Did you mean 'event'"),
        ("[app_push, sms]", "sms", "TL122", 10, 34, "a list"),
        ("wait: true", "wait: maybe", "TL122", 10, 57, "true or false"),
    ],
)
def test_a_mistake_has_its_code_its_place_and_a_hint(old, new, code, line, column, word):
    findings = found(old, new)
    matching = [finding for finding in findings if finding.code == code]
    assert matching, [str(finding) for finding in findings]
    assert (matching[0].place.line, matching[0].place.column) == (line, column)
    assert word in str(matching[0])


def test_all_mistakes_are_found_at_once():
    text = (
        GOOD.replace("purpose:", "purpse:")
        .replace("per day", "per dy")
        .replace("{wait: 3 days}", "{wiat: 3 days}")
        .replace("4 days", "4 dayz")
    )
    journey, findings = read(text)
    assert journey is None
    assert {finding.code for finding in findings} == {"TL120", "TL121", "TL123", "TL402"}
    assert {finding.place.line for finding in findings} == {1, 3, 5, 11, 12}


@pytest.mark.parametrize(("steps", "code"), [("steps: []", "TL405"), ("steps: x", "TL122"), ("", "TL121")])
def test_a_journey_without_steps_is_refused(steps, code):
    _, findings = read(GOOD[: GOOD.index("steps:")] + steps)
    assert [finding.code for finding in findings] == [code]


def test_a_key_that_names_a_kind_but_belongs_to_another_one_is_no_second_kind():
    assert read(GOOD)[0].steps[0].kind == "touch"


def test_several_goals_have_names_of_their_own():
    goals = "goals: [{event: a, within: 1 day}, {name: kept, event: a, within: 2 days}]"
    journey, findings = read(GOOD.replace(GOOD[GOOD.index("goal: {") : GOOD.index("exit:")], goals + "\n"))
    assert findings == []
    assert [goal.called for goal in journey.header.all_goals] == ["a", "kept"]


def test_a_single_exit_or_limit_needs_no_list_and_randomise_takes_by():
    text = GOOD.replace(
        "exit: [{segment: closed_account}, {event: complaint_opened}]",
        "exit: {segment: closed_account}\nrandomise: {by: employer}",
    )
    header = read(text)[0].header
    assert ([one.segment for one in header.exit], header.randomise) == (["closed_account"], "employer")


@pytest.mark.parametrize("text", ["", "- a\n", "just text", "a: [1"])
def test_what_is_no_mapping_gives_findings_and_no_journey(text):
    journey, findings = read(text)
    assert journey is None
    assert findings


def test_a_file_is_read_from_disk(tmp_path):
    path = tmp_path / "companion.yaml"
    path.write_text(GOOD, encoding="utf-8")
    findings = []
    assert read_journey(path, "journeys/companion.yaml", KINDS, findings).name == "companion"
    assert findings == []


def test_a_condition_is_checked_against_what_is_known_at_its_place_in_the_file():
    journey, findings = read(GOOD)
    loc = ("steps", 2, "seen", "wait_for", "where")
    written = journey.steps[2].fields.wait_for.where
    assert check_condition(journey.file, loc, written, {"device": ColumnType.TEXT}, findings)
    assert not check_condition(journey.file, loc, written, {"devise": ColumnType.TEXT}, findings)
    assert check_condition(journey.file, loc, None, {}, findings)
    [finding] = findings
    assert (finding.code, finding.place.line, finding.place.column) == ("TL203", 12, 49)
    assert finding.hint == "Did you mean 'devise'?"
