"""Put the deployments of `prefect.yaml` on a server: `python -m flows.deployments`, from the project's folder.

Does for this file what `prefect deploy --all` does, and makes the work pool that it names. In one process, and without the
internet: the command line asks a registry there for the pool's template, here it is the worker's own.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker
from ruamel.yaml import YAML

FILE = Path("prefect.yaml")
WORK_HERE = "prefect.deployments.steps.set_working_directory"


def read_file(path: Path) -> list[dict[str, Any]]:
    """The deployments that a file lists."""
    listed = YAML(typ="safe", pure=True).load(path)["deployments"]
    return [dict(one) for one in listed]


def deploy(listed: list[dict[str, Any]], folder: Path) -> list[str]:
    """Put deployments on the server that the environment names, replacing those of the same names; their names.

    Args:
        listed: the deployments, as the file has them.
        folder: where their flow runs work; entrypoints and relative parameters are seen from there.
    """
    with get_client(sync_client=True) as client:
        for pool in sorted({one["work_pool"]["name"] for one in listed}):
            _make_pool(client, pool)
        return [_deploy(client, one, folder) for one in listed]


def _make_pool(client: SyncPrefectClient, name: str) -> None:
    template = ProcessWorker.get_default_base_job_template()
    with suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=name, type=ProcessWorker.type, base_job_template=template))


def _deploy(client: SyncPrefectClient, one: dict[str, Any], folder: Path) -> str:
    flow: Flow[..., Any] = load_flow_from_entrypoint(one["entrypoint"])
    limit = one["concurrency_limit"]
    client.create_deployment(
        flow_id=client.create_flow_from_name(flow.name),
        name=one["name"],
        description=one["description"],
        entrypoint=one["entrypoint"],
        parameters=one["parameters"],
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        tags=one["tags"],
        work_pool_name=one["work_pool"]["name"],
        concurrency_limit=limit["limit"],
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(limit["collision_strategy"])),
        schedules=[_schedule(**schedule) for schedule in one["schedules"]],
        pull_steps=[{WORK_HERE: {"directory": str(folder.resolve())}}],
    )
    return f"{flow.name}/{one['name']}"


def _schedule(cron: str, timezone: str, slug: str, active: bool = True) -> DeploymentScheduleCreate:
    return DeploymentScheduleCreate(schedule=CronSchedule(cron=cron, timezone=timezone), active=active, slug=slug)


if __name__ == "__main__":
    deploy(read_file(FILE), Path())
