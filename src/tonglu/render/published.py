"""The published analysts' views as this package reads them: one protocol, static SQL, one frozen row type per question.

Instants stay naive UTC; whoever shows them turns them into the bank's wall clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")


class Published(Protocol):
    """A read-only view of the analysts' file."""

    def rows(self, sql: str, /) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The column names and rows of one static SELECT."""


def read(published: Published, sql: str, make: Callable[..., T]) -> list[T]:
    """The rows of `sql` as values of `make`, by column name."""
    names, rows = published.rows(sql)
    return [make(**dict(zip(names, row, strict=True))) for row in rows]


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run."""

    run_no: int
    as_of: datetime
    definitions: str
    entered: int
    ended: int
    proposals: int
    sent: int
    deferred: int
    dropped: int
    conversions: int


RUNS = """
    SELECT run_no, as_of, definitions, entered, ended, proposals, sent, deferred, dropped, conversions FROM runs ORDER BY run_no
"""


@dataclass(frozen=True, slots=True)
class Journey:
    """The newest version of a journey, and how many of its entries are where."""

    journey: str
    version_no: int
    versions: int
    title_zh: str | None
    title_en: str | None
    purpose: str | None
    treated: int
    control: int
    resting: int


JOURNEYS = """
    WITH newest AS (SELECT journey, max(version_no) AS version_no, count(*) AS versions FROM journeys GROUP BY journey),
    counted AS (
        SELECT journey, count(*) FILTER (assignment = 'treated') AS treated, count(*) FILTER (assignment <> 'treated') AS control,
            count(*) FILTER (state = 'open') AS resting
        FROM entries GROUP BY journey
    )
    SELECT j.journey, j.version_no, n.versions, j.title_zh, j.title_en, j.purpose, coalesce(c.treated, 0) AS treated,
        coalesce(c.control, 0) AS control, coalesce(c.resting, 0) AS resting
    FROM journeys AS j JOIN newest AS n USING (journey, version_no) LEFT JOIN counted AS c USING (journey)
    ORDER BY j.journey
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a journey's newest version. `branches` is JSON: a list of {to, label}."""

    journey: str
    step_no: int
    step: str
    kind: str
    label_zh: str | None
    next_step: str | None
    otherwise_step: str | None
    branches: str | None


STEPS = """
    WITH newest AS (SELECT journey, max(version_no) AS version_no FROM journeys GROUP BY journey)
    SELECT s.journey, s.step_no, s.step, s.kind, s.label_zh, s.next_step, s.otherwise_step,
        CAST(s.branches AS VARCHAR) AS branches
    FROM steps AS s JOIN newest USING (journey, version_no) ORDER BY s.journey, s.step_no
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """How many entries came to a step of a version, and how many rest there; ghosts are control entries."""

    journey: str
    version_no: int
    step_no: int
    step: str
    kind: str
    arrived: int
    resting: int
    left_step: int
    ghosts: int


FUNNEL = """
    SELECT f.journey, f.version_no, f.step_no, f.step, any_value(f.kind) AS kind,
        coalesce(sum(f.arrived) FILTER (f.assignment = 'treated'), 0) AS arrived,
        coalesce(sum(f.resting) FILTER (f.assignment = 'treated'), 0) AS resting,
        coalesce(sum(f.left_step) FILTER (f.assignment = 'treated'), 0) AS left_step,
        coalesce(sum(f.arrived) FILTER (f.assignment <> 'treated'), 0) AS ghosts
    FROM journey_funnel AS f
    GROUP BY f.journey, f.version_no, f.step_no, f.step ORDER BY f.journey, f.version_no DESC, f.step_no
"""


@dataclass(frozen=True, slots=True)
class Lift:
    """The newest lift of a journey's goal; `lift_low` is None where it is withheld, and `method` then says why."""

    journey: str
    goal: str
    assigned_treated: int
    assigned_control: int
    n_treated: int
    n_control: int
    conversions_treated: int
    conversions_control: int
    rate_treated: float | None
    rate_control: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    value_lift: float | None
    value_low: float | None
    value_high: float | None
    method: str | None
    role: str = "primary"
    fixed_low: float | None = None
    fixed_high: float | None = None
    p_value: float | None = None

    @property
    def withheld(self) -> bool:
        """Whether there is no interval to show."""
        return self.lift is None or self.lift_low is None or self.lift_high is None

    @property
    def guards(self) -> bool:
        """Whether it is a guardrail, of which there shall not be more."""
        return self.role == "guardrail"

    @property
    def tone(self) -> Literal["good", "bad", "neutral"]:
        """What the interval says: better with touches, worse, or neither for sure."""
        if self.lift_low is None or self.lift_high is None or self.lift_low <= 0 <= self.lift_high:
            return "neutral"
        return "good" if (self.lift_low > 0) != self.guards else "bad"


LIFTS = """
    SELECT journey, goal, assigned_treated, assigned_control, n_treated, n_control, conversions_treated, conversions_control,
        CAST(rate_treated AS DOUBLE) AS rate_treated, CAST(rate_control AS DOUBLE) AS rate_control, CAST(lift AS DOUBLE) AS lift,
        CAST(lift_low AS DOUBLE) AS lift_low, CAST(lift_high AS DOUBLE) AS lift_high, CAST(value_lift AS DOUBLE) AS value_lift,
        CAST(value_low AS DOUBLE) AS value_low, CAST(value_high AS DOUBLE) AS value_high, method, role,
        CAST(fixed_low AS DOUBLE) AS fixed_low, CAST(fixed_high AS DOUBLE) AS fixed_high, CAST(p_value AS DOUBLE) AS p_value
    FROM lift
    QUALIFY row_number() OVER (PARTITION BY journey, goal ORDER BY run_no DESC, matured_only DESC NULLS LAST) = 1
    ORDER BY journey, list_position(['primary', 'secondary', 'guardrail'], role), goal
"""


@dataclass(frozen=True, slots=True)
class Arm:
    """What was learned about one arm by one run, of one stratum or (empty) of everybody."""

    run_no: int
    journey: str
    step: str
    stratum: str
    arm: str
    n: int
    conversions: int
    p_best: float | None
    propensity: float | None
    standing: str | None


ARMS = """
    SELECT run_no, journey, step, coalesce(stratum, '') AS stratum, arm, n, conversions, CAST(p_best AS DOUBLE) AS p_best,
        CAST(propensity AS DOUBLE) AS propensity, standing
    FROM learned ORDER BY journey, step, stratum, arm, run_no
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """How often proposals met one outcome for one reason."""

    outcome: str
    gate: str | None
    reason: str | None
    decisions: int


REASONS = """
    SELECT outcome, gate, reason, count(*) AS decisions FROM decisions GROUP BY outcome, gate, reason
    ORDER BY decisions DESC, outcome, gate, reason
"""


@dataclass(frozen=True, slots=True)
class TouchCount:
    """Touches planned in one quarter of an hour with one outcome (finer than any zone's offset, so days can be formed)."""

    quarter: datetime
    outcome: str
    touches: int


TOUCHES = """
    SELECT time_bucket(INTERVAL 15 MINUTES, coalesce(not_before, decided_at)) AS quarter,
        CASE WHEN clicked_at IS NOT NULL THEN 'clicked' WHEN opened_at IS NOT NULL THEN 'opened'
            WHEN delivery_state IN ('delivered', 'pending', 'failed', 'unknown', 'cancelled', 'expired') THEN delivery_state
            ELSE 'under way' END AS outcome,
        count(*) AS touches
    FROM touches GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Worked:
    """How the touches stand that people of one channel work."""

    channel: str
    waiting: int
    pending: int
    done: int
    failed: int
    expired: int
    cancelled: int


WORKED = """
    SELECT channel, count(*) FILTER (delivery_state IN ('waiting', 'leased')) AS waiting, count(*) FILTER (delivery_state = 'pending') AS pending,
        count(*) FILTER (delivery_state = 'delivered') AS done, count(*) FILTER (delivery_state IN ('failed', 'unknown')) AS failed,
        count(*) FILTER (delivery_state = 'expired') AS expired, count(*) FILTER (delivery_state = 'cancelled') AS cancelled
    FROM work_items GROUP BY channel ORDER BY channel
"""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Touches whose fate is not known, by channel."""

    channel: str
    touches: int


UNKNOWN = """
    SELECT channel, count(*) AS touches FROM touches WHERE delivery_state = 'unknown' GROUP BY channel ORDER BY channel
"""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment in the last run, with its members by run for the trend."""

    segment: str
    title_zh: str | None
    members: int
    entered: int
    left_count: int
    history: list[int]


SEGMENTS = """
    SELECT segment, arg_max(title_zh, run_no) AS title_zh, arg_max(members, run_no) AS members,
        arg_max(entered, run_no) AS entered, arg_max(left_count, run_no) AS left_count, list(members ORDER BY run_no) AS history
    FROM segment_size GROUP BY segment ORDER BY segment
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One table's data checks: of the last run, how many and which failed; over all runs, how many failed."""

    source_table: str
    passed: int
    failed: int
    failures: list[str] | None
    failed_ever: int


CHECKS = """
    WITH latest AS (SELECT max(run_no) AS run_no FROM runs)
    SELECT c.source_table, count(*) FILTER (c.success AND c.run_no = l.run_no) AS passed,
        count(*) FILTER (NOT c.success AND c.run_no = l.run_no) AS failed,
        list(c.expectation || ' (' || c.severity || '): ' || coalesce(CAST(c.observed AS VARCHAR), '') ORDER BY c.expectation)
            FILTER (NOT c.success AND c.run_no = l.run_no) AS failures,
        count(*) FILTER (NOT c.success) AS failed_ever
    FROM checks AS c CROSS JOIN latest AS l GROUP BY c.source_table ORDER BY failed DESC, c.source_table
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One conservation rule over all runs."""

    rule: str
    runs: int
    breaches: int


CONSERVATION = """
    SELECT rule, count(*) AS runs, coalesce(sum(breaches), 0) AS breaches
    FROM conservation GROUP BY rule ORDER BY breaches DESC, rule
"""
