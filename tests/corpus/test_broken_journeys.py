"""A corpus of broken journeys: every one gives a located finding with the right code, none is accepted, none brings a traceback."""

import io
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.corpus.mutations import CODES, broken

from tonglu.app.definitions import read_definitions
from tonglu.compile.check import check_journey
from tonglu.compile.together import check_together
from tonglu.language.journey import journey_of
from tonglu.language.message import MessageFile
from tonglu.language.yamlfile import parse_yaml, read_yaml
from tonglu.steps import step_kinds

ROOT = Path(__file__).parents[2]
ASIDE = ("policy", "channels")
NOTE = {
    "message": "note",
    "title": {"zh": "提醒", "en": "Note"},
    "text": {"app_push": {"title": "提醒", "body": "您好"}, "sms": {"body": "您好"}},
}
LOAN = {
    "journey": "loan_care",
    "title": {"zh": "贷款", "en": "Loan"},
    "purpose": "service",
    "owner": "loans",
    "enter": {"event": "loan_stage", "where": "stage = 'approved'", "keyed_by": "loan_id", "fresh": "2 days",
              "again": "always", "limit": "10 per run"},
    "holdout": "10%",
    "goal": {"event": "loan_stage", "where": "stage = 'disbursed'", "within": "30 days", "value": 10},
    "exit": [{"left": "payroll"}, {"when": "in segment open_complaint"}],
    "randomise": "customer",
    "on_goal": "exit",
    "steps": [
        {"office": {"wait": {"hours": "09:00-18:00", "days": "workdays"}}},
        {"tell": {"touch": "note", "via": ["sms"], "when": "age >= 18", "otherwise": "done", "valid_for": "2 days"}},
        {"seen": {"wait_for": [{"event": "app_login", "go": "call"}, {"when": "is_senior", "go": "done"}], "within": "3 days", "otherwise": "done"}},
        {"call": {"task": "note", "via": ["sms"], "next": "done"}},
        {"done": {"end": "accompanied"}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def definitions():
    return read_definitions(ROOT)


@pytest.fixture(scope="module")
def messages(definitions):
    return {**definitions.messages, "note": MessageFile.model_validate(NOTE)}


@pytest.fixture(scope="module")
def good():
    shipped = [path for path in sorted((ROOT / "journeys").glob("*.yaml")) if path.stem not in ASIDE]
    files = [*shipped, Path(__file__).with_name("big_care.yaml")]
    read = [json.loads(json.dumps(read_yaml(path, path.name).data, default=str)) for path in files]
    return [*read, LOAN]


def written(data):
    out = io.StringIO()
    yaml = YAML()
    yaml.width = 100_000
    yaml.dump(data, out)
    return out.getvalue()


def findings_of(data, name, definitions, messages):
    found = []
    journey = journey_of(parse_yaml(written(data), f"journeys/{name}.yaml"), step_kinds(), found)
    if journey is not None:
        check_journey(journey, definitions.known, messages, definitions.policy, found)
        check_together([journey], found)
    return found


def test_the_good_ones_are_good(good, definitions, messages):
    for data in good:
        assert findings_of(data, data["journey"], definitions, messages) == []


def test_every_broken_one_gives_the_right_finding_at_a_place(good, definitions, messages, capsys):
    codes, structures, wrong = Counter(), defaultdict(set), []
    for data in good:
        for code, what, bad in broken(data):
            found = findings_of(bad, data["journey"], definitions, messages)
            codes[code] += 1
            structures[code].add((data["journey"], what))
            mine = [one for one in found if one.code == code]
            if not mine or any(one.place.line < 1 or one.place.column < 1 for one in mine):
                wrong.append((data["journey"], code, what, [(one.code, str(one.place)) for one in found][:3]))
    with capsys.disabled():
        print(f"\n{sum(codes.values())} broken journeys, {len(codes)} codes, {sum(map(len, structures.values()))} structures")
    assert wrong == []
    assert sum(codes.values()) >= 300
    assert set(codes) == {code for code, *_ in CODES}
    once = {"TL212"}  # only a journey with a key can break it
    assert {code for code, count in codes.items() if count < 5} <= once
