"""How findings look, and that every code has a page."""

import json
import re
from pathlib import Path

import pytest

from tonglu.core.errors import Finding, Place, Severity
from tonglu.language.codes import code_pages, explain_code
from tonglu.language.findings import findings_json, render_text, sorted_findings, sources_under

SOURCE = "-- segment: vip\nselect customer_id\nfrom customers\nwhere incme > 50000\n"
UNKNOWN = Finding("TL203", "unknown column 'incme'", Place("segments/vip.sql", 4, 7), "Did you mean 'income'?")


def test_a_finding_looks_like_a_compilers():
    assert render_text([UNKNOWN], {"segments/vip.sql": SOURCE}.get) == (
        "error[TL203]: unknown column 'incme'\n"
        "  --> segments/vip.sql:4:7\n"
        "   |\n"
        " 4 | where incme > 50000\n"
        "   |       ^^^^^ did you mean 'income'?\n"
        "\n"
        "Found 1 error.\n"
    )


def test_other_hints_have_a_line_of_their_own_and_the_gutter_fits_the_number():
    finding = Finding("TL104", "not YAML", Place("a.yaml", 12, 1), "Use spaces.", Severity.WARNING)
    assert render_text([finding], {"a.yaml": "\n" * 11 + "\tx: 1"}.get) == (
        "warning[TL104]: not YAML\n  --> a.yaml:12:1\n    |\n 12 | \tx: 1\n    | ^\n    = help: Use spaces.\n\nFound 1 warning.\n"
    )


def test_the_caret_stands_under_its_word_after_chinese_text():
    finding = Finding("TL120", "unknown key", Place("a.yaml", 1, 13))
    lines = render_text([finding], {"a.yaml": "t: {zh: 陪伴, en2: x}"}.get).split("\n")
    assert lines[3].index("en2") + 2 == lines[4].index("^")
    assert lines[4].endswith("^^^")


@pytest.mark.parametrize(("place", "text"), [(Place("a.yaml"), "x"), (Place("a.yaml", 9, 1), "x"), (Place("b.yaml", 1, 1), "x")])
def test_without_a_source_line_only_the_place_is_shown(place, text):
    shown = render_text([Finding("TL101", "gone", place, "Look for it.")], {"a.yaml": text}.get)
    assert shown == f"error[TL101]: gone\n  --> {place}\n  = help: Look for it.\n\nFound 1 error.\n"


def test_findings_are_sorted_and_told_once():
    first = Finding("TL104", "b", Place("a.yaml", 1, 1))
    assert sorted_findings([UNKNOWN, first, UNKNOWN]) == [first, UNKNOWN]
    assert render_text([]) == ""


def test_json_is_versioned_and_complete():
    [item] = json.loads(findings_json([UNKNOWN]))["findings"]
    assert json.loads(findings_json([]))["version"] == 1
    assert item == {
        "code": "TL203", "severity": "error", "message": "unknown column 'incme'", "hint": "Did you mean 'income'?",
        "path": "segments/vip.sql", "line": 4, "column": 7,
    }  # fmt: skip


def test_sources_are_read_below_the_project_only(tmp_path: Path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "a.yaml").write_text("x: 1", encoding="utf-8")
    (tmp_path / "secret").write_text("s", encoding="utf-8")
    source_of = sources_under(tmp_path / "project")
    assert (source_of("a.yaml"), source_of("../secret"), source_of("none")) == ("x: 1", None, None)


def test_pages_are_whole_and_explained():
    for code, page in code_pages().items():
        assert re.fullmatch(r"TL[1-9]\d\d", code)
        assert page.title
        assert page.explanation.endswith(".")
        assert page.bad
        assert page.good
        assert page.bad != page.good
        assert page.title in explain_code(code)
    assert "where balance > 5000000" in explain_code("tl203")


def test_an_unknown_code_names_the_nearest():
    with pytest.raises(KeyError, match="Did you mean 'TL20"):
        explain_code("TL2033")
