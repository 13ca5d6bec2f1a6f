"""The run as a flow: the stages of `tonglu.app.loop` as tasks, in order, in one process and thread.

From segment to commit everything is one DuckDB transaction on one connection, so the tasks are called, never submitted, their
results are neither cached nor kept, and none of them is retried. Retried are opening and ingest, when something outside does not
answer, and what follows the commit, which is idempotent.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypedDict, TypeVar
from zoneinfo import ZoneInfo

from prefect import flow, runtime, tags, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed
from prefect.tasks import Task

from flows.alerting import alert_operators
from flows.reporting import leave_artifacts, one_line
from flows.turn import sole_use
from tonglu.app.loop import Loop, Summary, open_loop
from tonglu.app.workplace import Workplace, workplace
from tonglu.core.clock import parse_instant
from tonglu.core.errors import CheckFailed, InputError, Unavailable

T = TypeVar("T")
BEFORE_THE_TRANSACTION = frozenset({"open", "ingest"})
AFTER_THE_COMMIT = frozenset({"deliver", "publish"})
RETRY_DELAYS = [10.0, 60.0]
WAIT_SECONDS = 600.0


class Care(TypedDict, total=False):
    """How a stage's task differs from the others."""

    retries: int
    retry_delay_seconds: list[float]
    retry_condition_fn: Callable[[Task[..., Any], Any, State[Any]], bool]


@task(cache_policy=NO_CACHE, persist_result=False, tags=["tonglu"])
def stage(call: Callable[[], T]) -> T:
    """One stage of a run."""
    return call()


def outside_may_answer(_task: Task[..., Any], _run: Any, state: State[Any]) -> bool:
    """Whether a failure is that something outside did not answer."""
    return isinstance(_cause(state), Unavailable)


def is_no_verdict(_task: Task[..., Any], _run: Any, state: State[Any]) -> bool:
    """Whether a failure may pass: everything but a verdict on what somebody wrote or delivered."""
    return not isinstance(_cause(state), InputError | CheckFailed)


def care_of(name: str) -> Care:
    """Retries where they are safe: never inside the transaction."""
    if name in BEFORE_THE_TRANSACTION:
        return Care(retries=len(RETRY_DELAYS), retry_delay_seconds=RETRY_DELAYS, retry_condition_fn=outside_may_answer)
    if name in AFTER_THE_COMMIT:
        return Care(retries=len(RETRY_DELAYS), retry_delay_seconds=RETRY_DELAYS, retry_condition_fn=is_no_verdict)
    return Care(retries=0)


def play(loop: Loop) -> Summary:
    """All stages as tasks; the run's summary. Rolls back what is not committed when one fails."""
    logger = get_run_logger()
    try:
        for name, call in loop.stages:
            result = stage.with_options(name=name, task_run_name=name, **care_of(name))(call)
            loop.summary |= result
            logger.info("%s: %s", name, ", ".join(f"{key} {value}" for key, value in result.items()) or "done")
    except BaseException:
        loop.roll_back()
        raise
    return loop.summary


def scheduled_minute() -> datetime:
    """The instant that this flow run was scheduled for, to the minute: the same however late or often it is run."""
    planned = runtime.flow_run.scheduled_start_time.timestamp()
    return datetime.fromtimestamp(planned - planned % 60, UTC).replace(tzinfo=None)


def instant_of(as_of: str | None, zone: ZoneInfo) -> datetime:
    """The run's instant: ISO text on the bank's wall clock, or the scheduled minute.

    Raises:
        ValueError: the text is no ISO date or date-time.
    """
    return scheduled_minute() if as_of is None else parse_instant(as_of, zone)


def name_by_as_of() -> str:
    """The flow run's name."""
    as_of = runtime.flow_run.parameters.get("as_of")
    return f"as of {as_of or scheduled_minute().isoformat(timespec='minutes') + 'Z'}"


@flow(
    name="tonglu-run",
    flow_run_name=name_by_as_of,
    persist_result=False,
    on_failure=[alert_operators],
    on_crashed=[alert_operators],
)
def run_flow(project: str = ".", as_of: str | None = None, wait_seconds: float = WAIT_SECONDS) -> Any:
    """Play the loop once.

    Running a finished `as_of` again changes nothing; a run that was killed is finished first by the next one.

    Args:
        project: the project's folder; a relative one is seen from where the deployment works.
        as_of: the run's instant, ISO, on the bank's wall clock unless it has an offset; by default the scheduled time, to the
            minute.
        wait_seconds: how long to wait for another run or delivery round of the same warehouse; 0 fails at once.
    """
    root = Path(project)
    with tags("tonglu"), sole_use(root, wait_seconds), workplace(root) as place:
        instant = instant_of(as_of, place.definitions.project.zone_info)
        summary = play_once(place, instant, patient=wait_seconds > 0)
        leave_artifacts(place, summary)
    return Completed(message=one_line(summary), data=summary)


def play_once(place: Workplace, instant: datetime, *, patient: bool) -> Summary:
    """Open the warehouse, finish what a killed run left, and play; or the result of the finished run of that instant."""
    care = care_of("open") if patient else Care(retries=0)
    opening = stage.with_options(name="open", task_run_name="open", **care)
    opened: Loop | Summary = opening(partial(open_loop, place, instant))
    return play(opened) if isinstance(opened, Loop) else opened


def _cause(state: State[Any]) -> object:
    return state.result(raise_on_failure=False)
