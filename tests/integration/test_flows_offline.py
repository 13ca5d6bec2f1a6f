"""What the flows are made of, without a Prefect server."""

import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import yaml
from flows import alerting, reporting, run, serve, turn
from prefect.cache_policies import NO_CACHE
from prefect.states import Failed
from rich.console import Console

from tonglu.app.loop import Loop
from tonglu.core.errors import CheckFailed, InputError, Unavailable
from tonglu.render.published import Lift

ROOT = Path(__file__).parents[2]
SHANGHAI = ZoneInfo("Asia/Shanghai")
DEPLOYMENTS = {one["name"]: one for one in yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]}
INSIDE_THE_TRANSACTION = {"segment", "enrol", "advance", "decide", "measure", "learn", "commit"}
LIFT = Lift("bills", "opened", 90, 10, 80, 9, 8, 0, 0.1, 0.0, 0.1, 0.02, 0.18, None, None, None, "wald | clustered")


def test_importing_tonglu_does_not_import_prefect():
    script = "import sys, tonglu, tonglu.app.loop; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_deployments_are_daily_hourly_and_delivery():
    assert sorted(DEPLOYMENTS) == ["daily", "delivery", "hourly"]
    assert DEPLOYMENTS["daily"]["schedules"] == [{"cron": "0 8 * * *", "timezone": "Asia/Shanghai", "slug": "daily"}]
    assert DEPLOYMENTS["delivery"]["schedules"][0]["cron"] == "*/5 * * * *"


@pytest.mark.parametrize("name", ["daily", "hourly", "delivery"])
def test_a_deployment_is_limited_to_one_run_of_the_pool_and_names_a_flow_of_this_project(name):
    one = DEPLOYMENTS[name]
    path, function = one["entrypoint"].split(":")
    assert not Path(path).is_absolute()
    assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8")
    assert one["concurrency_limit"]["limit"] == 1
    assert one["work_pool"] == {"name": serve.POOL}
    assert one["parameters"] == {"project": "."}


def test_daily_and_hourly_runs_never_share_an_instant():
    first, last = (int(part) for part in DEPLOYMENTS["hourly"]["schedules"][0]["cron"].split()[1].split("-"))
    assert 8 not in range(first, last + 1)


def test_no_stage_inside_the_transaction_is_retried():
    assert all(run.care_of(name)["retries"] == 0 for name in INSIDE_THE_TRANSACTION | {"check"})


def test_the_stages_that_are_safe_to_repeat_are_retried():
    assert all(run.care_of(name)["retries"] == 2 for name in ("open", "ingest", "deliver", "publish"))


def test_every_stage_of_the_loop_is_known_as_safe_or_unsafe():
    names = {name for name, _ in Loop(None, datetime(2026, 6, 1), None).stages}
    assert names == INSIDE_THE_TRANSACTION | {"ingest", "check"} | run.AFTER_THE_COMMIT


def state_of(error):
    return Failed(data=error)


def test_before_the_transaction_only_an_outside_that_may_answer_later_is_worth_a_retry():
    assert run.outside_may_answer(None, None, state_of(Unavailable("the lake is away")))
    assert not run.outside_may_answer(None, None, state_of(InputError([])))
    assert not run.outside_may_answer(None, None, state_of(RuntimeError("a bug")))


def test_after_the_commit_everything_is_retried_but_a_verdict():
    assert run.is_no_verdict(None, None, state_of(OSError("disk full")))
    assert not run.is_no_verdict(None, None, state_of(CheckFailed("a rule was broken")))
    assert not run.is_no_verdict(None, None, state_of(InputError([])))


def test_a_stage_task_keeps_and_caches_nothing():
    assert run.stage.fn(lambda: {"rows": 1}) == {"rows": 1}
    assert run.stage.persist_result is False
    assert run.stage.cache_policy is NO_CACHE


def test_an_as_of_without_offset_is_the_banks_wall_clock():
    assert run.instant_of("2026-06-01T08:00", SHANGHAI) == datetime(2026, 6, 1)
    assert run.instant_of("2026-06-01T08:00+00:00", SHANGHAI) == datetime(2026, 6, 1, 8)


def test_an_as_of_that_is_no_date_is_refused():
    with pytest.raises(ValueError, match="yesterday"):
        run.instant_of("yesterday", SHANGHAI)


def test_without_as_of_a_run_is_as_of_its_scheduled_minute(monkeypatch):
    planned = datetime(2026, 6, 1, 0, 0, 59, 999, tzinfo=UTC)
    monkeypatch.setattr(run, "runtime", SimpleNamespace(flow_run=SimpleNamespace(scheduled_start_time=planned, parameters={})))
    assert run.instant_of(None, SHANGHAI) == datetime(2026, 6, 1)
    assert run.name_by_as_of() == "as of 2026-06-01T00:00Z"


def test_a_warehouse_has_one_turn_however_its_folder_is_written(tmp_path):
    (tmp_path / "inner").mkdir()
    assert turn.turn_of(tmp_path / "inner" / "..") == turn.turn_of(tmp_path)
    assert turn.turn_of(tmp_path / "inner") != turn.turn_of(tmp_path)


def test_the_lift_table_shows_the_interval_and_cannot_be_broken_by_a_bar():
    row = reporting.lift_markdown([LIFT]).splitlines()[2]
    assert row == "| bills | opened | 80/9 | 8/0 | 10.00% | 0.00% | +10.00 | [+2.00, +18.00] | wald \\| clustered |"


def test_a_withheld_lift_shows_why_and_no_number():
    withheld = Lift("bills", "opened", 90, 10, 0, 0, 0, 0, None, None, None, None, None, None, None, None, "withheld: too early")
    assert "withheld | – | too early |" in reporting.lift_markdown([withheld])


def test_a_summary_says_that_a_finished_run_was_only_asked_for_again():
    summary = {"run_no": 3, "as_of": "2026-06-03T00:00:00", "sent": 1200, "again": True}
    assert reporting.one_line(summary).endswith("1200 sent; it had been made before and nothing was changed")
    assert "| sent | 1,200 |" in reporting.summary_markdown(summary)


def test_an_alert_says_which_run_and_why():
    scheduled = SimpleNamespace(name="proud-heron", parameters={}, expected_start_time=datetime(2026, 6, 1, tzinfo=UTC))
    by_hand = SimpleNamespace(name="proud-heron", parameters={"as_of": "2026-06-01T08:00"}, expected_start_time=None)
    state = Failed(message="two blocking breaches")
    assert alerting.what_happened("tonglu-run", scheduled, state) == "tonglu-run 2026-06-01T00:00Z: Failed: two blocking breaches"
    assert alerting.what_happened("tonglu-run", by_hand, state) == "tonglu-run 2026-06-01T08:00: Failed: two blocking breaches"


def test_a_missed_run_is_told_once(monkeypatch, tmp_path):
    (tmp_path / "tonglu.yaml").write_text('bank: {zh: 银行, en: Bank}\nrun_at: "08:00"\n', encoding="utf-8")
    kept = {}
    memory = SimpleNamespace(get=kept.get, set=lambda name, value, overwrite: kept.update({name: value}))
    monkeypatch.setattr(alerting, "Variable", memory)
    in_time = datetime(2026, 6, 1, 0, 55)
    assert alerting.alert_once_if_missed(tmp_path, in_time) == datetime(2026, 5, 31)
    assert alerting.alert_once_if_missed(tmp_path, in_time) is None
    assert alerting.alert_once_if_missed(tmp_path, in_time + timedelta(minutes=5)) == datetime(2026, 6, 1)
    assert alerting.alert_once_if_missed(tmp_path, in_time + timedelta(minutes=10)) is None


def test_the_processes_talk_to_this_machine_alone_and_send_no_telemetry(tmp_path):
    given = {"PREFECT_API_KEY": "of the cloud", "PREFECT_PROFILE": "cloud", "TZ": "Asia/Shanghai"}
    environment = serve.Station(ROOT, tmp_path, 4999).environment(given)
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:4999/api"
    assert (environment["PREFECT_SERVER_ANALYTICS_ENABLED"], environment["DO_NOT_TRACK"]) == ("false", "1")
    assert environment["PREFECT_HOME"] == str(tmp_path)
    assert environment["TZ"] == "Asia/Shanghai"
    assert not {"PREFECT_API_KEY", "PREFECT_PROFILE"} & set(environment)


def test_a_taken_port_is_refused_before_anything_starts(tmp_path):
    console = Console(record=True, width=200)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert serve.serve(serve.Station(ROOT, tmp_path / "home", port), console) == 1
    assert f"port {port} is taken" in console.export_text()
    assert not (tmp_path / "home").exists()


def test_a_process_that_ends_by_itself_or_on_request_is_stopped():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    serve.stop(ended)
    working = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    serve.stop(working)
    assert working.poll() is not None
