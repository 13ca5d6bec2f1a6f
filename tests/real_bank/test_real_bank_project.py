"""The project of the real bank reads without a finding."""

from pathlib import Path

from tonglu.app.definitions import read_definitions

PROJECT = Path(__file__).resolve().parent / "project"


def test_the_project_of_the_real_bank_reads_without_findings() -> None:
    definitions = read_definitions(PROJECT)
    assert definitions.warnings == ()
    assert [journey.name for journey in definitions.journeys] == ["pension_day", "salary_bills"]
    assert definitions.project.zone == "Europe/Prague"
