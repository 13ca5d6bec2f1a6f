"""`tonglu check --fix`: what is repaired, what is shown, and that nothing else changes."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tonglu.app import repair as repairs
from tonglu.cli.commands import app
from tonglu.core.errors import CheckFailed

ROOT = Path(__file__).parents[3]
RUNNER = CliRunner()
WIDE = "ｏｒ"  # a word of another alphabet: nobody can tell what it says
JOURNEY = "journeys/payroll_companion.yaml"
SLIPS = (
    (JOURNEY, "enter: {segment: payroll_new,", "enter: {segment: payrol_new,"),
    (JOURNEY, "product = 'salary_plan'\", value", 'product == “salary_plan”", value'),
    (JOURNEY, '"is_student or vulnerable or in segment risk_hold"', '"is_studnet or vulnerable or in segment risk_hodl"'),
    (JOURNEY, "      valid_for: 2 days\n", "      vlid_for: 2 days # 两天\n"),
    (JOURNEY, "{event: app_login}", "{event: app_logn}"),
    (JOURNEY, "via: [app_push, sms]\n      when", "via: [app_psh, sms]\n      when"),
    (JOURNEY, "  - missed: {end:", "  - missed: {ende:"),
    (JOURNEY, "priority: offer", "priority: ofer"),
    ("segments/payroll_new.sql", "t.direction = 'in' AND t.code = '工资'", "t.directoin = 'in' AND t.code = '工资'"),
    ("segments/payroll_new.sql", "segment.payroll_detected", "segment.payroll_detectd"),
    ("segments/payroll_new.sql", "-- owner:", "-- ownr:"),
    ("journeys/policy.yaml", "skips:", "skip:"),
    ("journeys/messages/payroll_welcome.yaml", "surname", "surnam"),
    ("journeys/channels.yaml", "kind: apprise", "kind: aprise"),
    ("tonglu.yaml", "zone:", "zonee:"),
    (JOURNEY, '{when: "has_salary_plan"', '{when: "ｏｒ has_salary_plan"'),
)


@pytest.fixture
def project(tmp_path):
    for name in ("journeys", "segments", "data/contracts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("tests"))
    shutil.copy(ROOT / "tonglu.yaml", tmp_path)
    return tmp_path


def write(project, slips):
    for name, right, wrong in slips:
        path = project / name
        text = path.read_text(encoding="utf-8")
        assert right in text, (name, right)
        path.write_text(text.replace(right, wrong, 1), encoding="utf-8")


def checked(project, *options):
    return RUNNER.invoke(app, ["check", "-C", str(project), *options])


def files(project):
    return {str(path.relative_to(project)): path.read_bytes() for path in project.rglob("*") if path.is_file()}


def test_slips_are_repaired_to_what_stood_there_and_so_is_what_a_repair_uncovers(project):
    right = files(project)
    write(project, [slip for slip in SLIPS if WIDE not in slip[2]])
    told = checked(project, "--fix")
    assert told.exit_code == 0, told.stderr
    after = files(project)
    comment = {name: content.replace(b" # \xe4\xb8\xa4\xe5\xa4\xa9", b"") for name, content in after.items()}
    assert comment == right


def test_what_cannot_be_repaired_is_left_as_findings(project):
    write(project, [slip for slip in SLIPS if WIDE in slip[2]])
    told = checked(project, "--fix")
    assert told.exit_code == 2
    assert "error[TL301]" in told.stderr
    assert WIDE in (project / JOURNEY).read_text(encoding="utf-8")
    assert "Found 1 error." in told.stderr


def test_a_dry_repair_shows_the_difference_and_writes_nothing(project):
    write(project, SLIPS[:1])
    before = files(project)
    told = checked(project, "--fix", "--dry")
    assert (told.exit_code, files(project)) == (1, before)
    assert "-enter: {segment: payrol_new," in told.stdout
    assert "+enter: {segment: payroll_new," in told.stdout
    assert "1 repair can be made in 1 file" in told.stderr
    assert "Next: tonglu check --fix" in told.stderr


def test_repairs_are_data_for_programs(project):
    write(project, SLIPS[:1])
    [finding] = json.loads(checked(project, "--json").stdout)["findings"]
    assert finding["fix"] == {"path": JOURNEY, "line": 11, "column": 18, "old": "payrol_new", "new": "payroll_new"}
    told = json.loads(checked(project, "--fix", "--json").stdout)
    assert (told["version"], told["written"], told["findings"], told["read"]["journeys"]) == (1, True, [], 3)
    assert told["fixes"] == [{"code": "TL201", **finding["fix"]}]
    assert told["diff"].startswith(f"--- {JOURNEY}\n+++ {JOURNEY}\n")


def test_nothing_to_repair_changes_nothing_and_is_fine(project):
    before = files(project)
    for options in (("--fix",), ("--fix", "--dry")):
        told = checked(project, *options)
        assert (told.exit_code, files(project)) == (0, before)
        assert "0 repairs" in told.stderr


def test_line_ends_and_the_mark_at_the_beginning_stay(project):
    path = project / "segments/payroll_new.sql"
    right = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(right.replace(b"segment.payroll_detected", b"segment.payroll_detectd", 1))
    path.chmod(0o640)
    assert checked(project, "--fix").exit_code == 0
    assert path.read_bytes() == right
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_that_somebody_else_changed_meanwhile_is_not_written(project, monkeypatch):
    write(project, SLIPS[:1])
    read = repairs.read_definitions

    def and_somebody_writes(root):
        (project / JOURNEY).write_text("journey: another\n", encoding="utf-8")
        return read(root)

    monkeypatch.setattr(repairs, "read_definitions", and_somebody_writes)
    with pytest.raises(CheckFailed, match="changed by somebody else"):
        repairs.repair(project, write=True)
    assert (project / JOURNEY).read_text(encoding="utf-8") == "journey: another\n"


@pytest.mark.parametrize("options", [("--dry",), ("--fix", "--format", "sarif"), ("--fix", "--format", "github")])
def test_options_that_make_no_sense_together_are_refused(project, options):
    assert checked(project, *options).exit_code == 2
