"""Enrol: who enters which journey in this run, and whether as treated or as control (semantics 7 to 11)."""

from collections.abc import Mapping
from datetime import time, timedelta

from sqlglot import exp

from tonglu.compile.conditions import property_text
from tonglu.compile.program import CompiledJourney, Program
from tonglu.core.durations import microseconds
from tonglu.core.ports import Warehouse, WorkCalendar
from tonglu.core.sql import Slot, about_customer, alike, among, fill
from tonglu.stages.baseline import pin_baseline
from tonglu.stages.context import Run
from tonglu.stages.occasions import instants
from tonglu.stages.switches import Standing

PRIOR = 0.02  # the chance of the goal that arbitration assumes until something is learned; our own design
ONE_DAY = timedelta(days=1)
VERSION = "INSERT INTO version_now VALUES ($version_no, $purpose, $priority, $prior, $value)"
BY_EVENT = """
    INSERT INTO occasion
    SELECT slot('journey'), e.customer_id, slot('key'), e.occurred_at, e.customer_id, 0
    FROM new_event AS e LEFT JOIN tonglu.profile AS profile ON profile.customer_id = e.customer_id
    WHERE e.name = slot('event') AND e.occurred_at >= $as_of - to_microseconds(slot('fresh_us')) AND slot('condition')
      AND slot('key') IS NOT NULL
"""
STALE = """
    INSERT INTO tonglu.left_out
    SELECT $run_no, slot('journey'), 'stale', count(*)
    FROM new_event AS e LEFT JOIN tonglu.profile AS profile ON profile.customer_id = e.customer_id
    WHERE e.name = slot('event') AND e.occurred_at < $as_of - to_microseconds(slot('fresh_us')) AND slot('condition')
    HAVING count(*) > 0
"""
NO_KEY = """
    INSERT INTO tonglu.left_out
    SELECT $run_no, slot('journey'), 'no_key', count(*)
    FROM new_event AS e LEFT JOIN tonglu.profile AS profile ON profile.customer_id = e.customer_id
    WHERE e.name = slot('event') AND e.occurred_at >= $as_of - to_microseconds(slot('fresh_us')) AND slot('condition')
      AND slot('key') IS NULL
    HAVING count(*) > 0
"""
BY_CALENDAR = """
    INSERT INTO occasion
    SELECT slot('journey'), profile.customer_id, '', i.instant, profile.customer_id, 0
    FROM tonglu.profile AS profile CROSS JOIN (SELECT unnest($instants::TIMESTAMP[]) AS instant) AS i
"""
STALE_DATES = """
    INSERT INTO tonglu.left_out
    SELECT $run_no, slot('journey'), 'stale', $instants * count(*) FROM tonglu.profile AS profile WHERE slot('condition') HAVING count(*) > 0
"""
BY_PAY_DAY = """
    INSERT INTO occasion
    SELECT slot('journey'), profile.customer_id, '', i.instant, profile.customer_id, 0
    FROM (
        SELECT nominal, bank_instant(day + slot('after') + to_microseconds(slot('at'))) AS instant FROM tonglu.pay_day
        WHERE instant > $from AND instant <= $as_of
    ) AS i
    JOIN tonglu.profile AS profile ON profile.pay_day = i.nominal
"""
STALE_PAY_DAYS = """
    INSERT INTO tonglu.left_out
    SELECT $run_no, slot('journey'), 'stale', count(*)
    FROM (
        SELECT nominal, bank_instant(day + slot('after') + to_microseconds(slot('at'))) AS instant FROM tonglu.pay_day
        WHERE instant > $previous_as_of AND instant <= $from
    ) AS i
    JOIN tonglu.profile AS profile ON profile.pay_day = i.nominal
    WHERE slot('condition')
    HAVING count(*) > 0
"""
BY_JOURNEY = """
    INSERT INTO occasion
    SELECT p.journey, p.customer_id, CASE WHEN slot('keyed') THEN p.key ELSE '' END, p.since, p.customer_id, 0
    FROM tonglu.passed_on AS p
    WHERE p.run_no = $run_no - 1 AND p.journey = slot('journey')
"""
NOT_QUALIFIED = """
    DELETE FROM occasion WHERE slot('journeys') AND customer_id NOT IN (
        SELECT profile.customer_id FROM tonglu.profile AS profile WHERE slot('condition'))
"""
EPOCH = """
    INSERT INTO tonglu.control_epoch
    SELECT $run_no, $epoch, $share
    WHERE ($epoch, $share) IS DISTINCT FROM (SELECT (arg_max(epoch, run_no), arg_max(share, run_no)) FROM tonglu.control_epoch)
"""
LAUNCHED = "SELECT journey FROM tonglu.launch"
UNKNOWN_DAYS = "INSERT INTO tonglu.left_out VALUES ($run_no, $journey, 'unknown_days', 0)"
ORDERED = """
    UPDATE occasion SET order_value = slot('value')
    FROM tonglu.profile AS profile WHERE profile.customer_id = occasion.customer_id AND occasion.journey = slot('journey')
"""
BY_EMPLOYER = """
    UPDATE occasion SET unit = 'employer ' || profile.employer_id
    FROM tonglu.profile AS profile
    WHERE profile.customer_id = occasion.customer_id AND profile.employer_id IS NOT NULL AND occasion.journey = slot('journey')
"""
ENROLLED = "SELECT count(*) FROM entering"


def begin(warehouse: Warehouse, program: Program, run: Run, standing: Mapping[str, Standing]) -> None:
    """Set out the journeys of this run; every later stage reads them from `journey_now`."""
    warehouse.run("enrol/begin")
    control = program.policy.global_control
    if control is not None:
        warehouse.execute(EPOCH, epoch=str(control.epoch), share=control.share)
    for journey in program.journeys:
        header = journey.header
        rank = program.policy.rank(header.priority or header.purpose)
        prior = PRIOR if header.prior is None else header.prior
        value = journey.goals[0].value if journey.goals else 0
        warehouse.execute(
            VERSION, version_no=journey.version_no, purpose=header.purpose, priority=rank, prior=round(prior, 6), value=value
        )
    for journey in program.current:
        header, now = journey.header, standing[journey.name]
        controls = program.policy.global_control if header.purpose == "marketing" else None
        limits = {limit.per: limit.count for limit in header.enter.limit}
        warehouse.run(
            "enrol/journey",
            journey=journey.name,
            version_no=journey.version_no,
            enter_segment=header.enter.segment or header.enter.left,
            by_joining=header.enter.segment is not None,
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


def enrol(warehouse: Warehouse, program: Program, run: Run, calendar: WorkCalendar) -> int:
    """Enrol; the number of new entries."""
    launched = {name for (name,) in warehouse.fetch(LAUNCHED)}
    warehouse.run("enrol/occasions")
    for journey in program.current:
        source = journey.header.enter.source
        if source == "calendar":
            by_calendar(warehouse, journey, run, calendar, journey.name in launched)
        for statement in of_journey(journey):
            warehouse.execute(statement)
    asking = [(journey.name, journey.enter_when) for journey in program.current if journey.enter_when is not None]
    for group in alike(asking, lambda one: one[1:]):
        journeys = among(exp.column("journey"), [name for name, _ in group])
        warehouse.execute(fill(NOT_QUALIFIED, journeys=journeys, condition=group[0][1]))
    warehouse.run("enrol/choose")
    pin_baseline(warehouse, program)
    [(enrolled,)] = warehouse.fetch(ENROLLED)
    return int(enrolled)


def by_calendar(warehouse: Warehouse, journey: CompiledJourney, run: Run, calendar: WorkCalendar, launched: bool) -> None:
    """The occasions of a calendar's instants since the run before; an instant older than `fresh` is counted and brings nobody."""
    rule = journey.header.enter.calendar
    assert rule is not None
    oldest = run.as_of - timedelta(microseconds=_fresh(journey) or 0)
    since = max(run.previous_as_of, oldest) if launched else oldest
    if rule.pay_day is not None:
        at = rule.at or time()
        clock = timedelta(hours=at.hour, minutes=at.minute)
        common: dict[str, Slot] = {"journey": journey.name, "after": rule.pay_day, "at": microseconds(clock)}
        warehouse.execute(fill(BY_PAY_DAY, **common), **{"from": since})
        if launched and since > run.previous_as_of:
            condition = journey.enter_when or exp.true()
            warehouse.execute(fill(STALE_PAY_DAYS, condition=condition, **common), **{"from": since})
        return
    if launched and since > run.previous_as_of:
        missed = instants(rule, run.previous_as_of, since, run.zone, calendar)
        if missed.found:
            condition = journey.enter_when or exp.true()
            warehouse.execute(fill(STALE_DATES, journey=journey.name, condition=condition), instants=len(missed.found))
    told = instants(rule, since, run.as_of, run.zone, calendar)
    if told.unknown:
        warehouse.execute(UNKNOWN_DAYS, journey=journey.name)
    if told.found:
        warehouse.execute(fill(BY_CALENDAR, journey=journey.name), instants=list(told.found))


def of_journey(journey: CompiledJourney) -> list[exp.Expression]:
    """The statements that add a journey's occasions by event and by other journeys, and that put them in order and into units."""
    enter = journey.header.enter
    statements: list[exp.Expression] = []
    if enter.occurs is not None:
        common: dict[str, Slot] = {
            "journey": journey.name,
            "event": enter.occurs,
            "fresh_us": _fresh(journey) or 0,
            "condition": journey.enter_where or exp.true(),
        }
        key: Slot = "" if enter.keyed_by is None else property_text(enter.keyed_by)
        statements.append(about_customer(BY_EVENT, "e", key=key, **common))
        statements.append(about_customer(STALE, "e", **common))
        if enter.keyed_by is not None:
            statements.append(about_customer(NO_KEY, "e", key=key, **common))
    if enter.source == "journey":
        statements.append(fill(BY_JOURNEY, journey=journey.name, keyed=enter.keyed_by is not None))
    if journey.order is not None:
        statements.append(fill(ORDERED, journey=journey.name, value=journey.order))
    if journey.header.randomise == "employer":
        statements.append(fill(BY_EMPLOYER, journey=journey.name))
    return statements


def _fresh(journey: CompiledJourney) -> int | None:
    """How old an occasion may be and still bring somebody in, in microseconds; None where age does not matter."""
    enter = journey.header.enter
    if enter.source in ("segment", "left"):
        return None
    if enter.fresh is not None:
        return microseconds(enter.fresh)
    return None if enter.source == "journey" else microseconds(ONE_DAY)
