"""Reading YAML: places, and files that try to be something else."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonglu.core.errors import Place
from tonglu.language.yamlfile import DEEPEST, LARGEST, MOST_FINDINGS, parse_yaml, read_yaml

TEXT = """\
journey: a
steps:
  - settle: {wait: 3 days, when: "it''s", then: 'it''s'}
  - 中文: [1, 2.5, ~, true, yes, 0x1, 08:00-21:00, 2026-01-01]
  - folded: >
      one
      two
    block: |
      first
        second
"""


def place(line, column):
    return Place("a.yaml", line, column)


def test_data_is_plain_and_only_the_core_schema_is_known():
    data = parse_yaml(TEXT, "a.yaml").data
    assert data["steps"][1] == {"中文": [1, 2.5, None, True, "yes", "0x1", "08:00-21:00", "2026-01-01"]}
    assert data["steps"][0]["settle"] == {"wait": "3 days", "when": "it''s", "then": "it's"}


def test_every_value_and_key_has_its_place():
    file = parse_yaml(TEXT, "a.yaml")
    assert file.place(("journey",)) == place(1, 10)
    assert file.place(("steps", 0, "settle", "wait")) == place(3, 20)
    assert file.place(("steps", 0, "settle", "wait"), key=True) == place(3, 14)
    assert file.place(("steps", 1, "中文", 4)) == place(4, 27)


def test_a_path_that_is_not_there_has_the_place_of_its_nearest_parent():
    file = parse_yaml(TEXT, "a.yaml")
    assert file.place(("steps", 0, "settle", "otherwise")) == file.place(("steps", 0, "settle"))
    assert file.place(("nothing", "at", "all")) == place(1, 1)


@pytest.mark.parametrize(
    ("loc", "found", "line", "column"),
    [
        (("steps", 0, "settle", "wait"), "days", 3, 22),
        (("steps", 0, "settle", "when"), "s", 3, 39),
        (("steps", 0, "settle", "then"), "s", 3, 54),
        (("steps", 2, "folded"), "two", 7, 7),
        (("steps", 2, "block"), "second", 10, 9),
    ],
)
def test_a_character_inside_of_a_text_is_found_whatever_the_quoting(loc, found, line, column):
    file = parse_yaml(TEXT, "a.yaml")
    assert file.place_in(loc, file.at(loc).rindex(found)) == place(line, column)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: [1,\n  b: 2", "TL104", 2, 7),
        ("a:\n\t- b", "TL104", 2, 1),
        ("a: b: c", "TL104", 1, 5),
        ("a: 1\n b: 2", "TL104", 2, 3),
        ("a: 'x", "TL104", 1, 6),
        ("a：1\nb: 2", "TL104", 2, 2),
        ("a: 1\nb: \x01", "TL104", 2, 4),
        ("[a]: 1", "TL104", 1, 1),
        ("", "TL105", 1, 1),
        ("# only a comment\n", "TL105", 1, 1),
        ("a: &x 1\nb: *x", "TL106", 1, 4),
        ("a: *x", "TL106", 1, 4),
        ("&x a: 1", "TL106", 1, 1),
        ("*x : 1", "TL106", 1, 1),
        ("<<: {a: 1}", "TL106", 1, 1),
        ("a: !!python/object:os.system {}", "TL107", 1, 4),
        ("a: !x [1]", "TL107", 1, 4),
        ("a: ! 1", "TL107", 1, 4),
        ("%YAML 1.1\n---\na: 1", "TL107", 2, 1),
        ("a: 1\n---\nb: 2", "TL108", 2, 1),
        ("{a: " * 100, "TL109", 1, 4 * (DEEPEST + 1)),
    ],
)
def test_what_is_not_plain_yaml_is_refused_at_its_place(text, code, line, column):
    file = parse_yaml(text, "a.yaml")
    assert not file.readable
    [finding] = file.findings
    assert finding.code == code
    if code != "TL109":
        assert finding.place == place(line, column)


@pytest.mark.parametrize(
    ("text", "word"), [("a:\n\t- b", "spaces"), ("a：1\nb: 2", "full-width"), ("a: b: c", "quotes"), ("a: [1, 2", "bracket")]
)
def test_a_syntax_error_says_what_to_do(text, word):
    assert word in parse_yaml(text, "a.yaml").findings[0].hint


def test_a_key_written_twice_is_found_and_the_first_counts():
    file = parse_yaml("a: {b: 1}\nc: 2\na: {b: 3, d: 4}\n", "a.yaml")
    assert file.data == {"a": {"b": 1}, "c": 2}
    assert [(finding.code, finding.place) for finding in file.findings] == [("TL110", place(3, 1))]
    assert file.place(("a", "b")) == place(1, 8)
    assert "line 1" in file.findings[0].hint


def test_a_billion_laughs_never_start():
    laughs = 'a: &a ["lol"]\n' + "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    file = parse_yaml(laughs, "a.yaml")
    assert [finding.code for finding in file.findings] == ["TL106"]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "- " * 100_000, "? " * 100_000, "'" * 200_000, "a\n" * 100_000, "a: {b: 1}\n" * 20_000]
)
def test_hostile_files_end_soon_and_with_few_findings(text):
    began = time.process_time()
    file = parse_yaml(text, "a.yaml")
    assert time.process_time() - began < 20
    assert len(file.findings) <= MOST_FINDINGS


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: x\r\n")
    file = read_yaml(path, "a.yaml")
    assert file.data == {"a": 1, "b": "x"}
    assert file.place(("b",)) == place(2, 4)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("标题: 一".encode("gb18030"), "TL103"),
        ("a: 1".encode("utf-16"), "TL103"),
        (b"# " + b"x" * LARGEST, "TL102"),
        (None, "TL101"),
    ],
)
def test_files_that_cannot_be_text_are_refused(tmp_path: Path, content, code):
    path = tmp_path / "a.yaml"
    if content is not None:
        path.write_bytes(content)
    file = read_yaml(path, "a.yaml")
    assert not file.readable
    assert [finding.code for finding in file.findings] == [code]


def test_a_wrong_byte_has_its_place(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    assert read_yaml(path, "a.yaml").findings[0].place == place(2, 4)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:- \n\t[]{}'\"#&*!|>%@?,1.", max_size=60))
def test_no_text_makes_the_reader_fail(text):
    file = parse_yaml(text, "a.yaml")
    assert file.readable or file.findings
