"""Enrol: who enters which journey in this run, and whether as treated or as control (semantics 7 to 11)."""

from collections.abc import Mapping

from sqlglot import exp

from tonglu.compile.program import CompiledJourney, Program
from tonglu.core.durations import microseconds
from tonglu.core.ports import Warehouse
from tonglu.core.sql import about_customer, fill
from tonglu.stages.context import Run
from tonglu.stages.switches import Standing

PRIOR = "0.02"  # the chance of the goal that arbitration assumes until something is learned; our own design
FEN = 100
VERSION = "INSERT INTO version_now VALUES ($version_no, $purpose, $priority, $score)"
BY_EVENT = """
    INSERT INTO occasion
    SELECT slot('journey'), e.customer_id, '', e.occurred_at, e.customer_id, 0
    FROM new_event AS e LEFT JOIN tonglu.profile AS profile ON profile.customer_id = e.customer_id
    WHERE e.name = slot('event') AND e.occurred_at >= $as_of - to_microseconds(slot('fresh_us')) AND slot('condition')
"""
STALE = """
    INSERT INTO tonglu.left_out
    SELECT $run_no, slot('journey'), 'stale', count(*)
    FROM new_event AS e LEFT JOIN tonglu.profile AS profile ON profile.customer_id = e.customer_id
    WHERE e.name = slot('event') AND e.occurred_at < $as_of - to_microseconds(slot('fresh_us')) AND slot('condition')
    HAVING count(*) > 0
"""
NOT_QUALIFIED = """
    DELETE FROM occasion WHERE journey = slot('journey') AND customer_id NOT IN (
        SELECT profile.customer_id FROM tonglu.profile AS profile WHERE slot('condition'))
"""
ORDERED = """
    UPDATE occasion SET order_value = slot('value')
    FROM tonglu.profile AS profile WHERE profile.customer_id = occasion.customer_id AND occasion.journey = slot('journey')
"""
BY_EMPLOYER = """
    UPDATE occasion SET unit = 'employer ' || profile.employer_id
    FROM tonglu.profile AS profile
    WHERE profile.customer_id = occasion.customer_id AND profile.employer_id IS NOT NULL AND occasion.journey = slot('journey')
"""
ENROLLED = "SELECT count(*) FROM enrolled"


def begin(warehouse: Warehouse, program: Program, run: Run, standing: Mapping[str, Standing]) -> None:
    """Set out the journeys of this run; every later stage reads them from `journey_now`."""
    warehouse.run("enrol/begin")
    for journey in program.journeys:
        header = journey.header
        rank = program.policy.rank(header.priority or header.purpose)
        warehouse.execute(VERSION, version_no=journey.version_no, purpose=header.purpose, priority=rank, score=_score(journey))
    for journey in program.current:
        header, now = journey.header, standing[journey.name]
        controls = program.policy.global_control if header.purpose == "marketing" else None
        limits = {limit.per: limit.count for limit in header.enter.limit}
        warehouse.run(
            "enrol/journey",
            journey=journey.name,
            version_no=journey.version_no,
            enter_segment=header.enter.segment,
            enter_event=header.enter.event,
            fresh_us=_fresh(journey),
            takes_current=header.enter.enrolment in ("current", "both"),
            takes_new=header.enter.enrolment in ("future", "both"),
            again={"unless_goal_reached": "unless_goal"}.get(header.enter.again.mode, header.enter.again.mode),
            again_us=microseconds(header.enter.again.after) if header.enter.again.after else 0,
            per_run=limits.get("run"),
            per_day=limits.get("day"),
            total=limits.get("total"),
            holdout=header.holdout if header.purpose != "regulatory" else 0.0,
            global_control=controls.share if controls else 0.0,
            epoch=str(controls.epoch) if controls else "",
            first_key=journey.steps[0].key,
            collects=now.collects,
            enrols=now.enrols,
            proposes=now.proposes,
            killed=now.killed,
        )


def enrol(warehouse: Warehouse, program: Program) -> int:
    """Enrol; the number of new entries."""
    warehouse.run("enrol/occasions")
    for journey in program.current:
        for statement in _of_journey(journey):
            warehouse.execute(statement)
    warehouse.run("enrol/choose")
    [(enrolled,)] = warehouse.fetch(ENROLLED)
    return int(enrolled)


def _of_journey(journey: CompiledJourney) -> list[exp.Expression]:
    enter = journey.header.enter
    statements: list[exp.Expression] = []
    if enter.event is not None:
        condition = journey.enter_where or exp.true()
        statements.extend(
            about_customer(template, "e", journey=journey.name, event=enter.event, fresh_us=_fresh(journey), condition=condition)
            for template in (BY_EVENT, STALE)
        )
    elif journey.enter_where is not None:
        statements.append(fill(NOT_QUALIFIED, journey=journey.name, condition=journey.enter_where))
    if journey.order is not None:
        statements.append(fill(ORDERED, journey=journey.name, value=journey.order))
    if journey.header.randomise == "employer":
        statements.append(fill(BY_EMPLOYER, journey=journey.name))
    return statements


def _fresh(journey: CompiledJourney) -> int:
    """How old an event may be and still bring somebody in, in microseconds; a day where the journey does not say."""
    return 86_400_000_000 if journey.header.enter.fresh is None else microseconds(journey.header.enter.fresh)


def _score(journey: CompiledJourney) -> str:
    """P x V as a fixed decimal text: the prior times the first goal's value in yuan. C and L are 1 until policy sets them."""
    from decimal import Decimal

    value = journey.goals[0].value if journey.goals else 0
    return str((Decimal(PRIOR) * Decimal(value) / FEN).quantize(Decimal("0.000001")))
