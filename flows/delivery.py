"""Delivery as a flow: every few minutes, let leave what is due."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow, tags
from prefect.states import Completed

from flows.alerting import alert_once_if_missed, alert_operators
from flows.run import scheduled_minute, stage
from flows.turn import sole_use
from tonglu.app.deliver import deliver_now
from tonglu.app.workplace import workplace
from tonglu.core.clock import parse_instant
from tonglu.core.errors import Unavailable


def name_by_minute() -> str:
    """The flow run's name."""
    return f"due at {scheduled_minute().isoformat(timespec='minutes')}Z"


def round_instant(now: str | None, zone: ZoneInfo) -> datetime:
    """The instant of a round: ISO text on the bank's wall clock, or this moment.

    Not the scheduled time: a round that starts late must see what has expired since, and which hours are quiet now.
    """
    return datetime.now(UTC).replace(tzinfo=None) if now is None else parse_instant(now, zone)


@flow(
    name="tonglu-delivery",
    flow_run_name=name_by_minute,
    persist_result=False,
    on_failure=[alert_operators],
    on_crashed=[alert_operators],
)
def delivery_flow(project: str = ".", now: str | None = None) -> Any:
    """Let everything leave that is due; while a run has the warehouse the round is skipped, and the next one delivers.

    Each round also looks whether the daily run has come. Nothing is retried here: rows that a receiver did not take are
    rescheduled by the mailroom, and the next round is the retry.

    Args:
        project: the project's folder.
        now: the instant of the round, ISO, on the bank's wall clock unless it has an offset; by default this moment.
    """
    root = Path(project)
    alert_once_if_missed(root, scheduled_minute())
    try:
        with tags("tonglu"), sole_use(root, wait_seconds=0), workplace(root) as place:
            instant = round_instant(now, place.definitions.project.zone_info)
            states = stage.with_options(name="deliver", task_run_name="deliver")(partial(deliver_now, place, instant))
    except Unavailable as busy:
        return Completed(name="Skipped", message=f"nothing left in this round: {busy}")
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return Completed(message=said or "nothing was due", data=states)
