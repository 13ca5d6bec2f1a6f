"""Who hears of trouble: the hook of failed and crashed flow runs, and the look-out for a daily run that did not come.

A failure is told by the flow run's own process; a crash (the process died) by the worker that had started it.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.objects import State as FlowState
from prefect.flows import Flow
from prefect.logging import get_logger
from prefect.variables import Variable

from flows.turn import turn_of
from tonglu.app.alerts import Told, alert, alert_missed, missed_run
from tonglu.app.inspect import last_run, project_of, published
from tonglu.core.errors import InputError
from tonglu.language.project import Project
from tonglu.settings import read_settings


def alert_operators(flow: Flow[..., Any], flow_run: FlowRun, state: FlowState[Any]) -> None:
    """Tell the operators that a flow run failed or crashed; an alert that cannot leave is logged and never hides the failure."""
    logger, text = get_logger("tonglu.alerts"), what_happened(flow.name, flow_run, state)
    try:
        project = project_of(root_of(flow_run))
        title = f"同路运行失败 Tonglu run failed: {flow.name}"
        told, why = alert(project, read_settings().secrets, f"alert|flow|{flow_run.id}", title, text)
    except Exception as problem:  # whatever it is: the failure that this is about must stay the one that is seen
        told, why = Told.FAILED, f"{type(problem).__name__}: {problem}"
    logger.error("%s [alert: %s%s]", text, told.value, f", {why}" if why else "")


def root_of(flow_run: FlowRun) -> Path:
    """The project that a flow run works for."""
    return Path(str(flow_run.parameters.get("project", ".")))


def what_happened(flow: str, flow_run: FlowRun, state: FlowState[Any]) -> str:
    """Which flow at which instant, what became of it, why. A crashed run is told by its instant: its own name may not be set yet."""
    named = flow_run.parameters.get("as_of") or flow_run.parameters.get("now")
    at = named or (f"{flow_run.expected_start_time:%Y-%m-%dT%H:%MZ}" if flow_run.expected_start_time else flow_run.name)
    return f"{flow} {at}: {state.name or state.type.value}: {state.message or 'no message'}"


def alert_once_if_missed(root: Path, now: datetime) -> datetime | None:
    """Tell the operators, once, of a daily run that should be done by `now` and is not; its instant, or None.

    What was told is remembered by the Prefect server, in a variable of the project.
    """
    project = project_of(root)
    last = _last(root, project)
    due = missed_run(project, last, now)
    remembered = turn_of(root).replace("-", "_") + "_missed"
    if due is None or Variable.get(remembered) == due.isoformat():
        return None
    told, why = alert_missed(project, read_settings().secrets, due, last)
    get_logger("tonglu.alerts").error(
        "the run of %sZ was missed [alert: %s%s]", due.isoformat(), told.value, f", {why}" if why else ""
    )
    Variable.set(remembered, due.isoformat(), overwrite=True)
    return due


def _last(root: Path, project: Project) -> datetime | None:
    try:
        file = published(root, project)
    except InputError:  # nothing was published yet
        return None
    try:
        found = last_run(file)
    finally:
        file.close()
    return None if found is None else found[1]
