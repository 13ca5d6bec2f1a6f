"""Audience: who could enter a journey as things stand, and at which gate they fall away. Decides nothing and leaves nothing behind.

The statements of a run do it: those of enrolment say who may enter and who is held out, then everybody treated is put at each touch that a trip can
come to first, and passes the gates that look at one customer alone. Gates of competition (caps, arbitration, capacity, budget) and the
clock are left out: nobody can tell what else that customer is offered then.

The warehouse is one that forgets: `entry`, `rest` and the other tables of `WRITES` must be its own to write to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlglot import exp

from tonglu.compile.program import CompiledJourney, Program
from tonglu.core.graph import reached_from
from tonglu.core.ports import Warehouse, WorkCalendar
from tonglu.core.sql import fill, table
from tonglu.gates import decision_chain
from tonglu.stages.context import Run
from tonglu.stages.decide import set_out
from tonglu.stages.enrol import NOT_QUALIFIED, begin, by_calendar, of_journey
from tonglu.stages.register import register
from tonglu.stages.switches import Standing
from tonglu.steps import CompiledStep

WRITES = (
    "candidate", "left_out", "launch", "rest", "move", "waiting_touch", "exposure", "version", "step", "via", "arm", "goal", "horizon",
    "split_way", "set_value", "enter_target", "control_epoch", "entry", "suitability", "risk_seen", "risk_count", "topic",
)  # fmt: skip
"""What the statements write to; `entry` keeps the rows that tell who is or was inside, the others may be empty."""
EVENTS = """
    CREATE OR REPLACE TEMP TABLE new_event AS
    SELECT event_id, customer_id, name, occurred_at, properties FROM source.events
    WHERE occurred_at > $as_of - to_microseconds($back_us) AND occurred_at <= $as_of
"""
ENROLLED = "CREATE OR REPLACE TEMP TABLE enrolled (entry_id BIGINT, first_since TIMESTAMP)"
MEMBERS = "INSERT INTO occasion SELECT slot('journey'), m.customer_id, '', $as_of, m.customer_id, 0 FROM slot_members AS m"
LEAVERS = """
    INSERT INTO occasion
    SELECT DISTINCT slot('journey'), m.customer_id, '', $as_of, m.customer_id, 0 FROM tonglu.membership AS m
    WHERE m.segment = slot('segment') AND m.left_at > $as_of - to_microseconds($back_us)
      AND m.customer_id NOT IN (SELECT customer_id FROM slot_members)
"""
PASSED_ON = """
    INSERT INTO occasion
    SELECT p.journey, p.customer_id, CASE WHEN slot('keyed') THEN p.key ELSE '' END, p.since, p.customer_id, 0
    FROM tonglu.passed_on AS p WHERE p.journey = slot('journey') AND p.since > $as_of - to_microseconds($back_us)
"""
WITHOUT_LIMITS = "UPDATE journey_now SET per_run = NULL, per_day = NULL, total = NULL"
CANDIDATES = "SELECT count(*) FROM (SELECT DISTINCT customer_id, key FROM occasion)"
NO_PROFILE = """
    SELECT count(*) FROM (SELECT DISTINCT customer_id, key FROM occasion WHERE customer_id NOT IN (SELECT customer_id FROM tonglu.profile))
"""
UNKNOWN = "DELETE FROM occasion WHERE customer_id NOT IN (SELECT customer_id FROM tonglu.profile)"
INSIDE = """
    SELECT count(*) FROM (
        SELECT DISTINCT o.customer_id, o.key FROM occasion AS o
        JOIN tonglu.entry AS e ON e.journey = o.journey AND e.customer_id = o.customer_id AND e.key = o.key
        WHERE e.entry_id NOT IN (SELECT entry_id FROM tonglu.ended)
    )
"""
ENTERING = "SELECT count(*) FROM entering"
ASSIGNED = "SELECT assignment, count(*) FROM entering GROUP BY assignment"
REST = """
    DELETE FROM tonglu.rest;
    INSERT INTO tonglu.rest
    SELECT entry_id, customer_id, journey, version_no, entry_no, assignment, since, $step_key, $as_of, NULL
    FROM entering WHERE assignment = 'treated'
"""
STOPPED = """
    SELECT gate, reason, count(*) FROM proposal WHERE outcome IS NOT NULL GROUP BY ALL ORDER BY ALL
"""
PASSED = "SELECT count(*) FROM proposal WHERE outcome IS NULL"
BY_CHANNEL = """
    SELECT v.channel,
        (SELECT count(*) FROM permitted AS m WHERE m.channel = v.channel),
        (SELECT count(*) FROM addressed AS a WHERE a.channel = v.channel),
        (SELECT count(*) FROM proposal AS p WHERE p.channel = v.channel AND p.outcome IS NULL)
    FROM tonglu.via AS v WHERE v.step_key = $step_key ORDER BY v.place
"""
JOINED = """
    WITH first AS (
        SELECT min(z.run_no) AS run_no, min(r.as_of) AS as_of FROM tonglu.segment_size AS z JOIN tonglu.run AS r USING (run_no)
        WHERE z.segment = $segment
    )
    SELECT count(*), (SELECT epoch_us($as_of) - epoch_us(as_of) FROM first) FROM tonglu.membership AS m
    WHERE m.segment = $segment AND m.entered_at > $as_of - to_microseconds($back_us) AND m.entered_run > (SELECT run_no FROM first)
"""
LEFT = """
    WITH first AS (
        SELECT min(r.as_of) AS as_of FROM tonglu.segment_size AS z JOIN tonglu.run AS r USING (run_no) WHERE z.segment = $segment
    )
    SELECT count(*), (SELECT epoch_us($as_of) - epoch_us(as_of) FROM first) FROM tonglu.membership AS m
    WHERE m.segment = $segment AND m.left_at > $as_of - to_microseconds($back_us)
"""
RUNS_SINCE = "SELECT count(*), epoch_us($as_of) - epoch_us(min(as_of)) FROM tonglu.run"
BY_THE_CLOCK = ("quiet_hours",)
ONE_DAY = timedelta(days=1)
ALWAYS = Standing(collects=True, enrols=True, proposes=True, killed=False, stops=False)


@dataclass(frozen=True)
class Lost:
    """How many fall away here, and why."""

    gate: str
    reason: str
    count: int


@dataclass(frozen=True)
class ChannelCount:
    """One channel of a touch: how many allow it, have an address for it too, and would be reached by it, the first of `via` that may be used."""

    channel: str
    permitted: int
    addressed: int
    chosen: int


@dataclass(frozen=True)
class FirstTouch:
    """A touch that a trip can come to before any other: what becomes of everybody treated, if all of them came to it now."""

    step: str
    message: str
    passed: int
    lost: tuple[Lost, ...]
    channels: tuple[ChannelCount, ...]


@dataclass(frozen=True)
class Audience:
    """Who could enter a journey.

    Attributes:
        candidates: members of the entry segment now; for every other source those whom it found in the days before. Customers, or keys
            where the journey is keyed.
        lost: who of them does not qualify, in the order in which they are asked.
        qualified: the others by assignment: treated, holdout, global_control.
        inside: how many of the qualified are on a trip through it now.
        not_again: how many were before and may not enter again.
        touches: what becomes of the treated at each first touch, as if nobody had been in the journey before.
        per_day: how many the source brought a day in those days, before any gate; None where too short a time is known.
    """

    candidates: int
    lost: tuple[Lost, ...]
    qualified: Mapping[str, int]
    inside: int
    not_again: int
    touches: tuple[FirstTouch, ...]
    per_day: float | None

    @property
    def now(self) -> int:
        """How many could enter in the next run, if it took everybody who qualifies."""
        return sum(self.qualified.values()) - self.inside - self.not_again

    def daily(self, count: int) -> float | None:
        """How many of these a day brings, if it is like those before."""
        return None if self.per_day is None or not self.candidates else self.per_day * count / self.candidates


def audience_of(
    warehouse: Warehouse, program: Program, run: Run, calendar: WorkCalendar, channels: Mapping[str, bool], back: timedelta
) -> Audience:
    """Who could enter the one journey of a program.

    Args:
        warehouse: forgets what is written to it.
        program: one journey, compiled as a version that the warehouse does not know.
        run: the run that would come next.
        calendar: the days that are worked.
        channels: every channel, and whether it is a bulk one.
        back: how far occasions are looked for; events and days before that count nothing.
    """
    [journey] = program.journeys
    back_us = back // timedelta(microseconds=1)
    enter = journey.header.enter.model_copy(update={"fresh": back})
    header = journey.header.model_copy(update={"enter": enter})
    journey = replace(journey, definition=replace(journey.definition, header=header))
    warehouse.execute(EVENTS, back_us=back_us)
    warehouse.execute(ENROLLED)
    begin(warehouse, Program((journey,), program.policy), run, {journey.name: ALWAYS})
    warehouse.execute(WITHOUT_LIMITS)
    register(warehouse, journey, {})
    _occasions(warehouse, journey, run, calendar, back_us)
    candidates = _count(warehouse, CANDIDATES)
    lost = _not_qualified(warehouse, journey, candidates)
    inside = _count(warehouse, INSIDE)
    warehouse.run("enrol/choose")
    now = _count(warehouse, ENTERING)
    warehouse.execute("DELETE FROM tonglu.entry")
    warehouse.run("enrol/choose")
    qualified: dict[str, int] = dict(warehouse.fetch(ASSIGNED))
    touches = tuple(_at(warehouse, program, run, channels, calendar, step) for step in first_touches(journey))
    not_again = sum(qualified.values()) - inside - now
    return Audience(candidates, lost, qualified, inside, not_again, touches, _per_day(warehouse, journey, candidates, back))


def _occasions(warehouse: Warehouse, journey: CompiledJourney, run: Run, calendar: WorkCalendar, back_us: int) -> None:
    enter, name = journey.header.enter, journey.name
    if enter.segment:
        warehouse.execute(fill(MEMBERS, journey=name, members=table(enter.segment, "segment")))
    elif enter.left:
        leavers = fill(LEAVERS, journey=name, segment=enter.left, members=table(enter.left, "segment"))
        warehouse.execute(leavers, back_us=back_us)
    elif enter.source == "calendar":
        by_calendar(warehouse, journey, run, calendar, launched=False)
    for statement in of_journey(journey):
        warehouse.execute(statement)
    if enter.source == "journey":
        warehouse.execute("DELETE FROM occasion")
        warehouse.execute(fill(PASSED_ON, journey=name, keyed=enter.keyed_by is not None), back_us=back_us)


def _count(warehouse: Warehouse, statement: str) -> int:
    [(found,)] = warehouse.fetch(statement)
    return int(found)


def _not_qualified(warehouse: Warehouse, journey: CompiledJourney, candidates: int) -> tuple[Lost, ...]:
    """Who does not qualify and why; afterwards they are no occasions any more."""
    unknown = _count(warehouse, NO_PROFILE)
    warehouse.execute(UNKNOWN)
    lost = [Lost("profile", "no_profile", unknown)]
    if journey.enter_when is not None:
        journeys = exp.EQ(this=exp.column("journey"), expression=exp.convert(journey.name))
        warehouse.execute(fill(NOT_QUALIFIED, journeys=journeys, condition=journey.enter_when))
        lost.append(Lost("when", "not_qualified", candidates - unknown - _count(warehouse, CANDIDATES)))
    return tuple(lost)


def first_touches(journey: CompiledJourney) -> list[CompiledStep]:
    """The touches that a trip can come to before any other, in written order."""
    ways = {step.key: [] if step.lowered.message is not None else _onward(step) for step in journey.steps}
    reached = reached_from([journey.steps[0].key], ways)
    return [step for step in journey.steps if step.key in reached and step.lowered.message is not None]


def _onward(step: CompiledStep) -> list[int]:
    named = (step.next_key, step.otherwise_key, *step.arm_keys, *step.way_keys, *(one.to_key for one in step.alternatives))
    return [key for key in named if key]


def _at(
    warehouse: Warehouse, program: Program, run: Run, channels: Mapping[str, bool], calendar: WorkCalendar, step: CompiledStep
) -> FirstTouch:
    warehouse.execute(REST, step_key=step.key)
    chain = set_out(warehouse, program, run, channels, (), calendar, {})
    for gate in decision_chain():
        if gate.judges_ghosts and gate.name not in BY_THE_CLOCK:
            gate.apply(chain)
            warehouse.run("decide/stop", gate=gate.name)
    [(passed,)] = warehouse.fetch(PASSED)
    order = [gate.name for gate in decision_chain()]
    lost = sorted((Lost(*row) for row in warehouse.fetch(STOPPED)), key=lambda one: (order.index(one.gate), one.reason))
    counts = tuple(ChannelCount(*row) for row in warehouse.fetch(BY_CHANNEL, step_key=step.key))
    return FirstTouch(step.name, step.lowered.message or "", passed, tuple(lost), counts)


def _per_day(warehouse: Warehouse, journey: CompiledJourney, candidates: int, back: timedelta) -> float | None:
    enter = journey.header.enter
    known: timedelta | None = back
    if enter.source in ("segment", "left"):
        query, asked = JOINED if enter.segment else LEFT, {"segment": enter.segment or enter.left}
        [(candidates, since)] = warehouse.fetch(query, back_us=back // timedelta(microseconds=1), **asked)
        known = None if since is None else timedelta(microseconds=since)
    elif enter.source == "journey":
        [(_, since)] = warehouse.fetch(RUNS_SINCE)
        known = None if since is None else timedelta(microseconds=since)
    return None if known is None or known < ONE_DAY else candidates / (min(known, back) / ONE_DAY)
