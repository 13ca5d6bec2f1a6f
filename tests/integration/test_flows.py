"""The flows on a Prefect server of their own: deployed from `prefect.yaml`, run by a worker, read back by the API."""

import json
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from flows.serve import Station, stop
from flows.turn import turn_of

from tonglu.app.loop import LAST_RUN
from tonglu.bank import make_bank
from tonglu.warehouse.connection import DuckDBWarehouse

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
STAGES = ["open", "ingest", "check", "segment", "enrol", "advance", "decide", "measure", "learn", "commit", "deliver", "publish"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of this project without data, so that what the schedules start meanwhile works there."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("flows", "journeys", "segments", "data/contracts"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("tonglu.yaml", "prefect.yaml"):
        shutil.copy(ROOT / file, root)
    return root


@pytest.fixture(scope="module")
def station(project, tmp_path_factory):
    """A server on a free port with the deployments applied; its files are temporary, it is stopped by its process id."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    station = Station(project, tmp_path_factory.mktemp("prefect"), port)
    server = station.start_server()
    try:
        station.deploy()
        yield station
    finally:
        stop(server)


@pytest.fixture(scope="module")
def worker(station):
    process = station.start_worker()
    yield process
    stop(process)


@pytest.fixture(scope="module")
def untouched(project, tmp_path_factory):
    """A bank of 500 customers that was never run."""
    root = Path(shutil.copytree(project, tmp_path_factory.mktemp("bank") / "untouched", ignore=shutil.ignore_patterns("flows")))
    make_bank(500, 7, root / "data")
    return root


@pytest.fixture
def bank(untouched, tmp_path):
    """A copy of it."""
    return Path(shutil.copytree(untouched, tmp_path / "bank"))


def ask(station, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{station.api}/{path}", data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise AssertionError(f"{path}: {refused.code}: {refused.read().decode()}") from refused


def ran(station, worker, deployment, environment=None, **parameters):
    """Ask for a flow run, let the worker make it, and give what the API says of it once it has ended."""
    found = ask(station, f"deployments/name/{deployment}")
    wanted = {"parameters": parameters, "job_variables": {"env": environment or {}}}
    made = ask(station, f"deployments/{found['id']}/create_flow_run", wanted)
    for _ in range(240):
        now = ask(station, f"flow_runs/{made['id']}")
        if now["state"]["type"] in ENDED:
            return now
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(0.5)
    raise AssertionError(f"{deployment} did not end: {now['state']}; {station.log('worker').read_text()[-2000:]}")


def last_run(bank):
    warehouse = DuckDBWarehouse(bank / "data" / "warehouse.duckdb")
    try:
        return warehouse.fetch(LAST_RUN)
    finally:
        warehouse.close()


def test_the_deployments_of_the_file_are_on_the_server_with_their_schedules_and_limits(station):
    listed = {one["name"]: one for one in ask(station, "deployments/filter", {})}
    assert sorted(listed) == ["daily", "delivery", "hourly"]
    assert listed["daily"]["entrypoint"] == "flows/run.py:run_flow"
    assert listed["daily"]["schedules"][0]["schedule"] == {"cron": "0 8 * * *", "timezone": "Asia/Shanghai", "day_or": True}
    assert {name: one["concurrency_options"]["collision_strategy"] for name, one in listed.items()} == {
        "daily": "ENQUEUE",
        "hourly": "ENQUEUE",
        "delivery": "CANCEL_NEW",
    }
    assert {one["global_concurrency_limit"]["limit"] for one in listed.values()} == {1}
    assert {one["work_pool_name"] for one in listed.values()} == {"tonglu"}


def test_the_schedules_plan_runs_of_every_deployment(station, worker):
    for _ in range(240):
        planned = ask(station, "flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
        tags = {tag for one in planned for tag in one["tags"]}
        if tags >= {"daily", "hourly", "delivery"}:
            return
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(0.5)
    raise AssertionError(f"no run was planned; {station.log('server').read_text()[-3000:]}")


def test_a_run_and_a_delivery_round_complete_and_leave_their_artifacts(station, worker, bank):
    finished = ran(station, worker, "tonglu-run/daily", project=str(bank), as_of="2026-06-01T08:00")
    assert finished["state"]["type"] == "COMPLETED", finished["state"]
    assert finished["name"] == "as of 2026-06-01T08:00"
    assert {"tonglu", "daily"} <= set(finished["tags"])
    assert finished["state"]["message"].startswith("run 1 as of 2026-06-01T00:00:00Z: ")
    tasks = ask(station, "task_runs/filter", {"flow_runs": {"id": {"any_": [finished["id"]]}}})
    assert sorted(one["name"] for one in tasks) == sorted(STAGES)
    assert {one["state"]["type"] for one in tasks} == {"COMPLETED"}
    artifacts = {one["key"]: one for one in ask(station, "artifacts/filter", {})}
    assert "| run no | 1 |" in artifacts["run-summary"]["data"]
    assert artifacts["lift"]["data"].startswith("| journey | goal |")
    delivered = ran(station, worker, "tonglu-delivery/delivery", project=str(bank), now="2026-06-01T12:00")
    assert delivered["state"]["type"] == "COMPLETED", delivered["state"]
    assert delivered["state"]["name"] == "Completed"


def test_a_run_of_data_that_breaks_a_blocking_contract_fails_and_commits_nothing(station, worker, bank):
    day = bank / "data" / "landing" / "transactions" / "2026-06-01"
    day.mkdir(parents=True, exist_ok=True)
    columns = "transaction_id,customer_id,account_id,occurred_at,direction,amount,counterparty_id,counterparty_kind,code"
    (day / "broken.csv").write_text(f"{columns}\n99,1,1,2026-05-31 10:00:00,sideways,100,,person,转账\n", encoding="utf-8")
    failed = ran(station, worker, "tonglu-run/daily", project=str(bank), as_of="2026-06-01T08:00")
    assert failed["state"]["type"] == "FAILED"
    assert "blocking breach" in failed["state"]["message"]
    assert last_run(bank) == []
    assert not list((bank / "data" / "published").glob("*"))


def test_a_run_of_a_warehouse_that_another_process_has_is_refused_and_says_so(station, worker, bank):
    other = DuckDBWarehouse(bank / "data" / "warehouse.duckdb")
    try:
        refused = ran(station, worker, "tonglu-run/hourly", project=str(bank), as_of="2026-06-01T09:00", wait_seconds=0)
    finally:
        other.close()
    assert refused["state"]["type"] == "FAILED"
    assert "warehouse.duckdb cannot be opened" in refused["state"]["message"]


def test_a_run_while_another_flow_run_has_the_turn_is_refused_and_a_delivery_round_is_skipped(station, worker, bank):
    name = turn_of(bank)
    ask(station, "v2/concurrency_limits/", {"name": name, "limit": 1})
    ask(station, "v2/concurrency_limits/increment-with-lease", {"names": [name], "slots": 1, "lease_duration": 600})
    refused = ran(station, worker, "tonglu-run/hourly", project=str(bank), as_of="2026-06-01T09:00", wait_seconds=0)
    assert refused["state"]["type"] == "FAILED"
    assert "another run or delivery round has the warehouse of this project" in refused["state"]["message"]
    skipped = ran(station, worker, "tonglu-delivery/delivery", project=str(bank))
    assert (skipped["state"]["type"], skipped["state"]["name"]) == ("COMPLETED", "Skipped")
    assert not (bank / "data" / "warehouse.duckdb").exists()


def test_a_run_whose_process_is_killed_is_crashed_and_the_worker_tells_the_operators(station, worker, bank):
    killed = ran(station, worker, "tonglu-run/daily", {"TONGLU_FAILPOINT": "begun"}, project=str(bank), as_of="2026-06-01T08:00")
    assert killed["state"]["type"] == "CRASHED", killed["state"]
    assert last_run(bank) == []
    log = station.log("worker")
    assert heard(worker, log, "tonglu-run 2026-06-01T08:00: Crashed: "), log.read_text()[-3000:]


def heard(worker, log, text):
    for _ in range(60):
        if text in log.read_text():
            return True
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(0.5)
    return False
