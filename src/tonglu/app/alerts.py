"""Alerts to operators: a run that failed, a run that was missed, risk rules that held touches. Over Apprise, to the URL that the
project file points to.

An alert leaves the bank's machines, so it carries rules, places and counts, never what stands in a row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from tonglu.channels.apprise import AppriseChannel
from tonglu.core.clock import local, show_instant, to_utc
from tonglu.core.delivery import Delivered, OutboundMessage
from tonglu.core.errors import InputError, TongluError
from tonglu.language.project import Project
from tonglu.stages.check import ContractBroken

LONGEST = 1000
GRACE = timedelta(hours=1)
"""How long after its time a daily run may still be under way before it counts as missed."""


class Told(StrEnum):
    """What became of an alert."""

    SENT = "sent"
    NOBODY = "nobody is named to hear of it"
    FAILED = "it could not be sent"


def alert(project: Project, secrets: Mapping[str, str], key: str, title: str, body: str) -> tuple[Told, str]:
    """Tell the operators; what became of it, and why. Never raises: an alert must not hide what it is about."""
    variable = project.alerts.url_from
    if variable is None:
        return Told.NOBODY, "tonglu.yaml has no alerts: {url_from: ...}"
    url = secrets.get(variable)
    if not url:
        return Told.FAILED, f"the environment variable {variable} is not set"
    message = OutboundMessage(
        touch_key=key, channel="alerts", customer_id=0, address="", message="alert", arm="", title=title, body=body[:LONGEST]
    )
    try:
        outcome = AppriseChannel(url).send(message)
    except InputError as error:
        return Told.FAILED, error.findings[0].message
    except ImportError:
        return Told.FAILED, "Apprise is not installed: pip install 'tonglu[channels]'"
    return (Told.SENT, "") if isinstance(outcome, Delivered) else (Told.FAILED, outcome.reason)


def alert_failed(project: Project, secrets: Mapping[str, str], as_of: datetime, error: BaseException) -> tuple[Told, str]:
    """Tell the operators that a run failed."""
    at = show_instant(as_of, project.zone_info)
    title = f"同路运行失败 Tonglu run failed: {at}"
    body = f"{project.bank.zh} {project.bank.en}\n{type(error).__name__}: {_told(error)}"
    return alert(project, secrets, f"alert|failed|{as_of.isoformat()}", title, body)


def alert_held(
    project: Project, secrets: Mapping[str, str], run_no: int, as_of: datetime, held: Sequence[tuple[str, str, int]]
) -> tuple[Told, str]:
    """Tell the operators which risk rules newly held how many touches in a run: (rule, its title, touches) each, in one alert."""
    title = f"同路风险管控 Tonglu risk holds: {show_instant(as_of, project.zone_info)}"
    lines = [f"{rule} {named}: {touches} touch(es)" for rule, named, touches in held]
    body = "\n".join([f"{project.bank.zh} {project.bank.en}", f"run {run_no}", *lines])
    return alert(project, secrets, f"alert|risk|{run_no}", title, body)


def alert_harm(
    project: Project, secrets: Mapping[str, str], run_no: int, as_of: datetime, paused: Mapping[str, str]
) -> tuple[Told, str]:
    """Tell the operators which journeys paused themselves after a run, and why, in one alert."""
    title = f"同路自动暂停 Tonglu paused for harm: {show_instant(as_of, project.zone_info)}"
    body = "\n".join(
        [f"{project.bank.zh} {project.bank.en}", f"run {run_no}", *(f"{name}: {said}" for name, said in paused.items())]
    )
    return alert(project, secrets, f"alert|harm|{run_no}", title, body)


def _told(error: BaseException) -> str:
    """What an alert says of an error: of broken contracts the rules and their counts, of findings the codes and places."""
    if isinstance(error, ContractBroken):
        stopped = error.summary.blocking
        lines = [f"{one.table}: {one.expectation}" + (f", {one.unexpected} row(s)" if one.unexpected else "") for one in stopped]
        return "\n".join([f"{len(stopped)} blocking breach(es) of data contracts; nothing was moved", *lines])
    if isinstance(error, InputError):
        return "\n".join([f"{len(error.findings)} finding(s)", *(f"{one.place} [{one.code}]" for one in error.findings)])
    return str(error) if isinstance(error, TongluError) else "see the log of the run"


def missed_run(project: Project, last: datetime | None, now: datetime) -> datetime | None:
    """The daily run that should be done by now and is not: its instant, or None.

    Args:
        project: the project file; without `run_at` nothing is ever missed.
        last: the instant of the last run, None before the first.
        now: the present instant.
    """
    if project.run_at is None:
        return None
    zone = project.zone_info
    here = local(now - GRACE, zone)
    planned = datetime.combine(here.date(), project.run_at)
    if planned > here:
        planned -= timedelta(days=1)
    due = to_utc(planned, zone)
    return due if last is None or last < due else None


def alert_missed(project: Project, secrets: Mapping[str, str], due: datetime, last: datetime | None) -> tuple[Told, str]:
    """Tell the operators that a run did not come."""
    zone = project.zone_info
    title = f"同路未按时运行 Tonglu run missed: {show_instant(due, zone)}"
    since = show_instant(last, zone) if last else "never"
    body = f"{project.bank.zh} {project.bank.en}\nlast run: {since} ({project.zone})"
    return alert(project, secrets, f"alert|missed|{due.isoformat()}", title, body)
