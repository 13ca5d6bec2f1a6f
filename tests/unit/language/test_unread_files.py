"""Files that look like definitions and are not read are named, with where they would be."""

import shutil
from pathlib import Path

import pytest

from tonglu.app.definitions import read_definitions
from tonglu.app.unread import unread_findings
from tonglu.language.project import Project
from tonglu.language.values import TitleText

BANK = Path(__file__).parents[2] / "examples" / "bank"
PROJECT = Project(bank=TitleText(zh="小镇银行", en="Small Town Bank"))


@pytest.fixture
def bank(tmp_path):
    return Path(shutil.copytree(BANK, tmp_path / "bank"))


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("journeys/care.yml", "Rename it to care.yaml."),
        ("journeys/care.YAML", "Rename it to care.yaml."),
        ("journeys/savings/care.yaml", "Move it to journeys/care.yaml."),
        ("journeys/messages/hello.yml", "Rename it to hello.yaml."),
        ("journeys/messages/old/hello.yaml", "Move it to journeys/messages/hello.yaml."),
        ("segments/rich.SQL", "Rename it to rich.sql."),
        ("segments/old/rich.sql", "Move it to segments/rich.sql."),
        ("segments/risk/held.SQL", "Rename it to held.sql."),
        ("data/contracts/loans.yml", "Rename it to loans.yaml."),
    ],
)
def test_a_file_that_is_not_read_is_a_warning(bank, path, hint):
    (bank / path).parent.mkdir(exist_ok=True)
    (bank / path).write_text("anything", encoding="utf-8")
    [warning] = unread_findings(bank, PROJECT)
    assert (warning.code, warning.place.path, warning.severity.value, warning.hint) == ("TL111", path, "warning", hint)


def test_what_is_read_and_what_is_no_definition_gives_none(bank):
    (bank / "journeys/tests").mkdir()
    for path in ("journeys/tests/welcome.yaml", "journeys/seeds.yaml", "journeys/README.md", "segments/notes.txt"):
        (bank / path).write_text("{}", encoding="utf-8")
    assert list(unread_findings(bank, PROJECT)) == []


def test_reading_the_project_tells_of_them(bank):
    (bank / "journeys/care.yml").write_text("anything", encoding="utf-8")
    assert [one.code for one in read_definitions(bank).warnings] == ["TL111"]
