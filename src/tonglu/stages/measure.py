"""Measure: conversions by intention to treat, and each journey's lift over its held-out group (semantics 26 and 27).

Conversions follow from facts: every goal event that a run brings is matched with every entry whose window it falls in, however
late it came. The lift of a journey compares treated and held-out entries whose window has passed.
"""

from collections import defaultdict
from dataclasses import dataclass

from sqlglot import exp

from tonglu.compile.program import CompiledGoal, Program
from tonglu.core.durations import microseconds
from tonglu.core.ports import Row, Warehouse
from tonglu.core.sql import Slot, about_customer, alike, among
from tonglu.stats.difference import difference_of_clustered_proportions, difference_of_ratios
from tonglu.stats.estimate import Effect, Interval, Withheld
from tonglu.stats.sufficient import Clusters

NONE_YET = """
    CREATE OR REPLACE TEMP TABLE goal_match (entry_id BIGINT, goal_no INTEGER, event_id VARCHAR, occurred_at TIMESTAMP, value BIGINT)
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
CONVERSIONS = "SELECT count(*) FROM tonglu.conversion WHERE run_no = $run_no"
KEEP = """
    INSERT INTO tonglu.lift VALUES ($run_no, $journey, $goal, $assigned_treated, $assigned_control, $n_treated, $n_control,
        $conversions_treated, $conversions_control, $rate_treated, $rate_control, $lift, $lift_low, $lift_high, $value_lift, $value_low,
        $value_high, $method, TRUE)
"""
FEN = 100
EMPTY = Clusters()


@dataclass(frozen=True)
class Side:
    """One side of a comparison: how many entries were assigned, and the matured ones' conversions and values, by customer."""

    assigned: int = 0
    converted: Clusters = EMPTY
    value: Clusters = EMPTY


def measure(warehouse: Warehouse, program: Program) -> int:
    """Find new conversions, write every journey's lift; the number of new conversions."""
    warehouse.execute(NONE_YET)
    goals = [(journey.version_no, goal) for journey in program.journeys for goal in journey.goals]
    for group in alike(goals, lambda one: (one[1].number, one[1].value, one[1].event, one[1].window, one[1].condition)):
        warehouse.execute(about_customer(MATCH, "en", **_slots([version_no for version_no, _ in group], group[0][1])))
    warehouse.run("measure/conversions")
    for (name, goal_name), sides in sorted(_sides(warehouse).items()):
        _keep(warehouse, name, goal_name, sides["treated"], sides["holdout"])
    [(conversions,)] = warehouse.fetch(CONVERSIONS)
    return int(conversions)


def _slots(versions: list[int], goal: CompiledGoal) -> dict[str, Slot]:
    return {
        "goal_no": goal.number,
        "value": goal.value,
        "mine": among(exp.column("version_no", table="en"), versions),
        "event": goal.event,
        "window_us": microseconds(goal.window),
        "condition": goal.condition,
    }


def _sides(warehouse: Warehouse) -> dict[tuple[str, str], dict[str, Side]]:
    """The sufficient statistics by journey and goal, then by side."""
    found: dict[tuple[str, str], dict[str, Side]] = defaultdict(lambda: defaultdict(Side))
    for row in warehouse.rows("measure/statistics"):
        journey, goal, assignment = row[:3]
        found[journey, goal][assignment] = _side(row[3:])
    return found


def _side(row: Row) -> Side:
    assigned, clusters, n, n2, y, y2, ny, v, v2, nv = (value or 0 for value in row)
    return Side(assigned, Clusters(clusters, n, n2, y, y2, ny), Clusters(clusters, n, n2, v, v2, nv))


def _keep(warehouse: Warehouse, journey: str, goal: str, treated: Side, control: Side) -> None:
    """Write one lift; a withheld one has no interval and says why in `method`."""
    lift = difference_of_clustered_proportions(treated.converted, control.converted)
    if treated.assigned and control.assigned and not treated.converted.n:
        lift = Withheld("no window has passed yet")
    value = difference_of_ratios(treated.value, control.value)
    estimate, low, high = _numbers(lift)
    worth, least, most = _numbers(value)
    warehouse.execute(
        KEEP,
        journey=journey,
        goal=goal,
        assigned_treated=treated.assigned,
        assigned_control=control.assigned,
        n_treated=treated.converted.n,
        n_control=control.converted.n,
        conversions_treated=int(treated.converted.y),
        conversions_control=int(control.converted.y),
        rate_treated=treated.converted.ratio if treated.converted.n else None,
        rate_control=control.converted.ratio if control.converted.n else None,
        lift=estimate,
        lift_low=low,
        lift_high=high,
        value_lift=None if worth is None else worth / FEN,
        value_low=None if least is None else least / FEN,
        value_high=None if most is None else most / FEN,
        method=f"withheld: {lift.reason}" if isinstance(lift, Withheld) else lift.method,
    )


def _numbers(effect: Effect) -> tuple[float, float, float] | tuple[None, None, None]:
    return (effect.estimate, effect.low, effect.high) if isinstance(effect, Interval) else (None, None, None)
