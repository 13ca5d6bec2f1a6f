"""Rehearse: read the tests that stand beside journeys, play them, and say what is other than expected."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tonglu.app.definitions import Definitions
from tonglu.app.rehearsal_differences import differences
from tonglu.app.rehearsal_play import play
from tonglu.core.clock import show_instant
from tonglu.core.errors import Finding, did_you_mean, refuse_errors
from tonglu.language.rehearsal import Expected, Rehearsal, read_rehearsal
from tonglu.language.yamlfile import Loc

FOLDER = "tests"


@dataclass(frozen=True)
class Outcome:
    """How one case came out: what differs, in words, empty when nothing does; and the path with its instants."""

    journey: str
    name: str
    differences: tuple[str, ...]
    path: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything expected came."""
        return not self.differences


def read_rehearsals(root: Path, definitions: Definitions, only: Sequence[str] = (), *, complete: bool = True) -> list[Rehearsal]:
    """Every file of tests, of all journeys or of some, checked.

    Args:
        root: the project.
        definitions: what is written in it.
        only: these journeys; all if none is named.
        complete: whether every case must say what it expects.

    Raises:
        InputError: a file cannot be used, or names what does not exist.
    """
    findings: list[Finding] = []
    folder = root / definitions.project.paths.journeys / FOLDER
    shown = f"{definitions.project.paths.journeys}/{FOLDER}"
    read = [read_rehearsal(path, f"{shown}/{path.name}", findings) for path in sorted(folder.glob("*.yaml"))]
    found = [one for one in read if one is not None and (not only or one.written.journey in only)]
    for one in found:
        findings += _unknown_names(one, definitions)
        findings += _expecting_nothing(one) if complete else []
    refuse_errors(findings)
    return found


def rehearse(root: Path, definitions: Definitions, rehearsals: Iterable[Rehearsal]) -> Iterator[Outcome]:
    """Play the tests, file by file."""
    zone = definitions.project.zone_info
    for one in rehearsals:
        for case, trip in zip(one.written.cases, play(root, definitions, one), strict=True):
            path = tuple(f"{show_instant(clock, zone)} {step}" for step, clock in (trip.path if trip else ()))
            yield Outcome(one.written.journey, case.name, tuple(differences(case, trip, zone)), path)


def _expecting_nothing(one: Rehearsal) -> Iterator[Finding]:
    for number, case in enumerate(one.written.cases):
        if case.expect is None:
            hint = "Write it, or let tonglu test --record take it from what comes."
            yield one.file.finding("TL121", f"'expect' is missing in case '{case.name}'", ("cases", number), hint)


def _unknown_names(one: Rehearsal, definitions: Definitions) -> list[Finding]:
    """Names that nothing knows, and attributes of a wrong type."""
    found: list[Finding] = []
    known = definitions.known

    def look(name: str, names: Iterable[str], what: str, loc: Loc) -> None:
        if name not in names:
            place = one.file.place(loc, key=True)
            found.append(Finding("TL902", f"{what} '{name}' does not exist", place, did_you_mean(name, names)))

    journeys = {journey.name: journey for journey in definitions.journeys}
    for name, loc in ((one.written.journey, ("journey",)), *((name, ("with",)) for name in one.written.with_journeys)):
        look(name, journeys, "journey", loc)
    if one.written.journey not in journeys:
        return found
    steps = [step.name for step in journeys[one.written.journey].steps] + ["completed"]
    for number, case in enumerate(one.written.cases):
        base: Loc = ("cases", number)
        for name in case.customer:
            look(name, known.profile, "attribute", (*base, "customer", name))
        for name in case.segments:
            look(name, known.segments, "segment", (*base, "segments"))
        for at, happened in enumerate(case.events):
            if known.properties(happened.event) is None:
                look(happened.event, known.events, "event", (*base, "events", at, "event"))
        expect = case.expect or Expected.model_construct()
        for name in (*case.arms, *(expect.path or ()), *(touch.step for touch in expect.touches or ())):
            look(name, steps, "step", (*base, "expect" if name not in case.arms else "arms"))
        for at, receipt in enumerate(case.receipts):
            look(receipt.step, steps, "step", (*base, "receipts", at, "step"))
        for name in case.channels or ():
            look(name, known.channels, "channel", (*base, "channels"))
    return found
