import json
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tonglu.app.alerts import Told, alert_failed, missed_run
from tonglu.app.definitions import read_definitions
from tonglu.app.initiate import lay_out
from tonglu.app.inspect import project_of
from tonglu.app.operate import throw
from tonglu.app.preview import Rendered, send
from tonglu.cli.commands import app
from tonglu.core.errors import CheckFailed, Finding, InputError, Place
from tonglu.language.contract import Breach
from tonglu.language.project import Project
from tonglu.mailroom.switches import Action, Scope
from tonglu.stages.check import CheckSummary, ContractBroken, Verdict

AT = datetime(2026, 6, 3)
NAMED = Project.model_validate(
    {"bank": {"zh": "同路银行", "en": "Tonglu Bank"}, "run_at": "08:00", "alerts": {"url_from": "TONGLU_ALERTS"}}
)


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    server.taken = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "project").folder


def test_a_failed_run_is_told_to_the_operators(receiver: HTTPServer):
    secrets = {"TONGLU_ALERTS": f"json://127.0.0.1:{receiver.server_port}"}
    assert alert_failed(NAMED, secrets, AT, CheckFailed("customers: too few rows")) == (Told.SENT, "")
    [taken] = receiver.taken
    assert "2026-06-03 08:00" in taken["title"]
    assert "CheckFailed: customers: too few rows" in taken["message"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ContractBroken(
                CheckSummary(3, (Verdict("people", "values:sex", Breach.BLOCK, False, observed="zhang", unexpected=4),), {})
            ),
            "people: values:sex, 4 row(s)",
        ),
        (InputError([Finding("TL714", "the value zhang is odd", Place("a.csv", 2, 1))]), "a.csv:2:1 [TL714]"),
        (ValueError("could not convert zhang"), "ValueError: see the log of the run"),
    ],
)
def test_an_alert_names_rules_places_and_counts_and_never_a_value(receiver: HTTPServer, error: Exception, said: str):
    secrets = {"TONGLU_ALERTS": f"json://127.0.0.1:{receiver.server_port}"}
    assert alert_failed(NAMED, secrets, AT, error) == (Told.SENT, "")
    [taken] = receiver.taken
    assert said in taken["message"]
    assert "zhang" not in str(taken)


def test_an_alert_that_cannot_be_sent_says_why_and_hides_nothing(receiver: HTTPServer):
    nobody = NAMED.model_copy(update={"alerts": type(NAMED.alerts)()})
    assert alert_failed(nobody, {}, AT, ValueError("x"))[0] is Told.NOBODY
    assert alert_failed(NAMED, {}, AT, ValueError("x")) == (Told.FAILED, "the environment variable TONGLU_ALERTS is not set")
    assert alert_failed(NAMED, {"TONGLU_ALERTS": "nonsense"}, AT, ValueError("x"))[0] is Told.FAILED
    assert receiver.taken == []


def test_the_command_line_alerts_when_a_run_fails(project: Path, receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch):
    written = project / "tonglu.yaml"
    written.write_text(written.read_text(encoding="utf-8") + "alerts: {url_from: TONGLU_ALERTS}\n", encoding="utf-8")
    (project / "segments/youth.sql").write_text("SELECT", encoding="utf-8")
    monkeypatch.setenv("TONGLU_ALERTS", f"json://127.0.0.1:{receiver.server_port}")
    result = CliRunner().invoke(app, ["run", "--as-of", "2026-06-01", "--project", str(project)])
    assert (result.exit_code, "alert to operators: sent" in result.stderr) == (2, True)
    assert "segments/youth.sql" in receiver.taken[0]["message"]


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (datetime(2026, 6, 2), datetime(2026, 6, 3, 0, 59), None),
        (datetime(2026, 6, 2), datetime(2026, 6, 3, 1, 0), datetime(2026, 6, 3)),
        (datetime(2026, 6, 3), datetime(2026, 6, 3, 23, 0), None),
        (datetime(2026, 6, 1), datetime(2026, 6, 3, 0, 30), datetime(2026, 6, 2)),
        (None, datetime(2026, 6, 3, 2), datetime(2026, 6, 3)),
    ],
)
def test_a_run_is_missed_an_hour_after_its_time(last, now, due):
    assert missed_run(NAMED, last, now) == due


def test_without_a_daily_time_no_run_is_missed():
    assert missed_run(NAMED.model_copy(update={"run_at": None}), None, AT) is None


def test_a_name_of_journey_and_channel_has_to_be_told_apart(project: Path):
    (project / "journeys/sms.yaml").write_text("journey: sms\n", encoding="utf-8")
    said = {"by": "li", "reason": "trial", "at": AT}
    with pytest.raises(InputError, match="both a journey and a channel"):
        throw(project, project_of(project), Action.PAUSE, "sms", **said)
    assert throw(project, project_of(project), Action.PAUSE, "sms", **said, scope=Scope.CHANNEL).scope is Scope.CHANNEL
    assert throw(project, project_of(project), Action.PAUSE, "payroll_companion", **said).scope is Scope.JOURNEY


def test_a_preview_goes_to_a_registered_recipient_only(project: Path, receiver: HTTPServer):
    definitions = read_definitions(project)
    (project / "journeys/seeds.yaml").write_text(
        "seeds: {me: {channel: rm_notice}, bulk: {channel: sms}, odd: {channel: smss}}\n", encoding="utf-8"
    )
    texts = [Rendered("greet", "payroll_welcome", "warm", "sms", "", "您好")]
    secrets = {"TONGLU_RM_NOTICE_URL": f"json://127.0.0.1:{receiver.server_port}"}
    assert send(definitions, "me", texts, secrets, AT) == [""]
    assert (receiver.taken[0]["title"], receiver.taken[0]["message"]) == ("[预览 preview] greet sms warm", "您好")
    for name, said in (("mee", "Did you mean 'me'"), ("bulk", "whole files"), ("odd", "there is no channel 'smss'")):
        with pytest.raises(InputError, match=said):
            send(definitions, name, texts, secrets, AT)
