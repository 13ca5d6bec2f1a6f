import json
import os
import signal
import subprocess
import sys
import time

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.cli.frame import command, instant
from tonglu.core.errors import CheckFailed, Finding, InputError, Place, Unavailable
from tonglu.testing import SHANGHAI

HEAVY = ("rich", "duckdb", "pydantic", "sqlglot", "numpy", "pyarrow", "ruamel", "jinja2", "apprise", "prefect", "pandas")


def outcome_of(problem: BaseException, *arguments: str):
    trial = typer.Typer()

    @trial.command()
    @command
    def fails(as_json: bool = typer.Option(False, "--json")) -> None:
        raise problem

    return CliRunner().invoke(trial, list(arguments))


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (
            InputError([Finding("TL203", "unknown column 'incme'", Place("a.sql", 4, 7))]),
            2,
            "error[TL203]: unknown column 'incme'",
        ),
        (
            InputError([Finding("TL900", "no such thing", Place("WHAT"), "Try x.")]),
            2,
            "error: no such thing (WHAT)\n  = help: Try x.",
        ),
        (CheckFailed("customers: too few rows"), 1, "failed: customers: too few rows"),
        (Unavailable("the warehouse is in use"), 3, "not available: the warehouse is in use"),
        (OSError(28, "No space left on device"), 3, "No space left on device"),
        (KeyboardInterrupt(), 130, "the same command goes on from there"),
    ],
)
def test_every_error_has_its_exit_code_and_words_on_stderr(problem, code, said):
    result = outcome_of(problem)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_process_that_is_asked_to_stop_rolls_back_like_one_that_is_interrupted():
    trial, undone = typer.Typer(), []

    @trial.command()
    @command
    def works() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0)  # signals are looked at between two steps of Python
        finally:
            undone.append(True)

    before = signal.getsignal(signal.SIGTERM)
    result = CliRunner().invoke(trial, [])
    assert (result.exit_code, undone) == (130, [True])
    assert "Traceback" not in result.stderr
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "1969-12-31T08:00", "2200-01-01T08:00", "tomorrow"])
def test_instants_that_no_bank_can_mean_are_refused(text):
    with pytest.raises(InputError, match="is not an instant from 1970 to 2199"):
        instant(text, "--at", SHANGHAI)


def test_errors_are_data_for_programs():
    result = outcome_of(InputError([Finding("TL203", "unknown column", Place("a.sql", 4, 7))]), "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["version"], said["error"]) == (2, 1, "InputError")
    assert (said["findings"][0]["path"], said["findings"][0]["line"]) == ("a.sql", 4)
    assert json.loads(outcome_of(Unavailable("busy"), "--json").stdout)["message"] == "busy"


def test_a_defect_keeps_its_traceback():
    assert isinstance(outcome_of(ZeroDivisionError("a defect")).exception, ZeroDivisionError)


def test_help_names_every_command_and_exit_code_and_is_light():
    loaded_after = f"print(sorted(set({HEAVY}) & set(sys.modules)))"
    code = f"import sys\nfrom tonglu.cli import main\nsys.argv = ['tonglu', '--help']\ntry: main()\nfinally: {loaded_after}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    *_, loaded = result.stdout.splitlines()
    assert loaded == "[]"
    for word in ("init", "check", "simulate", "quarantine", "130 interrupted"):
        assert word in result.stdout


def test_every_command_explains_itself_and_speaks_json():
    def leaves(found, path=()):
        for name, one in found.commands.items():
            yield from leaves(one, (*path, name)) if hasattr(one, "commands") else [((*path, name), one)]

    seen = dict(leaves(get_command(app)))
    assert len(seen) >= 23
    for path, one in seen.items():
        assert one.help, path
        assert len(one.short_help or "") < 60, path
        options = {option for parameter in one.params for option in parameter.opts}
        assert "--json" in options, path
        shown = CliRunner().invoke(app, [*path, "--help"])
        assert shown.exit_code == 0
        assert path[-1] in shown.stdout


def test_wrong_usage_exits_with_2_and_the_version_is_shown():
    runner = CliRunner()
    assert runner.invoke(app, ["chekc"]).exit_code == 2
    assert runner.invoke(app, ["simulate", "--days", "0"]).exit_code == 2
    assert runner.invoke(app, ["--version"]).stdout.count(".") == 2


def test_codes_are_explained():
    runner = CliRunner()
    shown = runner.invoke(app, ["explain-code", "TL203"])
    assert (shown.exit_code, "where balance > 5000000" in shown.stdout) == (0, True)
    assert json.loads(runner.invoke(app, ["explain-code", "tl203", "--json"]).stdout)["page"]["code"] == "TL203"
    assert runner.invoke(app, ["explain-code", "TL2033"]).exit_code == 2


def test_without_a_project_the_way_to_one_is_shown(tmp_path):
    for arguments in (["check"], ["status"], ["query", "FROM runs"], ["run", "--as-of", "2026-06-01"], ["demo"]):
        result = CliRunner().invoke(app, [*arguments, "--project", str(tmp_path)])
        assert (result.exit_code, "tonglu init" in result.stderr) == (2, True), arguments


def test_the_doctor_looks_at_installation_and_surroundings(tmp_path):
    result = CliRunner().invoke(app, ["doctor", "--json", "--project", str(tmp_path)])
    names = {one["name"]: one["health"] for one in json.loads(result.stdout)["symptoms"]}
    assert {"python", "sqlite (apsw)", "duckdb", "holiday calendar", "disk", "project"} <= set(names)
    assert (names["sqlite (apsw)"], names["project"]) == ("fine", "warning")
    assert "体检 doctor" in CliRunner().invoke(app, ["doctor", "--project", str(tmp_path)]).stdout


def test_a_bank_is_made_in_the_projects_data_folder_where_nothing_else_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["bank", "make", "--customers", "20", "--seed", "1"])
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["hidden", "landing"]
