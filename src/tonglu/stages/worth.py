"""Worth: what arbitration may believe of a touch, from the lift that its journey was measured to have (semantics 22).

P is the lower bound of the journey's lift, or its shrunk mean with a bonus, as policy says, never the point estimate; V what a
conversion of treated entries was worth. Where a lift cannot be told yet, the journey's prior stays.
"""

from tonglu.core.ports import Warehouse
from tonglu.language.policy import Learning
from tonglu.stats.arbitration import with_bonus
from tonglu.stats.estimate import Estimate, Withheld
from tonglu.stats.shrinkage import shrink

MEASURED = """
    SELECT l.journey, l.lift, l.lift_low, l.error, l.units, s.v / s.y
    FROM tonglu.lift AS l
    JOIN (
        SELECT journey, goal, sum(v)::DOUBLE AS v, sum(y)::DOUBLE AS y FROM tonglu.measured WHERE kind = 'all' AND side = 'treated' GROUP BY ALL
    ) AS s ON s.journey = l.journey AND s.goal = l.goal
    WHERE l.run_no = $run_no AND l.role = 'primary' AND l.p_value IS NOT NULL AND l.error > 0 AND s.y > 0
    ORDER BY l.journey
"""
KEEP = """
    INSERT INTO tonglu.learned_value
    SELECT $run_no, s.journey, s.step, round(least(1, greatest(0, $p)), 6), CAST(round($v) AS BIGINT), $source
    FROM tonglu.step AS s JOIN journey_now AS j ON j.version_no = s.version_no
    WHERE s.journey = $journey AND s.message IS NOT NULL ORDER BY s.step
"""


def learn_worth(warehouse: Warehouse, rules: Learning) -> None:
    """Write P and V of the touches of every journey whose lift can be told."""
    if rules.worth == "prior":
        return
    rows = warehouse.fetch(MEASURED)
    estimates = [Estimate(lift, error**2, units) for _, lift, _, error, units, _ in rows]
    shrunk = shrink(estimates) if rules.worth == "shrunk" else Withheld("")
    for number, (journey, _, low, _, _, value) in enumerate(rows):
        p, source = float(low), "lift, lower bound"
        if rules.worth == "shrunk":
            if isinstance(shrunk, Withheld):
                continue
            bonus = with_bonus(shrunk.segments[number], rules.bonus)
            if isinstance(bonus, Withheld):
                continue
            p, source = bonus, "lift, shrunk"
        warehouse.execute(KEEP, journey=journey, p=p, v=value, source=source)
