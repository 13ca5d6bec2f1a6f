"""The tests beside journeys: played, compared, and refused where they make no sense."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tonglu.cli.commands import app

ROOT = Path(__file__).parents[3]
RUNNER = CliRunner()
HEAD = "journey: payroll_outflow_retention\nruns: {from: 2026-06-01, to: 2026-06-03}\ncases:\n"
INSIDE = '    segments: {payroll_outflow_48h: {from: "2026-06-02"}}\n    arms: {pace: same_day}\n'


@pytest.fixture
def project(tmp_path):
    for name in ("journeys", "segments", "data/contracts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("tests"))
    shutil.copy(ROOT / "tonglu.yaml", tmp_path)
    (tmp_path / "journeys/tests").mkdir()
    return tmp_path


def played(project, text, *options):
    (project / "journeys/tests/payroll_outflow_retention.yaml").write_text(HEAD + text, encoding="utf-8")
    return RUNNER.invoke(app, ["test", "-C", str(project), *options])


def files(project):
    return sorted(str(path.relative_to(project)) for path in project.rglob("*"))


def test_what_is_expected_and_comes_passes_and_leaves_the_project_alone(project):
    before = files(project)
    told = played(
        project,
        f"  - name: cared for\n{INSIDE}    expect: {{path: [pace, care, answer], rests_at: answer, touches: [{{step: care}}]}}\n",
    )
    assert told.exit_code == 0, told.output
    assert "✓ payroll_outflow_retention: cared for" in told.stdout
    assert [name for name in files(project) if name not in before] == ["journeys/tests/payroll_outflow_retention.yaml"]


def test_a_difference_is_shown_with_what_stood_in_the_way(project):
    text = f"  - name: without consent\n{INSIDE}    consents: []\n    expect: {{path: [pace, care, offer], end: goal, touches: [{{step: care}}]}}\n"
    told = played(project, text)
    assert told.exit_code == 1
    for part in (
        "the path differs at step 3: expected offer, got answer (dropped at care by consent: no_consent)",
        "got:      pace > care > answer",
        "expected touch 1 at 'care', but there were 0 (dropped at care by consent: no_consent)",
        "expected the end 'goal', but it rests at answer",
    ):
        assert part in told.stdout
    as_data = json.loads(played(project, text, "--json").stdout)
    assert (as_data["passed"], as_data["failed"]) == (0, 1)


def test_an_unexpected_touch_and_an_unexpected_entry_fail(project):
    text = f"  - name: silent\n{INSIDE}    expect: {{touches: []}}\n  - name: outside\n{INSIDE}    expect: {{enters: false}}\n"
    told = played(project, text)
    assert told.exit_code == 1
    assert "unexpected: sent care app_push 2026-06-02 08:00" in told.stdout
    assert "expected nobody to enter, but the customer did" in told.stdout


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("  - name: a\n    customer: {total_balanc: 1}\n    expect: {enters: true}\n", "TL902", "did you mean 'total_balance'"),
        (
            "  - name: a\n    segments: [payroll_outflow_47h]\n    expect: {enters: true}\n",
            "TL902",
            "did you mean 'payroll_outflow_48h'",
        ),
        ("  - name: a\n    expect: {path: [pac]}\n", "TL902", "did you mean 'pace'"),
        ("  - name: a\n    expect: {}\n", "TL901", "expects nothing"),
        (
            "  - name: a\n    events: [{event: app_logn, at: 2026-06-01}]\n    expect: {enters: true}\n",
            "TL902",
            "did you mean 'app_login'",
        ),
        ("  - name: a\n    channels: [smss]\n    expect: {enters: true}\n", "TL902", "did you mean 'sms'"),
        ("  - name: a\n    colour: blue\n    expect: {enters: true}\n", "TL120", "unknown key"),
    ],
)
def test_what_makes_no_sense_is_a_finding_with_its_place(project, text, code, hint):
    told = played(project, text)
    assert told.exit_code == 2
    assert f"error[{code}]" in told.stderr
    assert hint in told.stderr
    assert "journeys/tests/payroll_outflow_retention.yaml:" in told.stderr
