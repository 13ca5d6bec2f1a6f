"""Measure: conversions by intention to treat, and the sums from which every lift is told (semantics 26 and 27).

Conversions follow from facts: every goal event that a run brings is matched with every entry whose window it falls in, however
late it came. Sums are kept by cell; a run adds what changed since the last one, and all that was added is what a count of
everything would give.
"""

import json

from sqlglot import exp

from tonglu.compile.program import CompiledGoal, Program
from tonglu.core.durations import microseconds
from tonglu.core.ports import Warehouse
from tonglu.core.sql import Slot, about_customer, alike, among
from tonglu.stages.lifts import tell_lifts

NONE_YET = """
    CREATE OR REPLACE TEMP TABLE goal_match (entry_id BIGINT, goal_no INTEGER, event_id VARCHAR, occurred_at TIMESTAMP, value BIGINT);
    CREATE OR REPLACE TEMP TABLE goal_seen (event_id VARCHAR, customer_id BIGINT, occurred_at TIMESTAMP, value BIGINT)
"""
MATCH = """
    INSERT INTO goal_match
    SELECT en.entry_id, slot('goal_no'), e.event_id, e.occurred_at, slot('value')
    FROM new_event AS e
    JOIN tonglu.entry AS en ON en.customer_id = e.customer_id
    LEFT JOIN tonglu.profile AS profile ON profile.customer_id = e.customer_id
    WHERE slot('mine') AND e.name = slot('event') AND e.occurred_at > en.assigned_at
      AND e.occurred_at <= en.assigned_at + to_microseconds(slot('window_us')) AND slot('condition')
"""
SEE = """
    INSERT INTO goal_seen
    SELECT e.event_id, e.customer_id, e.occurred_at, slot('value')
    FROM new_event AS e LEFT JOIN tonglu.profile AS profile ON profile.customer_id = e.customer_id
    WHERE e.name = slot('event') AND slot('condition')
"""
CONVERSIONS = "SELECT count(*) FROM tonglu.conversion WHERE run_no = $run_no"
RULE = "SELECT arg_max(rule, run_no) FROM tonglu.measured_by"
NEW_RULE = "INSERT INTO tonglu.measured_by VALUES ($run_no, $rule)"


def measure(warehouse: Warehouse, program: Program) -> int:
    """Find new conversions, bring the sums up to date, tell every lift; the number of new conversions."""
    warehouse.execute(NONE_YET)
    goals = [(journey.version_no, goal) for journey in program.journeys for goal in journey.goals]
    for group in alike(goals, lambda one: (one[1].number, _value(one[1]), one[1].event, one[1].window, one[1].condition)):
        warehouse.execute(about_customer(MATCH, "en", **_slots([version_no for version_no, _ in group], group[0][1])))
    marketing = [one for one in program.current if one.header.purpose == "marketing"]
    wanted = [goal for journey in marketing for goal in journey.goals if goal.role != "guardrail"]
    for same in alike(wanted, lambda goal: (_value(goal), goal.event, goal.anyone)):
        goal = same[0]
        warehouse.execute(about_customer(SEE, "e", value=_value(goal), event=goal.event, condition=goal.anyone))
    warehouse.run("measure/conversions")
    warehouse.run("measure/known")
    add_up(warehouse, program)
    tell_lifts(warehouse, program)
    [(conversions,)] = warehouse.fetch(CONVERSIONS)
    return int(conversions)


def add_up(warehouse: Warehouse, program: Program, *, anew: bool = False) -> None:
    """Bring the sums up to date: by what changed, or by a count of everything where the rules changed (or `anew`)."""
    rules = program.policy.measurement
    rule = json.dumps({"segments": sorted(rules.segments), "together": microseconds(rules.together)})
    [(last,)] = warehouse.fetch(RULE)
    if last != rule:
        warehouse.execute(NEW_RULE, rule=rule)
    anew = anew or last != rule
    warehouse.run("measure/sums", anew=anew, segments=list(rules.segments))
    warehouse.run("measure/together", anew=anew, within_us=microseconds(rules.together))


def _slots(versions: list[int], goal: CompiledGoal) -> dict[str, Slot]:
    return {
        "goal_no": goal.number,
        "value": _value(goal),
        "mine": among(exp.column("version_no", table="en"), versions),
        "event": goal.event,
        "window_us": microseconds(goal.window),
        "condition": goal.condition,
    }


def _value(goal: CompiledGoal) -> exp.Expression | int:
    """What a conversion is worth, fen."""
    return goal.value if goal.worth is None else goal.worth
