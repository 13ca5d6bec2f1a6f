"""The true effect on the treated, from common random numbers.

For a treated entry, Y1 says whether the goal came about in (assigned_at, assigned_at + window] as the bank was played; Y0
whether it would have without any touch: on some day of the window u < base hazard, with the same u. A product that the
customer held already at the assignment counts in neither. The truth of a journey is the mean of Y1 - Y0 over treated entries
whose window has passed. It is the sample effect, not an expectation: what an estimator with infinite controls like these very
customers would find.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tonglu.bank.behaviour import Behaviour, Outcome
from tonglu.bank.calendar import DAY, micros
from tonglu.bank.chance import Flags, Ints
from tonglu.bank.ledger import Ledger
from tonglu.bank.people import positions
from tonglu.bank.roster import Roster
from tonglu.bank.state import Happened, Played


@dataclass(frozen=True)
class Goal:
    """A journey's goal as the world knows it: an event, for `product_opened` its product, and the window."""

    event: str
    product: str | None
    window: timedelta

    @property
    def simulated(self) -> bool:
        """Whether the world knows what would have been without touches."""
        return self._name in {one.value for one in Outcome}

    @property
    def outcome(self) -> Outcome:
        """The simulated outcome behind the goal. Raises ValueError for goals that the world does not simulate."""
        if not self.simulated:
            known = [one.value for one in Outcome]
            raise ValueError(f"the bundled bank knows no truth for the goal {self.event} {self.product or ''}; it knows {known}")
        return Outcome(self._name)

    @property
    def _name(self) -> str | None:
        return self.product if self.event == "product_opened" else self.event


@dataclass(frozen=True)
class Replay:
    """What the truth is computed from: the roster, its hazards, its money, and what was played."""

    bank: Roster
    behaviour: Behaviour
    ledger: Ledger
    played: Played


def true_lift(replay: Replay, assignments: pa.Table, goals: Mapping[str, Goal], until: datetime) -> pa.Table:
    """Per journey of `goals`: n_treated, true_lift (null without treated entries), and the two rates it is the difference of.

    `assignments` has entry_id, journey, customer_id, assigned_at (naive UTC timestamp), group ('treated' or 'holdout'); `until`
    (naive UTC) is how far the bank was played. Raises ValueError for a goal that the world does not simulate.
    """
    names, counts, lifts, ones, zeros = [], [], [], [], []
    for journey in sorted(goals):
        goal = goals[journey]
        mine = assignments.filter(pc.and_(pc.equal(assignments["journey"], journey), pc.equal(assignments["group"], "treated")))
        person = positions(mine["customer_id"].cast(pa.int64()).to_numpy())
        at = np.asarray(mine["assigned_at"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy())
        window = goal.window // timedelta(microseconds=1)
        passed = at + window <= micros(until)
        person, at = person[passed], at[passed]
        y1, y0 = both(replay, goal.outcome, person, at, window)
        names.append(journey)
        counts.append(len(person))
        ones.append(float(y1.mean()) if len(person) else None)
        zeros.append(float(y0.mean()) if len(person) else None)
        lifts.append(float((y1.sum() - y0.sum()) / len(person)) if len(person) else None)
    return pa.table(
        {
            "journey": pa.array(names, pa.string()),
            "n_treated": pa.array(counts, pa.int64()),
            "true_lift": pa.array(lifts, pa.float64()),
            "rate_treated": pa.array(ones, pa.float64()),
            "rate_untreated": pa.array(zeros, pa.float64()),
        }
    )


def both(replay: Replay, outcome: Outcome, person: Ints, at: Ints, window: int) -> tuple[Flags, Flags]:
    """Whether the outcome came about in (at, at + window] as it was played, and whether it would have without any touch."""
    y0 = np.zeros(len(person), dtype=np.bool_)
    if not len(person):
        return y0, y0
    happened = replay.played.outcomes(outcome.value, int(at.max()) + window + DAY)
    held = np.zeros(len(person), dtype=np.bool_)
    if outcome.once:
        people = replay.bank.people
        held = (people.has_plan if outcome is Outcome.SALARY_PLAN else people.has_pension_deposit)[person]
        held = held | within(happened, person, np.full(len(person), -1), at)
    y1 = within(happened, person, at, at + window) & ~held
    for day in range(int(at.min()) // DAY, int((at.max() + window) // DAY) + 1):
        open_rows = np.flatnonzero((at < (day + 1) * DAY) & (at + window >= day * DAY) & ~held)
        if not len(open_rows):
            continue
        outflows = replay.ledger.outflows(day * DAY - 11 * DAY, (day + 1) * DAY)
        m = replay.behaviour.moments(outcome, day, np.unique(person[open_rows]), outflows)
        comes = m.u < m.base
        instant = np.full(len(replay.bank.people), -1, dtype=np.int64)
        instant[m.person[comes]] = m.at[comes]
        when = instant[person[open_rows]]
        y0[open_rows] |= (when > at[open_rows]) & (when <= at[open_rows] + window)
    return y1, y0


def within(happened: Happened, person: Ints, after: Ints, to: Ints) -> Flags:
    """Whether each person had the outcome at an instant with after < instant <= to."""
    order = np.argsort(happened.person, kind="stable")
    who, at = happened.person[order], happened.at[order]
    first, last = np.searchsorted(who, person, side="left"), np.searchsorted(who, person, side="right")
    found = np.zeros(len(person), dtype=np.bool_)
    for step in range(int((last - first).max(initial=0))):
        row = np.minimum(first + step, len(who) - 1)
        found |= (first + step < last) & (at[row] > after) & (at[row] <= to)
    return found
