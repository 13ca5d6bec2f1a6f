"""Play the cases of a file of tests with time travel, by the loop's own stages in a scratch project, and say what came of each.

The scratch project has the real journeys, messages, policy and channels; profile and segments are what the cases say. Every case has
its own customer, chosen so that hash draws give what the case asks for (treated or held out, an arm). Nothing of the project
is touched.
"""

import tempfile
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from tonglu.app.definitions import Definitions
from tonglu.app.dry import play_without_effects
from tonglu.app.rehearsal_bank import Bank, opened
from tonglu.app.workplace import Workplace
from tonglu.compile.lower import lower
from tonglu.compile.pin import pin
from tonglu.compile.program import CompiledJourney
from tonglu.core.chance import Salt, draw
from tonglu.core.clock import to_utc
from tonglu.language.rehearsal import Case, Rehearsal

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
class Decided:
    """A proposal of the trip: how it came out, by which gate and reason, on which channel, and when it may leave."""

    step: str
    outcome: str
    gate: str | None
    reason: str
    detail: str | None
    channel: str | None
    at: datetime


@dataclass
class Went:
    """What a customer's first trip came to: the steps with their clocks, where it rests or how it ended, its decisions."""

    path: list[tuple[str, datetime]] = field(default_factory=list)
    rests_at: str | None = None
    end: str | None = None
    decided: list[Decided] = field(default_factory=list)


def play(root: Path, definitions: Definitions, rehearsal: Rehearsal) -> list[Went | None]:
    """What each case of a file came to, in their order; None where the customer never entered."""
    written = rehearsal.written
    went: dict[int, Went | None] = {}
    for runs in dict.fromkeys(case.runs or written.runs for case in written.cases):
        mine = [number for number, case in enumerate(written.cases) if (case.runs or written.runs) == runs]
        cases = tuple(written.cases[number] for number in mine)
        part = replace(rehearsal, written=written.model_copy(update={"runs": runs, "cases": cases}))
        with tempfile.TemporaryDirectory(prefix="tonglu-test-") as scratch:
            found = _Play(root, Path(scratch), definitions, part).went()
        went |= dict(zip(mine, found, strict=True))
    return [went[number] for number in range(len(written.cases))]


class _Play:
    """One file of tests in a scratch project."""

    def __init__(self, root: Path, scratch: Path, definitions: Definitions, rehearsal: Rehearsal) -> None:
        self.root, self.scratch, self.definitions, self.rehearsal = root, scratch, definitions, rehearsal
        self.zone = definitions.project.zone_info
        self.journey = next(one for one in definitions.journeys if one.name == rehearsal.written.journey)
        self.customers = {number: self._customer(number, case) for number, case in enumerate(rehearsal.written.cases)}

    def went(self) -> list[Went | None]:
        """Play every day; what each case came to."""
        bank = Bank(self.root, self.scratch, self.definitions, self.rehearsal, self.customers)
        bank.lay_out()
        with opened(self.scratch) as place:
            for as_of in self._instants():
                bank.land_receipts(place, as_of)
                play_without_effects(place, as_of)
            found = self._went(place)
        return [found.get(self.customers[number]) for number in range(len(self.rehearsal.written.cases))]

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

    def _went(self, place: Workplace) -> dict[int, Went]:
        found: dict[int, Went] = {}
        journey = self.journey.name
        for customer, since, first, rests_at, end in place.warehouse.fetch(ENTRIES, journey=journey):
            found[customer] = Went([(first, since)], rests_at, end)
        for customer, clock, step in place.warehouse.fetch(PATHS, journey=journey):
            found[customer].path.append((step, clock))
        for customer, *decided in place.warehouse.fetch(DECIDED, journey=journey):
            found[customer].decided.append(Decided(*decided))
        return found
