"""Pass: windows that never open: a calendar whose days all lie outside of the journey's own, a wait for when it has stopped."""

from datetime import datetime, time, timedelta

from tonglu.core.errors import Finding, Severity
from tonglu.language.calendar_rule import CalendarRule
from tonglu.language.journey import Journey, Live
from tonglu.language.yamlfile import Loc
from tonglu.steps import step_kinds
from tonglu.steps.wait import Until

ONE_DAY = timedelta(days=1)


def check_windows(journey: Journey, findings: list[Finding]) -> None:
    """Add a warning for everything that waits for an instant which cannot come."""
    live, rule = journey.header.live, journey.header.enter.calendar
    if rule is not None and _never(rule, live):
        message = "nobody ever enters: no day of the calendar lies between the journey's 'from' and 'until'"
        _warn(journey, findings, message, ("enter", "calendar"), "Move the calendar, or 'live'.")
    if live.until is None or live.then != "stop":
        return
    kinds = step_kinds()
    for step in journey.steps:
        until = kinds[step.kind].lower(step.fields).until
        if isinstance(until, Until) and until.until is not None and until.until >= live.until:
            message = f"step '{step.name}' waits until {until.until:%Y-%m-%d %H:%M}, when the journey has stopped"
            _warn(journey, findings, message, (*step.loc, "wait", "until"), "Let it end earlier, or write then: finish.")


def _never(rule: CalendarRule, live: Live) -> bool:
    """Whether no instant of a rule lies in the journey's days; rules that count workdays and pay-days always may have one."""
    starts, until = live.starts, live.until
    if rule.date is not None:
        return (starts is not None and rule.date < starts) or (until is not None and rule.date >= until)
    if starts is None or until is None or rule.every in (None, "workday") or rule.workday is not None:
        return False
    day, clock = starts.date(), rule.at or time()
    while day <= until.date():
        if rule.falls_on(day) and starts <= datetime.combine(day, clock) < until:
            return False
        day += ONE_DAY
    return True


def _warn(journey: Journey, findings: list[Finding], message: str, loc: Loc, hint: str) -> None:
    findings.append(Finding("TL431", message, journey.file.place(loc), hint, Severity.WARNING))
