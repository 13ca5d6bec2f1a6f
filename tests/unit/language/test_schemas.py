"""The JSON Schemas: a real validator takes every shipped file and refuses what the readers refuse."""

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tonglu.app.schemas import schemas, write_schemas
from tonglu.language.yamlfile import read_yaml
from tonglu.steps import step_kinds

ROOT = Path(__file__).parents[3]
SCHEMAS = schemas()
ASIDE = ("policy", "channels")
SHIPPED = [
    *(("journey", path) for path in sorted((ROOT / "journeys").glob("*.yaml")) if path.stem not in ASIDE),
    *(("message", path) for path in sorted((ROOT / "journeys/messages").glob("*.yaml"))),
    *(("contract", path) for path in sorted((ROOT / "data/contracts").glob("*.yaml"))),
    *((kind, ROOT / f"journeys/{kind}.yaml") for kind in ASIDE),
    ("project", ROOT / "tonglu.yaml"),
]


def read(path):
    return json.loads(json.dumps(read_yaml(path, path.name).data, default=str))


def faults(kind, data):
    return [error.json_path for error in Draft202012Validator(SCHEMAS[kind]).iter_errors(data)]


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_every_schema_is_one(kind):
    Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize(("kind", "path"), SHIPPED, ids=lambda value: value.stem if isinstance(value, Path) else value)
def test_what_is_shipped_is_valid(kind, path):
    assert faults(kind, read(path)) == []


@pytest.mark.parametrize("name", sorted(step_kinds()))
def test_every_step_kinds_example_is_valid(name, tmp_path):
    (tmp_path / "step.yaml").write_text(step_kinds()[name].example)
    journey = {**read(ROOT / "journeys/payroll_companion.yaml"), "steps": [read(tmp_path / "step.yaml")]}
    assert faults("journey", journey) == []


BASE = {
    "journey": "small",
    "title": {"zh": "小", "en": "Small"},
    "purpose": "marketing",
    "owner": "retail",
    "enter": {"event": "app_login"},
    "steps": [{"rest": {"wait": "3 days"}}],
}
NEW = {
    "calendar": {"enter": {"calendar": {"every": "month", "workday": -1, "at": "09:00"}, "when": "age > 60"}},
    "list": {"enter": {"list": "vip_july", "fresh": "3 days"}},
    "left": {"enter": {"left": "vip", "enrolment": "both"}},
    "other": {"enter": {"journey": ["a", "b"]}},
    "keyed": {"enter": {"event": "loan_stage", "keyed_by": "loan_id"}},
    "window": {"steps": [{"rest": {"wait": {"hours": "09:00-18:00", "days": "workdays"}}}]},
    "days": {"steps": [{"rest": {"wait": {"days": ["monday", "friday"]}}}]},
    "exit": {"exit": [{"when": "age > 60"}]},
    "employer": {"randomise": {"by": "employer"}},
    "limits": {"enter": {"event": "app_login", "limit": ["10 per day", "100 total"]}},
    "branch": {"steps": [{"fork": {"branch": [{"when": "count(app_login, 30 days) > 3", "go": "a"}, {"else": "b"}]}}]},
}


@pytest.mark.parametrize("name", sorted(NEW))
def test_what_the_language_allows_is_valid(name):
    assert faults("journey", {**BASE, **NEW[name]}) == []


WRONG = {
    "no owner": (("owner",), None),
    "unknown purpose": (("purpose",), "selling"),
    "unknown key": (("colour",), "blue"),
    "capital in a name": (("journey",), "Small"),
    "a step of no kind": (("steps",), [{"rest": {"sleep": "3 days"}}]),
    "a step with two names": (("steps",), [{"a": {"end": "x"}, "b": {"end": "y"}}]),
    "no steps": (("steps",), []),
    "an unknown key in a step": (("steps",), [{"rest": {"wait": "3 days", "colour": "blue"}}]),
    "a wait of workdays as text": (("steps",), [{"rest": {"wait": {"workdays": "many"}}}]),
    "month thirteen": (("enter",), {"calendar": {"every": "year", "month": 13, "day": 1}}),
    "an unknown weekday": (("enter",), {"calendar": {"every": "week", "weekday": "someday"}}),
    "a title in one language": (("title",), {"zh": "小"}),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_is_wrong_is_refused(name):
    path, value = WRONG[name]
    data = copy.deepcopy(BASE)
    if value is None:
        del data[path[0]]
    else:
        data[path[0]] = value
    assert faults("journey", data)


def test_they_are_written_for_editors(tmp_path):
    paths = write_schemas(tmp_path / "schemas")
    assert {path.name for path in paths} == {f"{kind}.schema.json" for kind in SCHEMAS}
    first = (ROOT / "journeys/payroll_companion.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../.schemas/journey.schema.json"
