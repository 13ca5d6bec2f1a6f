"""Lifts: from the sums of every cell to what is shown of it, or to why it is not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

from tonglu.compile.program import Program
from tonglu.core.ports import Row, Warehouse
from tonglu.stages.rows import append_rows
from tonglu.stages.trust import broken_trust
from tonglu.stats.adjusted import Foretold
from tonglu.stats.estimate import Effect, Estimate, Interval, Withheld
from tonglu.stats.lift import Lift, Stratum, lift_of
from tonglu.stats.shrinkage import Shrunk, shrink
from tonglu.stats.sufficient import Clusters

ASSIGNED = """
    SELECT journey, goal, arg_max(role, version_no), arg_max(window_us, version_no), arg_max(expected, version_no),
        sum(entries) FILTER (assignment = 'treated')::BIGINT, sum(entries) FILTER (assignment = 'holdout')::BIGINT
    FROM tonglu.goal JOIN (
        SELECT journey, version_no, assignment, count(*) AS entries FROM tonglu.entry WHERE assignment <> 'global_control' GROUP BY ALL
    ) USING (version_no)
    GROUP BY journey, goal ORDER BY journey, goal
"""
NOT_BY = ("rate_treated", "rate_control", "relative", "relative_low", "relative_high", "variance_ratio", "error", "units")
"""What is told of whole journeys only."""
SHRUNK = ("segment", "stratum")
"""Kinds of slices whose lifts are drawn towards their common mean."""
FEN = 100
TREATED, CONTROL = ("treated", "others"), ("holdout", "global_control")
NONE_YET = Withheld("no window has passed yet")


@dataclass(frozen=True)
class Goal:
    """A goal as it is measured over all versions: the newest version's role, time and expectation; who was assigned."""

    journey: str
    goal: str
    role: str
    window_us: int
    expected: int | None
    treated: int
    control: int


@dataclass(frozen=True)
class Cell:
    """One side of one stratum: conversions and values of its clusters, with the covariate where it is known."""

    rate: Foretold
    value: Foretold

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(self.rate + other.rate, self.value + other.value)


EMPTY = Cell(Foretold(), Foretold())
Where = tuple[str, str, int, str, str]
"""Journey, goal, time (microseconds), kind of slice, slice."""
Sides = Mapping[tuple[str, bool, bool], Cell]
"""Cells by stratum, whether the covariate is known, and whether they are treated."""


def tell_lifts(warehouse: Warehouse, program: Program) -> None:
    """Write the lift of every journey and goal, and those by time and slice."""
    cells = _cells(warehouse.rows("measure/cells"))
    goals = {(one.journey, one.goal): one for one in (Goal(*_counted(row)) for row in warehouse.fetch(ASSIGNED))}
    refused = broken_trust(warehouse, program)
    usual = program.policy.measurement.tightest_at
    whole, sliced = [], []
    for goal in goals.values():
        sides = cells.get((goal.journey, goal.goal, goal.window_us, "all", ""), {})
        told = _told(sides, goal.expected or usual, refused.get(goal.journey), waiting=bool(goal.treated and goal.control))
        about = {"journey": goal.journey, "goal": goal.goal, "role": goal.role, "matured_only": True}
        whole.append({**about, "assigned_treated": goal.treated, "assigned_control": goal.control, **told})
    told_by: dict[Where, dict[str, object]] = {}
    for where, slice_sides in sorted(_sliced(cells, goals).items()):
        known = goals.get(where[:2])
        told_by[where] = _told(slice_sides, (known and known.expected) or usual, refused.get(where[0]))
    drawn = _drawn(told_by)
    for where, told in told_by.items():
        journey, name, horizon_us, kind, part = where
        role = goals[journey, name].role if (journey, name) in goals else "primary"
        about = {"journey": journey, "goal": name, "role": role, "horizon_us": horizon_us, "kind": kind, "slice": part}
        kept = {column: value for column, value in told.items() if column not in NOT_BY}
        sliced.append({**about, "shrunk": drawn.get(where), **kept})
    append_rows(warehouse, "lift", whole)
    append_rows(warehouse, "lift_by", sliced)


def _sliced(cells: Mapping[Where, Sides], goals: Mapping[tuple[str, str], Goal]) -> dict[Where, Sides]:
    """Everything that is told beside whole journeys: each slice and time, and each stratum of those that have several."""
    found: dict[Where, Sides] = {}
    for where, sides in cells.items():
        journey, name, horizon_us, kind, part = where
        if kind == "arm":
            if not part.endswith("/"):
                controls = cells.get((journey, name, horizon_us, kind, f"{part.partition('/')[0]}/"), {})
                found[where] = {**sides, **_side(controls, treated=False)}
        elif kind != "all" or horizon_us != goals[journey, name].window_us:
            found[where] = sides
        elif len(strata := {stratum for stratum, _, _ in sides}) > 1:
            for one in strata:
                found[journey, name, horizon_us, "stratum", one] = {key: cell for key, cell in sides.items() if key[0] == one}
    return found


def _drawn(told_by: Mapping[Where, Mapping[str, object]]) -> dict[Where, float]:
    """The lifts of a journey's segments or strata, drawn towards their common mean (by goal and time)."""
    alike: dict[tuple[object, ...], dict[Where, Estimate]] = defaultdict(dict)
    for where, told in told_by.items():
        lift, error, units = told["lift"], told["error"], told["units"]
        if where[3] in SHRUNK and isinstance(lift, float) and isinstance(error, float) and isinstance(units, int):
            alike[where[:4]][where] = Estimate(lift, error**2, units)
    found: dict[Where, float] = {}
    for estimates in alike.values():
        shrunk = shrink(list(estimates.values()))
        if isinstance(shrunk, Shrunk):
            found |= {where: one.value for where, one in zip(estimates, shrunk.segments, strict=True)}
    return found


def _counted(row: Row) -> Row:
    return (*row[:5], row[5] or 0, row[6] or 0)


def _cells(rows: Iterable[Row]) -> dict[Where, dict[tuple[str, bool, bool], Cell]]:
    found: dict[Where, dict[tuple[str, bool, bool], Cell]] = defaultdict(dict)
    for row in rows:
        journey, goal, horizon_us, kind, part, stratum, known, side = row[:8]
        clusters, n, n2, y, y2, ny, v, v2, nv, x, x2, nx, xy, xv = row[8:]
        rate = Foretold(Clusters(clusters, n, n2, y, y2, ny), x, x2, nx, xy)
        value = Foretold(Clusters(clusters, n, n2, v, v2, nv), x, x2, nx, xv)
        found[journey, goal, horizon_us, kind, part][stratum, known, side in TREATED] = Cell(rate, value)
    return found


def _side(sides: Sides, *, treated: bool) -> Sides:
    return {key: cell for key, cell in sides.items() if key[2] is treated}


def _told(sides: Sides, tightest_at: int, refused: Withheld | None, *, waiting: bool = False) -> dict[str, object]:
    """What is kept of a lift; a withheld one has no interval and says why in `method`."""
    treated, control = (reduce(add, _side(sides, treated=side).values(), EMPTY) for side in (True, False))
    strata = sorted({(stratum) for stratum, _, _ in sides})
    rate = _lift([(sides, stratum) for stratum in strata], tightest_at, rate=True)
    value = _lift([(sides, stratum) for stratum in strata], tightest_at, rate=False)
    shown: Effect = rate.shown
    if refused is not None:
        shown = refused
    elif waiting and not treated.rate.outcome.n:
        shown = NONE_YET
    believed = isinstance(shown, Interval)
    estimate, low, high = _numbers(shown)
    worth, least, most = _numbers(value.shown if refused is None else refused)
    relative, relative_low, relative_high = _numbers(rate.relative if believed else NONE_YET)
    _, fixed_low, fixed_high = _numbers(rate.once if believed else NONE_YET)
    return {
        "n_treated": treated.rate.outcome.n,
        "n_control": control.rate.outcome.n,
        "conversions_treated": int(treated.rate.outcome.y),
        "conversions_control": int(control.rate.outcome.y),
        "rate_treated": treated.rate.outcome.ratio if treated.rate.outcome.n else None,
        "rate_control": control.rate.outcome.ratio if control.rate.outcome.n else None,
        "lift": estimate,
        "lift_low": low,
        "lift_high": high,
        "fixed_low": fixed_low,
        "fixed_high": fixed_high,
        "p_value": rate.p_value if believed else None,
        "relative": relative,
        "relative_low": relative_low,
        "relative_high": relative_high,
        "variance_ratio": rate.variance_ratio if believed else None,
        "error": rate.estimate.error if believed and isinstance(rate.estimate, Estimate) else None,
        "units": rate.estimate.n if believed and isinstance(rate.estimate, Estimate) else None,
        "value_lift": None if worth is None else worth / FEN,
        "value_low": None if least is None else least / FEN,
        "value_high": None if most is None else most / FEN,
        "method": f"withheld: {shown.reason}" if isinstance(shown, Withheld) else _method(rate),
    }


def _lift(parts: list[tuple[Sides, str]], tightest_at: int, *, rate: bool) -> Lift:
    def cell(sides: Sides, stratum: str, known: bool, treated: bool) -> Foretold:
        found = sides.get((stratum, known, treated), EMPTY)
        return found.rate if rate else found.value

    strata = [
        Stratum(
            (cell(sides, stratum, True, True), cell(sides, stratum, True, False)),
            (cell(sides, stratum, False, True).outcome, cell(sides, stratum, False, False).outcome),
        )
        for sides, stratum in parts
    ]
    return lift_of(strata, rate=rate, tightest_at=tightest_at)


def _method(lift: Lift) -> str:
    """How the interval came about, and how the estimate did where that is not plain."""
    assert isinstance(lift.shown, Interval)
    if lift.variance_ratio is None or not isinstance(lift.once, Interval):
        return lift.shown.method
    return f"{lift.shown.method}, {lift.once.method}"


def _numbers(effect: Effect) -> tuple[float, float, float] | tuple[None, None, None]:
    return (effect.estimate, effect.low, effect.high) if isinstance(effect, Interval) else (None, None, None)
