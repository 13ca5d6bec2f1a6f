import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from tonglu.cli.commands import app

BROKEN_JOURNEY = "journeys/payroll_companion.yaml"


def tonglu(*arguments: str, project: Path | None = None, text: str | None = None) -> Result:
    where = () if project is None else ("--project", str(project))
    result = CliRunner().invoke(app, [*arguments, *where], input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def json_of(result: Result) -> dict:
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["version"] == 1
    return said


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the demo has played two days; tests only read it."""
    project = tmp_path_factory.mktemp("bank") / "project"
    assert tonglu("init", str(project)).exit_code == 0
    result = tonglu("demo", "--customers", "500", "--seed", "3", "--days", "2", project=project)
    assert result.exit_code == 0, result.stderr
    assert "提升 lift" in result.stdout
    assert "synthetic truth" in result.stdout
    assert "Next: tonglu explain 1" in result.stderr
    return project


@pytest.fixture
def copied(played: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(played, tmp_path / "project"))


@pytest.fixture(scope="module")
def customer(played: Path) -> int:
    return int(
        json_of(tonglu("query", "SELECT customer_id FROM decisions ORDER BY ALL LIMIT 1", "--json", project=played))["rows"][0][0]
    )


def test_the_demo_goes_on_where_it_stood_and_starts_again_when_told(copied: Path):
    again = tonglu("demo", "--days", "2", "--json", project=copied)
    assert json_of(again)["last_run"]["runs"] == 2
    assert "2 days are played already" in again.stderr
    fresh = tonglu("demo", "--fresh", "--customers", "200", "--days", "1", "--json", project=copied)
    assert json_of(fresh)["last_run"]["runs"] == 1
    assert Path(json_of(fresh)["report"]).stat().st_size > 10_000


def test_the_demo_leaves_a_banks_own_data_alone(tmp_path: Path):
    tonglu("init", str(tmp_path / "own"))
    landed = tmp_path / "own/data/landing/customers/2026-06-01/a.csv"
    landed.parent.mkdir(parents=True)
    landed.write_text("customer_id\n1\n", encoding="utf-8")
    for arguments in (("demo",), ("demo", "--fresh")):
        result = tonglu(*arguments, project=tmp_path / "own")
        assert result.exit_code == 2
        assert "tonglu init demo-bank" in result.stderr
    assert landed.exists()


def test_a_new_project_passes_its_check(tmp_path: Path):
    made = json_of(tonglu("init", str(tmp_path / "mine"), "--json"))
    assert {"tonglu.yaml", "journeys/policy.yaml", "segments/profile.sql", "data/contracts/customers.yaml"} <= set(made["files"])
    checked = tonglu("check", project=tmp_path / "mine")
    assert (checked.exit_code, checked.stdout.split(",")[0]) == (0, "fine: 3 journeys")
    assert "Next: tonglu demo" in checked.stderr
    assert json_of(tonglu("check", "--json", project=tmp_path / "mine"))["read"]["journeys"] == 3
    assert tonglu("init", str(tmp_path / "mine")).exit_code == 2


def test_a_finished_run_gives_its_result_again(copied: Path):
    first = tonglu("run", "--as-of", "2026-06-03", project=copied)
    assert (first.exit_code, "run 3, as of 2026-06-03 08:00" in first.stdout) == (0, True)
    before = json_of(tonglu("query", "FROM runs", "--json", project=copied))
    again = json_of(tonglu("run", "--as-of", "2026-06-03T08:00", "--json", project=copied))["run"]
    assert (again["run_no"], again["again"]) == (3, True)
    assert json_of(tonglu("query", "FROM runs", "--json", project=copied)) == before
    late = tonglu("run", "--as-of", "2026-06-02T12:00", project=copied)
    assert (late.exit_code, "runs rise" in late.stderr) == (1, True)


def test_what_a_run_decided_is_delivered_when_it_is_due(copied: Path):
    tonglu("run", "--as-of", "2026-06-03", project=copied)
    result = json_of(tonglu("deliver", "--now", "2026-06-03T21:30", "--json", project=copied))
    assert result["now"] == "2026-06-03T13:30:00Z"
    assert set(result["states"]) <= {"accepted", "delivered", "failed", "expired", "cancelled"}
    assert tonglu("deliver", "--now", "2026-06-03T21:31", project=copied).stdout == "nothing is due\n"


def test_days_are_played_on(copied: Path):
    said = json_of(tonglu("simulate", "--days", "1", "--json", project=copied))
    assert said["last_run"]["run_no"] == 3
    assert all("truth" in lift for lift in said["lift"])


def test_a_bank_is_made_once(tmp_path: Path):
    out = str(tmp_path / "data")
    said = json_of(tonglu("bank", "make", "--customers", "50", "--seed", "1", "--out", out, "--json"))
    assert said["rows"]["customers"] == 50
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["hidden", "landing"]
    assert tonglu("bank", "make", "--customers", "50", "--out", out).exit_code == 2


def test_status_report_and_learned_show_what_was_published(played: Path, tmp_path: Path):
    assert "run 2, as of 2026-06-02 08:00" in tonglu("status", project=played).stdout
    assert json_of(tonglu("status", "--json", project=played))["switches"] == []
    target = tmp_path / "report.html"
    assert tonglu("report", "--out", str(target), project=played).stdout.strip() == str(target)
    page = target.read_text(encoding="utf-8")
    assert "<svg" in page
    assert "同路银行 Tonglu Bank" in page
    assert tonglu("report", "--out", str(target), "--open-path", project=played).stdout.startswith("file:///")
    assert json_of(tonglu("report", "--out", str(target), "--json", project=played))["with_truth"] is True
    arms = json_of(tonglu("learned", "--json", project=played))["learned"]
    assert {"arm", "propensity", "p_best"} <= set(arms[0])
    assert "warm" in tonglu("learned", project=played).stdout


def test_a_missing_run_is_noticed(played: Path):
    on_time = tonglu("status", "--alert", "--now", "2026-06-03T08:59", project=played)
    missed = tonglu("status", "--alert", "--now", "2026-06-03T09:00", project=played)
    assert (on_time.exit_code, missed.exit_code) == (0, 1)
    assert "the run of 2026-06-03 08:00 did not come" in missed.stderr


def test_a_customer_is_explained_in_order(played: Path, customer: int):
    text = tonglu("explain", str(customer), project=played).stdout
    assert "候选触达 candidate touches" in text
    assert "contact_policy" in text
    story = json_of(tonglu("explain", str(customer), "--json", project=played))
    assert story["timeline"][0]["what"] == "entered"
    assert [row["at"] for row in story["timeline"]] == sorted(row["at"] for row in story["timeline"])
    assert {"gate", "reason", "detail", "outcome"} <= set(story["decisions"][0])
    assert story["entries"][0]["journey"] in {row["journey"] for row in story["timeline"]}
    unknown = tonglu("explain", "7", project=played)
    assert (unknown.exit_code, "nothing is recorded" in unknown.stdout) == (0, True)
    wrong = tonglu("explain", str(customer), "--journey", "payrol_companion", project=played)
    assert (wrong.exit_code, "Did you mean 'payroll_companion'?" in wrong.stderr) == (2, True)


def test_a_query_answers_as_table_csv_and_json(played: Path):
    sql = "SELECT run_no, as_of FROM runs ORDER BY run_no"
    assert "2026-06-01 00:00:00" in tonglu("query", sql, project=played).stdout
    rows = list(csv.reader(io.StringIO(tonglu("query", sql, "--csv", project=played).stdout)))
    assert rows == [["run_no", "as_of"], ["1", "2026-06-01 00:00:00"], ["2", "2026-06-02 00:00:00"]]
    said = json_of(tonglu("query", "-", "--json", "--limit", "1", project=played, text=sql))
    assert (said["rows"], said["more"]) == ([[1, "2026-06-01 00:00:00"]], True)
    wide = tonglu("query", "FROM decisions", "--limit", "1", project=played)
    assert "row 1" in wide.stdout
    assert "there are more" in wide.stderr


def test_a_wrong_query_points_at_the_place(played: Path):
    before = contents(played / "data")
    result = tonglu("query", "SELECT run_no\nFROM runz", project=played)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "query:2:6" in result.stderr
    assert "did you mean 'runs'?" in result.stderr
    assert contents(played / "data") == before


def beside_mailroom(project: Path):
    return {name: digest for name, digest in contents(project / "data").items() if not name.startswith("mailroom")}


def test_a_preview_shows_the_texts_and_leaves_no_trace_but_that_somebody_looked(played: Path, customer: int):
    before = beside_mailroom(played)
    [(journey,)] = json_of(
        tonglu("query", f"SELECT min(journey) FROM entries WHERE customer_id = {customer}", "--json", project=played)
    )["rows"]
    texts = json_of(tonglu("preview", journey, "--as", str(customer), "--json", project=played))["texts"]
    assert {text["channel"] for text in texts} == {"app_push", "sms"}
    assert all(text["body"] and "{{" not in text["body"] for text in texts)
    assert texts[0]["body"] in tonglu("preview", journey, "--as", str(customer), project=played).stdout
    assert tonglu("preview", journey, "--as", "7", project=played).exit_code == 2
    assert tonglu("preview", "silver_pension", "--as", str(customer), project=played).exit_code == 2
    nobody = tonglu("preview", journey, "--as", str(customer), "--to", "me", project=played)
    assert (nobody.exit_code, "journeys/seeds.yaml" in nobody.stderr) == (2, True)
    assert beside_mailroom(played) == before
    acts = json_of(tonglu("audit", "list", "--json", project=played))["acts"]
    assert [one["what"] for one in acts[-2:]] == ["reveal", "reveal"]
    assert str(customer) not in json.dumps(acts[-2:])


def test_switches_are_thrown_by_name(copied: Path):
    assert tonglu("pause", "sms", "--reason", "gateway down", project=copied).stdout == "pause: channel sms\n"
    killed = json_of(tonglu("kill", "payroll_companion", "--reason", "wrong text", "--by", "li", "--json", project=copied))
    assert (killed["scope"], killed["name"]) == ("journey", "payroll_companion")
    assert tonglu("pause", "all", "--reason", "holiday", project=copied).stdout == "pause: everything\n"
    status = tonglu("status", project=copied)
    assert "kill: journey payroll_companion, by li: wrong text" in status.stderr
    assert json_of(tonglu("run", "--as-of", "2026-06-03", "--json", project=copied))["run"]["sent"] == 0
    resumed = tonglu("resume", "all", "--reason", "over", project=copied)
    assert "still in force: pause of channel sms" in resumed.stderr


def test_an_unknown_switch_changes_nothing(copied: Path):
    before = contents(copied / "data")
    for arguments in (
        ("pause", "smss"),
        ("kill", "payrol_companion"),
        ("eject", "1000001", "payrol_companion"),
        ("resume", "al"),
    ):
        result = tonglu(*arguments, "--reason", "x", project=copied)
        assert (result.exit_code, "Did you mean" in result.stderr) == (2, True)
    assert tonglu("pause", "sms", "--reason", " ", project=copied).exit_code == 2
    assert tonglu("opt-out", "1000001", "--channel", "smss", project=copied).exit_code == 2
    assert contents(copied / "data") == before


def test_an_emergency_stop_does_not_need_definitions_that_read_well(copied: Path):
    (copied / BROKEN_JOURNEY).write_text("journey: [", encoding="utf-8")
    assert tonglu("kill", "payroll_companion", "--reason", "stop it", project=copied).exit_code == 0


def test_an_ejected_customer_leaves_with_the_next_run(copied: Path):
    open_trip = "SELECT customer_id, journey FROM entries WHERE state = 'open' ORDER BY ALL LIMIT 1"
    [(customer, journey)] = json_of(tonglu("query", open_trip, "--json", project=copied))["rows"]
    said = json_of(tonglu("eject", str(customer), journey, "--reason", "asked by phone", "--json", project=copied))
    assert said["open_at_last_run"] is True
    assert "no open trip" in tonglu("eject", "7", journey, "--reason", "asked", project=copied).stderr
    assert tonglu("run", "--as-of", "2026-06-03", project=copied).exit_code == 0
    [trip] = json_of(tonglu("explain", str(customer), "-j", journey, "--json", project=copied))["entries"]
    assert (trip["state"], trip["end_reason"]) == ("ended", "ejected")


def test_an_opt_out_is_noted_and_lifted(copied: Path, customer: int):
    assert tonglu("opt-out", str(customer), project=copied).stdout == f"customer {customer}: out of every channel\n"
    assert json_of(tonglu("opt-out", str(customer), "--channel", "sms", "--back-in", "--json", project=copied))["out"] is False


def test_a_bad_row_is_quarantined_listed_and_released(copied: Path):
    folder = copied / "data/landing/customers/2026-06-03"
    folder.mkdir(parents=True, exist_ok=True)
    source = next((copied / "data/landing/customers/2026-06-01").glob("*.parquet"))
    copy = "COPY (SELECT * REPLACE ('X' AS sex, 9000001 AS customer_id) FROM read_parquet(?) LIMIT 1) TO '{}' (FORMAT parquet)"
    duckdb.execute(copy.format(folder / "corrected.parquet"), [str(source)])
    assert tonglu("run", "--as-of", "2026-06-03T10:00", project=copied).exit_code == 0
    rows = json_of(tonglu("quarantine", "list", "--json", project=copied))["rows"]
    assert [row["table"] for row in rows] == ["customers"]
    identity = rows[0]["quarantine_id"]
    assert identity in tonglu("quarantine", "list", "customers", project=copied).stdout.replace("\n", "")
    assert tonglu("quarantine", "release", identity, "--reason", " ", project=copied).exit_code == 2
    assert json_of(tonglu("quarantine", "override", identity, "--reason", "known", "--json", project=copied))["overridden"] == 1
    twice = tonglu("quarantine", "release", identity, "--reason", "again", project=copied)
    assert (twice.exit_code, "is overridden, not open" in twice.stderr) == (2, True)
    assert tonglu("quarantine", "list", "custmers", project=copied).exit_code == 2


def _break_yaml(project: Path) -> str:
    path = project / BROKEN_JOURNEY
    path.write_text(path.read_text(encoding="utf-8").replace("within: 7 days", "within: 7 dayz"), encoding="utf-8")
    return f"{BROKEN_JOURNEY}:"


def _break_sql(project: Path) -> str:
    path = project / "segments/youth.sql"
    path.write_text(path.read_text(encoding="utf-8").replace("SELECT", "SELECT no_such_column,", 1), encoding="utf-8")
    return "segments/youth.sql:"


def _break_parquet(project: Path) -> str:
    path = project / "data/landing/customers/2026-06-03/bad.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("not Parquet", encoding="utf-8")
    return "data/landing/customers/2026-06-03/bad.parquet"


def _lose_template(project: Path) -> str:
    (project / "journeys/messages/payroll_welcome.yaml").unlink()
    return f"{BROKEN_JOURNEY}:"


@pytest.mark.parametrize("damage", [_break_yaml, _break_sql, _break_parquet, _lose_template])
def test_what_is_broken_is_named_and_nothing_is_changed(copied: Path, damage):
    place = damage(copied)
    before = contents(copied / "data")
    result = tonglu("run", "--as-of", "2026-06-03", project=copied)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--> {place}" in result.stderr.replace(f"{copied}/", "")
    assert "did you mean" in result.stderr.lower() or "= help:" in result.stderr
    assert "Traceback" not in result.stderr
    assert contents(copied / "data") == before


def test_findings_of_a_check_are_read_by_programs(copied: Path):
    _lose_template(copied)
    for arguments in (("--json",), ("--format", "json")):
        result = tonglu("check", *arguments, project=copied)
        assert (result.exit_code, result.stderr) == (2, "")
        [finding] = json.loads(result.stdout)["findings"]
        assert (finding["code"], finding["path"]) == ("TL206", BROKEN_JOURNEY)
        assert finding["line"] > 1


def test_a_warehouse_in_use_is_not_available_now(played: Path):
    with duckdb.connect(str(played / "data/warehouse.duckdb")):
        code = "from tonglu.cli import main; main()"
        command = [sys.executable, "-c", code, "quarantine", "list", "--project", str(played)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr.startswith("not available: the warehouse")


def test_a_pipe_gets_no_colours_and_no_bars(played: Path):
    code = "from tonglu.cli import main; main()"
    command = [sys.executable, "-c", code, "status", "--project", str(played)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "\x1b" not in result.stdout + result.stderr
    assert "run 2" in result.stdout
