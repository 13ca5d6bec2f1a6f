"""What each arm of a text would have brought about, for the very customers who were shown one: the value of any way of choosing arms.

For an exposure and each arm, Y says whether the goal comes about in the window if every touch of this step had been of that arm, all
other touches as they were played, with the same uniforms. So the arm that was drawn gives what was played, the mean over arms an equal
split, the arm that is truly best for the customer's group an oracle; no arm at all is the step left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tonglu.bank.behaviour import Outcome
from tonglu.bank.calendar import DAY
from tonglu.bank.chance import Flags, Floats, Ints
from tonglu.bank.effects import GROUPS, Effect
from tonglu.bank.people import positions
from tonglu.bank.touches import NEVER, Boosts, Touches
from tonglu.bank.truth import Goal, Replay, both, within


@dataclass(frozen=True)
class Shown:
    """Exposures of one step, all of one message: touch key, customer, the arm drawn, and the window that began with them (microseconds)."""

    message: str
    arms: tuple[str, ...]
    goal: Goal
    key: pa.Array
    customer: Ints
    arm: Sequence[str]
    exposed: Ints
    until: Ints


@dataclass(frozen=True)
class Values:
    """Conversions per exposure: as played, by an equal split, by the arm that is truly best for each group, by the first arm for all, and
    with the step left out."""

    exposures: int
    played: float
    equal: float
    oracle: float
    first: float
    untouched: float
    by_day: tuple[tuple[int, float, float, float], ...]
    """Per bank day of exposure: how many, and the sums of played, equal and oracle."""


def values(replay: Replay, effects: Sequence[Effect], shown: Shown) -> Values:
    """The value of each way of choosing arms, over the same exposures. Raises ValueError without exposures."""
    if not len(shown.customer):
        raise ValueError("nobody was shown an arm")
    touches = _touches(replay)
    mine = pc.is_in(touches.key, value_set=shown.key).to_numpy(zero_copy_only=False)
    outcome = shown.goal.outcome
    person = positions(shown.customer)
    by_arm = np.stack([_would(replay, _switched(touches, mine, arm), effects, outcome, person, shown) for arm in shown.arms])
    without = _would(replay, _removed(touches, mine), effects, outcome, person, shown)
    drawn = np.array([shown.arms.index(arm) for arm in shown.arm])
    best = _best(effects, shown)[replay.bank.people.group[person]]
    rows = np.arange(len(person))
    played, equal, oracle = by_arm[drawn, rows], by_arm.mean(axis=0), by_arm[best, rows]
    day = shown.exposed // DAY
    days = tuple(
        (
            int((day == one).sum()),
            float(played[day == one].sum()),
            float(equal[day == one].sum()),
            float(oracle[day == one].sum()),
        )
        for one in np.unique(day)
    )
    mean = [float(part.mean()) for part in (played, equal, oracle, by_arm[0], without)]
    return Values(len(person), mean[0], mean[1], mean[2], mean[3], mean[4], days)


def together(replay: Replay, customer: Ints, assigned: Ints, window: int, outcomes: Sequence[Outcome]) -> float:
    """The true effect of everything that was sent on whether any of the outcomes comes about in the window after assignment."""
    person = positions(customer)
    any_1, any_0 = np.zeros(len(person), np.bool_), np.zeros(len(person), np.bool_)
    for outcome in outcomes:
        y1, y0 = both(replay, outcome, person, assigned, window)
        any_1, any_0 = any_1 | y1, any_0 | y0
    return float(any_1.mean() - any_0.mean())


def _touches(replay: Replay) -> Touches:
    tables = replay.played.touches(0, np.iinfo(np.int64).max)
    return Touches.together([Touches.of_table(table) for table in tables])


def _switched(touches: Touches, mine: Flags, arm: str) -> Touches:
    arms = np.array(touches.arm.to_pylist(), dtype=object)
    arms[mine] = arm
    return replace(touches, arm=pa.array(arms, pa.string()))


def _removed(touches: Touches, mine: Flags) -> Touches:
    return replace(touches, acts=np.where(mine, NEVER, touches.acts))


def _would(replay: Replay, touches: Touches, effects: Sequence[Effect], outcome: Outcome, person: Ints, shown: Shown) -> Floats:
    """Whether the goal comes about in each exposure's window, 0 or 1."""
    boosts = Boosts(replay.bank, touches, list(effects))
    found = np.zeros(len(person), dtype=np.bool_)
    held = _held(replay, outcome, person, shown.exposed)
    for day in range(int(shown.exposed.min()) // DAY, int(shown.until.max()) // DAY + 1):
        now = np.flatnonzero((shown.exposed < (day + 1) * DAY) & (shown.until >= day * DAY) & ~held & ~found)
        if not len(now):
            continue
        outflows = replay.ledger.outflows(day * DAY - 11 * DAY, (day + 1) * DAY)
        m = replay.behaviour.moments(outcome, day, np.unique(person[now]), outflows)
        comes = m.u < m.base * boosts.at(outcome.value, m.person, m.at)
        instant = np.full(len(replay.bank.people), -1, dtype=np.int64)
        instant[m.person[comes]] = m.at[comes]
        when = instant[person[now]]
        found[now] |= (when > shown.exposed[now]) & (when <= shown.until[now])
    return found.astype(np.float64)


def _held(replay: Replay, outcome: Outcome, person: Ints, at: Ints) -> Flags:
    """Whether a product that is opened once was held before."""
    if not outcome.once:
        return np.zeros(len(person), dtype=np.bool_)
    people = replay.bank.people
    held = (people.has_plan if outcome is Outcome.SALARY_PLAN else people.has_pension_deposit)[person]
    happened = replay.played.outcomes(outcome.value, int(at.max()) + DAY)
    return held | within(happened, person, np.full(len(person), -1), at)


def _best(effects: Sequence[Effect], shown: Shown) -> Ints:
    """The truly best arm of each group: that of the greatest multiplier, by the channel on which it acts most."""
    sizes: dict[tuple[str, str], float] = {}
    for one in effects:
        if one.message == shown.message and one.goal == shown.goal.outcome.value:
            key = (one.arm, one.group)
            if abs(one.multiplier - 1) >= abs(sizes.get(key, 1.0) - 1):
                sizes[key] = one.multiplier
    return np.array([max(range(len(shown.arms)), key=lambda a: sizes.get((shown.arms[a], group), 1.0)) for group in GROUPS])
