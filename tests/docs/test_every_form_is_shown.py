"""Every way to enter, to wait, to wait for something and to leave is on the language page, by an example that loads."""

from typing import Any, get_args

import pytest
from ruamel.yaml import YAML
from tests.docs.forms import ALTERNATIVES, ENTRIES, EXITS, WAITS
from tests.docs.generated import ROOT
from tests.examples.stories import BANK, File, laid, lay, lay_bank

from tonglu.app.definitions import read_definitions
from tonglu.compile.check import check_journey
from tonglu.language.calendar_rule import WEEKDAYS, CalendarRule
from tonglu.language.journey import SOURCES, Enter, Exit, journey_of
from tonglu.language.values import Again, Limit
from tonglu.language.yamlfile import parse_yaml
from tonglu.steps import step_kinds
from tonglu.steps.wait import Until
from tonglu.steps.wait_for import AlternativeFields

OTHER = """\
journey: loan_care
title: {zh: 贷款陪伴, en: With a borrower}
purpose: service
owner: loans
enter: {event: loan_stage}
steps: [{hand_on: {enter: welcome}}]
"""
STEPS = """
steps:
  - rest: %s
  - done: {end: accompanied}
"""


def data(forms) -> list[Any]:
    return [YAML(typ="safe").load(form) for form, _ in forms]


def keys(model) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def literals(annotation) -> set[Any]:
    inner = get_args(annotation)
    return {one for one in inner if isinstance(one, str)} | {
        word for one in inner if not isinstance(one, str) for word in literals(one)
    }


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """The small bank, read once, with a second journey in it."""
    root = tmp_path_factory.mktemp("bank")
    lay_bank(root)
    lay(root, File("journeys/loan_care.yaml", OTHER))
    lay(root, File("journeys/welcome.yaml", "enter: {journey: loan_care}\n"))
    return read_definitions(root)


@pytest.fixture
def found(bank):
    """What is found in the bank's journey when it says this."""

    def read(text):
        findings = []
        written = laid((BANK / "journeys/welcome.yaml").read_text(encoding="utf-8"), text.lstrip())
        journey = journey_of(parse_yaml(written, "journeys/welcome.yaml"), step_kinds(), findings)
        if journey is not None:
            check_journey(journey, bank.known, bank.messages, bank.policy, findings)
        return findings

    return read


@pytest.mark.parametrize("form", [form for form, _ in ENTRIES])
def test_a_way_to_enter_loads(found, form):
    assert found(f"enter: {form}\n") == []


@pytest.mark.parametrize("form", [form for form, _ in WAITS])
def test_a_wait_loads(found, form):
    assert found(STEPS % f"{{wait: {form}}}") == []


@pytest.mark.parametrize("form", [form for form, _ in ALTERNATIVES])
def test_what_is_waited_for_loads(found, form):
    assert found(STEPS % f"{{wait_for: [{form}], within: 4 days}}") == []


def test_all_of_them_may_be_waited_for_at_once(found):
    assert found(STEPS % f"{{wait_for: [{', '.join(form for form, _ in ALTERNATIVES)}], within: 4 days}}") == []


@pytest.mark.parametrize("form", [form for form, _ in EXITS])
def test_an_exit_loads(found, form):
    assert found(f"exit: [{form}]\n") == []


def test_no_way_to_enter_is_left_out():
    entries = data(ENTRIES)
    calendars = [one["calendar"] for one in entries if "calendar" in one]
    assert {key for one in entries for key in one} == keys(Enter)
    assert {key for one in entries for key in one} >= set(SOURCES)
    assert {key for one in calendars for key in one} == keys(CalendarRule)
    assert {one["every"] for one in calendars if "every" in one} == literals(CalendarRule.model_fields["every"].annotation)
    shown = "\n".join(form for form, _ in ENTRIES) + "\n".join(meaning for _, meaning in ENTRIES)
    assert all(word in shown for word in literals(Enter.model_fields["enrolment"].annotation) - {"future"})
    assert {Again.read(one["again"]).mode for one in entries if "again" in one} == literals(Again.__annotations__["mode"])
    limits = [limit for one in entries for limit in one.get("limit", ())]
    assert {Limit.read(limit).per for limit in limits} == literals(Limit.__annotations__["per"])


def test_no_wait_is_left_out():
    waits = [one for one in data(WAITS) if isinstance(one, dict)]
    days = [one["days"] for one in waits if "days" in one]
    assert {key for one in waits for key in one} == keys(Until)
    assert {day for day in days if isinstance(day, str)} == literals(Until.model_fields["days"].annotation) - set(WEEKDAYS)
    assert any(isinstance(one, str) for one in data(WAITS))


def test_nothing_that_may_be_waited_for_is_left_out():
    assert {key for one in data(ALTERNATIVES) for key in one} == keys(AlternativeFields)


def test_no_exit_is_left_out():
    assert {key for one in data(EXITS) for key in one} == keys(Exit)


def test_the_pages_of_the_project_name_the_words_of_every_other_file():
    from tonglu.language.channels import ChannelEntry, MaxLength
    from tonglu.language.message import ChannelText, MessageFile, Product
    from tonglu.language.policy import Cap, Dwell, GlobalControl, Learning, Policy, PurposePolicy
    from tonglu.language.project import Alerts, Paths, Project
    from tonglu.language.rehearsal import Case, Expected, RehearsalFile

    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))
    models = (
        Policy,
        GlobalControl,
        PurposePolicy,
        Cap,
        Dwell,
        Learning,
        ChannelEntry,
        MaxLength,
        MessageFile,
        ChannelText,
        Product,
    )
    models += (Project, Alerts, Paths, RehearsalFile, Case, Expected)
    missing = {
        f"{model.__name__}.{key}" for model in models for key in keys(model) if f"{key}:" not in text and f"`{key}`" not in text
    }
    assert missing == set()
