"""Every kind of step says what it is, in one file."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from tonglu.language.journey import kind_of
from tonglu.language.yamlfile import read_yaml
from tonglu.steps import step_kinds
from tonglu.steps.kind import FOLLOWING, StepKind

KINDS = step_kinds()
EXPECTED = {"touch", "wait", "wait_for", "branch", "experiment", "go", "end"}


def body_of(kind: StepKind, tmp_path):
    path = tmp_path / "example.yaml"
    path.write_text(kind.example, encoding="utf-8")
    [(name, body)] = read_yaml(path, "example.yaml").data.items()
    return name, body


def test_the_kinds_are_found_by_their_names():
    assert KINDS.keys() >= EXPECTED
    assert all(name == kind.name for name, kind in KINDS.items())


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_example_of_a_kind_reads_as_that_kind_lowers_and_has_a_label(name, tmp_path):
    kind = KINDS[name]
    _, body = body_of(kind, tmp_path)
    assert kind_of(body, KINDS) == name
    fields = kind.fields.model_validate(body)
    lowered = kind.lower(fields)
    assert kind.label(fields)
    assert " " in kind.title
    assert lowered.takes >= timedelta(0)
    assert (lowered.reason is not None) == (name == "end")
    assert (lowered.message is not None) == (name in ("touch", "task", "webhook"))


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_refuses_keys_that_it_does_not_know(name, tmp_path):
    _, body = body_of(KINDS[name], tmp_path)
    with pytest.raises(ValidationError):
        KINDS[name].fields.model_validate({**body, "colour": "blue"})


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("branch", {"branch": [{"when": "age > 1", "go": "a"}, {"when": "age > 2", "go": "b"}]}, "else"),
        ("branch", {"branch": [{"else": "a"}, {"when": "age > 2", "go": "b"}]}, "else"),
        ("branch", {"branch": [{"when": "age > 2"}, {"else": "b"}]}, "target"),
        ("wait_for", {"wait_for": {"event": "a", "segment": "b"}, "within": "1 day"}, "exactly one"),
        ("wait_for", {"wait_for": {"segment": "b", "where": "c = 1"}, "within": "1 day"}, "where"),
        ("wait_for", {"wait_for": [], "within": "1 day"}, "at least 1"),
        ("touch", {"touch": "hello", "via": []}, "at least 1"),
        ("touch", {"touch": "hello", "via": ["sms"], "experiment": {"arms": ["a", "a"]}}, "twice"),
        ("experiment", {"experiment": {"arms": {"a": "x", "b": "y"}, "weights": {"a": 1}}}, "weights"),
        ("wait", {"wait": "soon"}, "duration"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(name, body, message):
    with pytest.raises(ValidationError, match=message):
        KINDS[name].fields.model_validate(body)


def test_written_weights_become_shares_that_add_up():
    kind = KINDS["experiment"]
    fields = kind.fields.model_validate(
        {"experiment": {"arms": {"a": "x", "b": "y", "c": "z"}, "weights": {"c": 2, "a": 1, "b": 5}}}
    )
    arms = kind.lower(fields).arms
    assert (arms.names, arms.to, arms.weights) == (("a", "b", "c"), ("x", "y", "z"), (0.125, 0.625, 0.25))


def test_a_single_thing_to_wait_for_is_a_list_of_one_and_leads_on():
    lowered = KINDS["wait_for"].lower(
        KINDS["wait_for"].fields.model_validate({"wait_for": {"event": "app_login"}, "within": "2 days"})
    )
    assert [(one.event.event, one.to) for one in lowered.alternatives] == [("app_login", FOLLOWING)]
    assert not lowered.watched
    watched = KINDS["wait_for"].fields.model_validate({"wait_for": [{"event": "app_login"}, {"left": "vip"}], "within": "2 days"})
    assert KINDS["wait_for"].lower(watched).watched
