"""Levers: an operator raises or lowers the scores of a journey, a channel or a product for a time. Kept in the mailroom, read by runs."""

from datetime import datetime
from pathlib import Path

from pydantic_core import PydanticCustomError

from tonglu.app.inspect import path_of
from tonglu.app.operate import PRODUCTS, known_names, scoped
from tonglu.core.clock import parse_instant
from tonglu.core.errors import did_you_mean, wrong
from tonglu.language.arbitration import factor_of
from tonglu.language.project import Project
from tonglu.mailroom.levers import Lever
from tonglu.mailroom.mailroom import Mailroom
from tonglu.mailroom.switches import Scope

__all__ = ["Lever", "drop_lever", "levers_in_force", "set_lever"]


def set_lever(root: Path, project: Project, what: str, factor: str, *, until: str, by: str, reason: str, at: datetime) -> Lever:
    """Multiply scores by a factor until an instant; a second one for the same name takes the place of the first.

    Args:
        root: the project's folder.
        project: the project file.
        what: a journey, or 'channel:NAME' or 'product:KIND'.
        factor: from 0 to 10, with four decimals at most.
        until: when it ends, on the bank's clock; a bare date is its midnight.
        by: who sets it.
        reason: why; kept.
        at: when it is set.

    Raises:
        InputError: no such name, no factor, an end that is not after `at`, or no reason.
    """
    scope, name = _named(root, project, what)
    try:
        number = factor_of(factor)
    except PydanticCustomError as problem:
        raise wrong(problem.message(), "FACTOR", str((problem.context or {}).get("hint", ""))) from None
    try:
        end = parse_instant(until, project.zone_info)
    except ValueError:
        raise wrong(f"'{until}' is not a date", "--until", "Write it like 2026-12-31.") from None
    if end <= at:
        raise wrong(f"{until} is not ahead", "--until", "A lever ends by itself; say a later day.")
    return _noted(root, project, Lever(scope, name, number, end, by, _reason(reason), at))


def drop_lever(root: Path, project: Project, what: str, *, by: str, reason: str, at: datetime) -> Lever:
    """End a lever before its time.

    Raises:
        InputError: there is none of this name in force, or no reason.
    """
    scope, name = _named(root, project, what)
    here = [one for one in levers_in_force(root, project, at) if (one.scope, one.name) == (scope, name)]
    if not here:
        raise wrong(f"no lever on {scope.value} {name} is in force", "WHAT", "tonglu lever list shows them.")
    return _noted(root, project, Lever(scope, name, None, None, by, _reason(reason), at))


def levers_in_force(root: Path, project: Project, now: datetime) -> list[Lever]:
    """The levers that hold at an instant."""
    path = path_of(root, project, "mailroom")
    if not path.exists():
        return []
    with Mailroom(path) as mailroom:
        return mailroom.levers.in_force(now)


def _noted(root: Path, project: Project, lever: Lever) -> Lever:
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        mailroom.levers.note(lever)
    return lever


def _named(root: Path, project: Project, what: str) -> tuple[Scope, str]:
    name, scope = scoped(what, None)
    scope = scope or Scope.JOURNEY
    names = known_names(root, project)
    known = {Scope.JOURNEY: names.journeys, Scope.CHANNEL: names.channels, Scope.PRODUCT: PRODUCTS}.get(scope)
    if known is None:
        raise wrong(f"there are no levers on a {scope.value}", "WHAT", "Name a journey, a channel or a product.")
    if name not in known:
        raise wrong(f"there is no {scope.value} '{name}'", "WHAT", did_you_mean(name, known))
    return scope, name


def _reason(reason: str) -> str:
    if not reason.strip():
        raise wrong("a reason is needed", "--reason", "Write a few words; they are kept for audit.")
    return reason.strip()
