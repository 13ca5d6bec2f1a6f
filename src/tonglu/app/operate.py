"""What operators do between runs: switches, ejections, opt-outs (levers: `app.levers`). All of it goes to the mailroom, at once, whatever a run does.

An emergency must not depend on definitions that read well, so names are taken from file names and from what was published, and
nothing here reads the definitions or the warehouse.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

from tonglu.app.inspect import path_of, published
from tonglu.app.people import known_person
from tonglu.core.consent_words import folded
from tonglu.core.errors import InputError, did_you_mean, wrong
from tonglu.language.arbitration import Topic
from tonglu.language.project import Project
from tonglu.language.values import Purpose
from tonglu.language.yamlfile import read_yaml
from tonglu.mailroom.inbox import InboxItem
from tonglu.mailroom.mailroom import Mailroom
from tonglu.mailroom.optouts import EVERY_CHANNEL, EVERY_PURPOSE, PROFILING
from tonglu.mailroom.switches import Action, Scope, Switch

__all__ = ["Action", "Names", "Scope", "Thrown", "eject", "in_force", "known_names", "opt_out", "reveal", "throw"]

EVERYTHING = "all"
PRODUCTS = frozenset(get_args(Topic))
PURPOSES = frozenset(get_args(Purpose))
EJECT = "eject"


@dataclass(frozen=True)
class Thrown:
    """A switch that was thrown, and how many waiting touches it cancelled."""

    scope: Scope
    name: str
    action: Action
    cancelled: int


@dataclass(frozen=True)
class Names:
    """The journeys and channels that an operator may mean."""

    journeys: frozenset[str]
    channels: frozenset[str]


def known_names(root: Path, project: Project) -> Names:
    """Journeys by file name and by what was published; channels by the keys of their file."""
    journeys = {path.stem for path in path_of(root, project, "journeys").glob("*.yaml")}
    journeys -= {Path(project.paths.policy).stem, Path(project.paths.channels).stem, "seeds"}
    try:
        with published(root, project) as file:
            journeys |= {row["journey"] for row in file.ask("journeys")}
    except InputError:
        pass  # nothing published yet
    data = read_yaml(path_of(root, project, "channels"), project.paths.channels).data
    written = data.get("channels") if isinstance(data, dict) else None
    return Names(frozenset(journeys), frozenset(written if isinstance(written, dict) else ()))


def throw(
    root: Path, project: Project, action: Action, name: str, *, by: str, reason: str, at: datetime, scope: Scope | None = None
) -> Thrown:
    """Pause, resume or kill a journey, channel, product, branch or everything ('all'); for deliverers at once, for runs from the next.

    Args:
        root: the project's folder.
        project: the project file.
        action: what to do.
        name: a journey, a channel, or 'all'; or with its scope before it: 'journey:NAME', 'channel:NAME', 'product:KIND',
            'branch:ID'. Nothing here knows which branches there are.
        by: who does it.
        reason: why; kept.
        at: when.
        scope: what the name is, where a journey and a channel share it.

    Raises:
        InputError: no such journey, channel or kind of product, two of that name, nobody who does it or no reason, or nobody of that name
            who may lift a stop. Stopping is open to everybody.
    """
    _need(reason, "--reason", "TL820")
    _need(by, "--by", "TL820")
    name, scope = scoped(name, scope)
    where = _scope_of(known_names(root, project), name, scope)
    own = "" if where is Scope.ALL else name
    if action is Action.RESUME:
        by = known_person(project, by)
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        return Thrown(where, own, action, mailroom.throw(where, own, action, by=by, reason=reason, at=at))


def in_force(root: Path, project: Project) -> list[Switch]:
    """The pauses and kills that hold now."""
    path = path_of(root, project, "mailroom")
    if not path.exists():
        return []
    with Mailroom(path) as mailroom:
        return mailroom.switches.in_force()


def eject(root: Path, project: Project, customer_id: int, journey: str, *, by: str, reason: str, at: datetime) -> bool:
    """Take a customer out of a journey with the next run. False when the last run knew of no open trip of theirs.

    Raises:
        InputError: no such journey, or no reason.
    """
    _need(reason, "--reason")
    names = known_names(root, project)
    if journey not in names.journeys:
        raise wrong(f"there is no journey '{journey}'", "JOURNEY", did_you_mean(journey, names.journeys))
    payload = {"journey": journey, "reason": reason.strip(), "by": by}
    item = InboxItem(EJECT, f"{customer_id}|{journey}|{at.isoformat()}", customer_id, payload, at)
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        mailroom.inbox.post([item])
        mailroom.audit.append("eject", f"from {journey}", by=by, at=at, words=reason.strip(), customer_id=customer_id)
    try:
        with published(root, project) as file:
            trips = file.ask("entries", customer_id=customer_id, journey=journey, until=None)
    except InputError:
        return False
    return any(trip["state"] == "open" for trip in trips)


def opt_out(
    root: Path, project: Project, customer_id: int, channel: str, *, out: bool, at: datetime, purpose: str = EVERYTHING
) -> None:
    """Note that a customer wants nothing more on a channel for a purpose ('all': any), or agrees again; deliverers stop at once.

    The purpose 'profiling' is personalised marketing, on every channel.

    Raises:
        InputError: no such channel or purpose, or profiling of one channel.
    """
    if not out and not (channel.strip() and purpose.strip()):
        raise wrong("an empty word would lift every opt-out", "--channel", "Write which, or all.")
    own, why = folded(channel), folded(purpose)
    purposes = {*PURPOSES, PROFILING, EVERY_PURPOSE}
    if why not in purposes:
        raise wrong(f"there is no purpose '{purpose}'", "--purpose", did_you_mean(why, {*PURPOSES, PROFILING, EVERYTHING}))
    if why == PROFILING and own != EVERY_CHANNEL:
        raise wrong("personalised marketing is refused on every channel, not on one", "--channel", "Leave --channel away.")
    names = known_names(root, project)
    if own != EVERY_CHANNEL and own not in names.channels:
        raise wrong(f"there is no channel '{channel}'", "--channel", did_you_mean(own, {*names.channels, EVERYTHING}))
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        (mailroom.optouts.record if out else mailroom.optouts.lift)(customer_id, own, at, why)


def scoped(written: str, scope: Scope | None = None) -> tuple[str, Scope | None]:
    """The name and the scope of 'scope:name'; a name alone has the scope that is given beside it.

    Raises:
        InputError: no such scope, or two.
    """
    word, colon, name = written.partition(":")
    if not colon:
        return written, scope
    kinds = [one.value for one in Scope if one is not Scope.ALL]
    if word not in kinds:
        raise wrong(f"there is no scope '{word}'", "WHAT", did_you_mean(word, kinds) or f"Write one of {', '.join(kinds)}.")
    if scope is not None and scope.value != word:
        raise wrong(f"'{written}' is no {scope.value}", "--scope", "Leave --scope away.")
    return name, Scope(word)


def reveal(root: Path, project: Project, customer_id: int, where: str, *, by: str, at: datetime) -> None:
    """Note that somebody was shown personal data of a customer, and where."""
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        mailroom.audit.append("reveal", f"in {where}", by=by, at=at, customer_id=customer_id)


def _scope_of(names: Names, name: str, scope: Scope | None) -> Scope:
    if name == EVERYTHING and scope in (None, Scope.ALL):
        return Scope.ALL
    if scope is Scope.BRANCH and name.strip():
        return scope
    if scope is Scope.PRODUCT:
        if name not in PRODUCTS:
            raise wrong(f"there is no kind of product '{name}'", "WHAT", did_you_mean(name, PRODUCTS))
        return scope
    scopes = [(Scope.JOURNEY, names.journeys), (Scope.CHANNEL, names.channels)]
    fits = [kind for kind, known in scopes if name in known and scope in (None, kind)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise wrong(f"both a journey and a channel are called '{name}'", "WHAT", "Say which: --scope journey or --scope channel.")
    hint = did_you_mean(name, {*names.journeys, *names.channels, EVERYTHING})
    raise wrong(f"there is no {scope.value if scope else 'journey or channel'} '{name}'", "WHAT", hint)


def _need(text: str, option: str, code: str = "TL900") -> None:
    if not text.strip():
        raise wrong(f"{option} is empty", option, "Write who, and why in a few words; both are kept for audit.", code)
