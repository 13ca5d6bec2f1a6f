"""Rehearse: play the tests that stand beside journeys, with time travel, by the loop's own stages in a scratch project.

The scratch project has the real journeys, messages, policy and channels; profile and segments are what the cases say. Every case has
its own customer, chosen so that hash draws give what the case asks for (treated or held out, an arm). Nothing of the project
is touched.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tonglu.app.definitions import Definitions
from tonglu.app.dry import play_without_effects
from tonglu.app.rehearsal_bank import lay_out, opened
from tonglu.app.workplace import Workplace
from tonglu.compile.lower import lower
from tonglu.compile.pin import pin
from tonglu.compile.program import CompiledJourney
from tonglu.core.chance import Salt, draw
from tonglu.core.clock import show_instant, to_utc
from tonglu.core.errors import Finding, did_you_mean, refuse_errors
from tonglu.language.rehearsal import Case, Rehearsal, read_rehearsal
from tonglu.language.yamlfile import Loc

FOLDER = "tests"
MORNING = time(8)
TRIED_IDS = 20_000
PATHS = """
    SELECT e.customer_id, m.clock, t.step FROM tonglu.move AS m JOIN tonglu.entry AS e USING (entry_id)
    JOIN tonglu.step AS t ON t.step_key = m.to_key WHERE e.journey = $journey AND e.entry_no = 1 ORDER BY m.run_no, m.ordinal
"""
ENTRIES = """
    SELECT e.customer_id, e.since, f.step, s.step, d.reason FROM tonglu.entry AS e
    JOIN tonglu.step AS f ON f.step_key = e.version_no * 1000 + 1
    LEFT JOIN tonglu.rest AS r USING (entry_id) LEFT JOIN tonglu.step AS s ON s.step_key = r.step_key
    LEFT JOIN tonglu.ended AS d USING (entry_id) WHERE e.journey = $journey AND e.entry_no = 1
"""
DECIDED = """
    SELECT d.customer_id, d.step, d.outcome, d.gate, d.reason, d.detail, d.channel, coalesce(d.not_before, r.as_of)
    FROM tonglu.decision AS d JOIN tonglu.run AS r USING (run_no) WHERE d.journey = $journey ORDER BY r.as_of, d.step
"""


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


@dataclass
class _Went:
    """What a customer's first trip came to."""

    path: list[tuple[str, datetime]] = field(default_factory=list)
    rests_at: str | None = None
    end: str | None = None
    decided: list[tuple[Any, ...]] = field(default_factory=list)


def read_rehearsals(root: Path, definitions: Definitions, only: Sequence[str] = ()) -> list[Rehearsal]:
    """Every file of tests, of all journeys or of some, checked.

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
    refuse_errors(findings)
    return found


def rehearse(root: Path, definitions: Definitions, rehearsals: Iterable[Rehearsal]) -> Iterator[Outcome]:
    """Play the tests, file by file."""
    for one in rehearsals:
        with tempfile.TemporaryDirectory(prefix="tonglu-test-") as scratch:
            yield from _Play(root, Path(scratch), definitions, one).outcomes()


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
        for name in (*case.arms, *(case.expect.path or ()), *(touch.step for touch in case.expect.touches or ())):
            look(name, steps, "step", (*base, "expect" if name not in case.arms else "arms"))
        for name in case.channels or ():
            look(name, known.channels, "channel", (*base, "channels"))
    return found


class _Play:
    """One file of tests in a scratch project."""

    def __init__(self, root: Path, scratch: Path, definitions: Definitions, rehearsal: Rehearsal) -> None:
        self.root, self.scratch, self.definitions, self.rehearsal = root, scratch, definitions, rehearsal
        self.zone = definitions.project.zone_info
        self.journey = next(one for one in definitions.journeys if one.name == rehearsal.written.journey)
        self.customers = {number: self._customer(number, case) for number, case in enumerate(rehearsal.written.cases)}

    def outcomes(self) -> Iterator[Outcome]:
        lay_out(self.root, self.scratch, self.definitions, self.rehearsal, self.customers)
        with opened(self.scratch) as place:
            for as_of in self._instants():
                play_without_effects(place, as_of)
            went = self._went(place)
        for number, case in enumerate(self.rehearsal.written.cases):
            trip = went.get(self.customers[number])
            yield Outcome(
                self.journey.name,
                case.name,
                tuple(self._differences(case, trip)),
                tuple(f"{show_instant(clock, self.zone)} {step}" for step, clock in (trip.path if trip else ())),
            )

    def _instants(self) -> list[datetime]:
        runs = self.rehearsal.written.runs
        clock = self.definitions.project.run_at or MORNING
        days = [runs.starts + timedelta(days=number) for number in range((runs.ends - runs.starts).days + 1)]
        return [to_utc(datetime.combine(day, clock), self.zone) for day in days]

    # the customer whose draws are those that the case asks for

    def _customer(self, number: int, case: Case) -> int:
        compiled = lower(pin(self.journey, self.definitions.message_texts(self.journey)), 1, self.definitions.known, current=True)
        first = number * TRIED_IDS + 1
        fitting = [one for one in range(first, first + TRIED_IDS) if self._assigned(one) == case.held_out]
        return min(fitting, key=lambda one: self._off(one, case, compiled), default=first)

    def _assigned(self, customer: int) -> bool:
        """Whether the hash holds this customer out."""
        header, policy = self.journey.header, self.definitions.policy
        control = policy.global_control.share if header.purpose == "marketing" else 0.0
        in_control = draw(Salt.GLOBAL_CONTROL, policy.global_control.epoch, customer) < control
        return in_control or draw(Salt.HOLDOUT, self.journey.name, customer) < header.holdout

    def _off(self, customer: int, case: Case, compiled: CompiledJourney) -> float:
        """How far the customer's draws lie from the middle of the arms that the case asks for."""
        off = 0.0
        for step in compiled.steps:
            wanted, arms = case.arms.get(step.name), step.lowered.arms
            names, shares = (
                (arms.names, arms.weights)
                if arms
                else (tuple(to for to, _ in step.lowered.ways), tuple(s for _, s in step.lowered.ways))
            )
            if wanted in names:
                place = names.index(wanted)
                middle = sum(shares[:place]) + shares[place] / 2
                salt = Salt.ARM if arms else Salt.SPLIT
                off = max(off, abs(draw(salt, self.journey.name, customer, step.name, 1) - middle) / shares[place])
        return off

    # what came of it

    def _went(self, place: Workplace) -> dict[int, _Went]:
        found: dict[int, _Went] = {}
        journey = self.journey.name
        for customer, since, first, rests_at, end in place.warehouse.fetch(ENTRIES, journey=journey):
            found[customer] = _Went([(first, since)], rests_at, end)
        for customer, clock, step in place.warehouse.fetch(PATHS, journey=journey):
            found[customer].path.append((step, clock))
        for customer, *decided in place.warehouse.fetch(DECIDED, journey=journey):
            found[customer].decided.append(tuple(decided))
        return found

    def _differences(self, case: Case, trip: _Went | None) -> Iterator[str]:
        expect = case.expect
        if expect.enters is False:
            if trip is not None:
                yield "expected nobody to enter, but the customer did"
            return
        if trip is None:
            yield "the customer never entered the journey"
            return
        if expect.path is not None:
            yield from _path_differences(expect.path, [step for step, _ in trip.path], trip.decided)
        if expect.touches is not None:
            yield from self._touch_differences(case, trip)
        if expect.end is not None and trip.end != expect.end:
            yield f"expected the end '{expect.end}', but {f'it ended as {trip.end}' if trip.end else f'it rests at {trip.rests_at}'}"
        if expect.rests_at is not None and trip.rests_at != expect.rests_at:
            yield f"expected it to rest at '{expect.rests_at}', but {f'it rests at {trip.rests_at}' if trip.rests_at else f'it ended as {trip.end}'}"

    def _touch_differences(self, case: Case, trip: _Went) -> Iterator[str]:
        wanted = case.expect.touches or ()
        cared = {touch.outcome for touch in wanted} | {"sent"}
        got = [one for one in trip.decided if one[1] in cared]
        for place in range(max(len(wanted), len(got))):
            if place >= len(got):
                yield f"expected touch {place + 1} at '{wanted[place].step}', but there were {len(got)}{_why(trip.decided, wanted[place].step)}"
            elif place >= len(wanted):
                yield f"unexpected: {self._shown(got[place])}"
            else:
                touch, (step, outcome, _, reason, _, channel, at) = wanted[place], got[place]
                same = (
                    touch.step == step
                    and touch.outcome == outcome
                    and touch.channel in (None, channel)
                    and touch.reason in (None, reason)
                    and touch.on in (None, _day(at, self.zone))
                )
                if not same:
                    asked = " ".join(
                        str(part) for part in (touch.outcome, touch.step, touch.channel, touch.on, touch.reason) if part
                    )
                    yield f"expected touch {place + 1}: {asked}; got {self._shown(got[place])}"

    def _shown(self, decided: tuple[Any, ...]) -> str:
        step, outcome, gate, reason, detail, channel, at = decided
        why = "" if outcome == "sent" else f" by {gate}: {reason}{f' ({detail})' if detail else ''}"
        return f"{outcome} {step}{f' {channel}' if channel else ''} {show_instant(at, self.zone)}{why}"


def _path_differences(expected: Sequence[str], actual: Sequence[str], decided: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    if list(expected) == list(actual):
        return
    first = next(
        (n for n, (one, other) in enumerate(zip(expected, actual, strict=False)) if one != other), min(len(expected), len(actual))
    )
    wanted = expected[first] if first < len(expected) else "nothing more"
    got = actual[first] if first < len(actual) else "nothing more"
    before = actual[first - 1] if first else ""
    yield f"the path differs at step {first + 1}: expected {wanted}, got {got}{_why(decided, before)}"
    yield f"  expected: {' > '.join(expected)}"
    yield f"  got:      {' > '.join(actual)}"


def _why(decided: Sequence[tuple[Any, ...]], step: str) -> str:
    """The last decision at a step, where it was not to send."""
    mine = [one for one in decided if one[0] == step and one[1] != "sent"]
    return f" ({mine[-1][1]} at {step} by {mine[-1][2]}: {mine[-1][3]})" if mine else ""


def _day(instant: datetime, zone: Any) -> date:
    from tonglu.core.clock import day_of

    return day_of(instant, zone)
