"""The published views of what was measured and learned: lifts by run and slice, trust, worth, harm, counts of touches, fairness, approval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at a lift: of a journey's goal, or of all marketing together (both empty). Always valid where it has a p value."""

    run_no: int
    as_of: datetime
    journey: str
    goal: str
    n_treated: int
    n_control: int
    conversions_treated: int
    conversions_control: int
    lift: float | None
    low: float | None
    high: float | None
    p_value: float | None


LOOKS = """
    SELECT run_no, as_of, journey, goal, n_treated, n_control, conversions_treated, conversions_control, CAST(lift AS DOUBLE) AS lift,
        CAST(lift_low AS DOUBLE) AS low, CAST(lift_high AS DOUBLE) AS high, CAST(p_value AS DOUBLE) AS p_value
    FROM lift WHERE role = 'primary'
    UNION ALL
    SELECT run_no, as_of, journey, goal, n_treated, n_control, conversions_treated, conversions_control, CAST(lift AS DOUBLE),
        CAST(lift_low AS DOUBLE), CAST(lift_high AS DOUBLE), CAST(p_value AS DOUBLE)
    FROM lift_by WHERE slice_kind = 'together'
    ORDER BY journey, goal, run_no
"""


@dataclass(frozen=True, slots=True)
class Slice:
    """The newest lift of one slice."""

    journey: str
    goal: str
    role: str
    horizon_days: float
    slice_kind: str
    slice: str
    n_treated: int
    n_control: int
    conversions_treated: int
    conversions_control: int
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    fixed_low: float | None
    fixed_high: float | None
    p_value: float | None
    shrunk: float | None
    value_lift: float | None
    value_low: float | None
    value_high: float | None
    method: str | None

    def as_json(self) -> dict[str, object]:
        """Everything, by name."""
        return asdict(self)


SLICES = """
    SELECT journey, goal, role, CAST(horizon_days AS DOUBLE) AS horizon_days, slice_kind, slice, n_treated, n_control, conversions_treated,
        conversions_control, CAST(lift AS DOUBLE) AS lift, CAST(lift_low AS DOUBLE) AS lift_low, CAST(lift_high AS DOUBLE) AS lift_high,
        CAST(fixed_low AS DOUBLE) AS fixed_low, CAST(fixed_high AS DOUBLE) AS fixed_high, CAST(p_value AS DOUBLE) AS p_value,
        CAST(shrunk AS DOUBLE) AS shrunk, CAST(value_lift AS DOUBLE) AS value_lift, CAST(value_low AS DOUBLE) AS value_low,
        CAST(value_high AS DOUBLE) AS value_high, method
    FROM lift_by WHERE run_no = (SELECT max(run_no) FROM runs)
    ORDER BY journey, list_position(['primary', 'secondary', 'guardrail'], role), goal, slice_kind, slice, horizon_days
"""


@dataclass(frozen=True, slots=True)
class StratumLook:
    """What one run knew of one stratum of a journey's primary goal."""

    run_no: int
    journey: str
    goal: str
    stratum: str
    n_treated: int
    n_control: int
    conversions_treated: int
    conversions_control: int
    shrunk: float | None


STRATA = """
    SELECT run_no, journey, goal, slice AS stratum, n_treated, n_control, conversions_treated, conversions_control,
        CAST(shrunk AS DOUBLE) AS shrunk
    FROM lift_by WHERE slice_kind = 'stratum' AND role = 'primary' ORDER BY journey, goal, run_no, slice
"""


@dataclass(frozen=True, slots=True)
class Trusted:
    """One thing that the last run looked at before it believed a journey's lifts; `said` is empty where it holds."""

    journey: str
    about: str
    statistic: float | None
    p_value: float
    broken: bool
    said: str


TRUST = """
    SELECT journey, about, statistic, p_value, broken, said FROM trust WHERE run_no = (SELECT max(run_no) FROM runs)
    ORDER BY broken DESC, journey, about
"""


@dataclass(frozen=True, slots=True)
class Worth:
    """What one run took a journey's touches to be worth: P, V in yuan, and where they come from."""

    run_no: int
    journey: str
    p: float
    v: float
    source: str


WORTHS = """
    SELECT run_no, journey, CAST(max(p) AS DOUBLE) AS p, CAST(arg_max(v, p) AS DOUBLE) AS v, arg_max(source, p) AS source
    FROM touch_worth GROUP BY run_no, journey ORDER BY journey, run_no
"""


@dataclass(frozen=True, slots=True)
class Harm:
    """A journey that paused itself."""

    run_no: int
    journey: str
    version_no: int
    goal: str
    said: str


HARMS = "SELECT run_no, journey, version_no, goal, said FROM harm ORDER BY run_no, journey"


@dataclass(frozen=True, slots=True)
class Credit:
    """Treated entries that reached a goal after a touch of one step and channel; without a step, after none."""

    journey: str
    goal: str
    step: str | None
    channel: str | None
    any_touch: int
    last_touch: int


CREDITS = """
    SELECT journey, goal, step, channel, any_touch, last_touch FROM touch_credit
    ORDER BY journey, goal, step NULLS LAST, channel
"""


@dataclass(frozen=True, slots=True)
class FairGroup:
    """How many of one group entered as treated and were touched, up to the last run; what was offered to them, yuan."""

    journey: str
    column: str
    name: str
    entered: int
    touched: int
    offered: float


FAIRNESS = """
    SELECT journey, by_column AS column, group_name AS name, entered_treated AS entered, touched, CAST(offered AS DOUBLE) AS offered
    FROM fairness WHERE run_no = (SELECT max(run_no) FROM runs) ORDER BY journey, by_column, group_name
"""


@dataclass(frozen=True, slots=True)
class Governed:
    """Where four eyes are required: what the last run used of one name (`approved` as written, `earlier`, or `unapproved`: nothing)."""

    kind: str
    name: str
    state: str
    hash: str


GOVERNED = """
    SELECT kind, name, state, hash FROM governed WHERE run_no = (SELECT max(run_no) FROM runs)
    ORDER BY list_position(['unapproved', 'earlier', 'approved'], state), kind, name
"""
