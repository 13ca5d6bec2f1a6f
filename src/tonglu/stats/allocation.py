"""Allocation: which of many proposals get a scarce place, when limits cross.

Proposals that may use the same places at the same price are one group. A group's proposals lie in cells of nearly equal value, the
best first; an option of a group is one time at which its proposals may be planned, the earliest first. The linear programme over
groups is solved by HiGHS on one thread, its answer is rounded down and filled up again, so that the result keeps every limit exactly.

    maximise    the sum of value over the proposals that get a place
    such that   places taken of a group's cells = places taken of its options, and of each limit no more than its room
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tonglu.stats.rounding import Rounding

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LATER = 1e-6
"""What a place is worth less for each option it lies later, as a share of the greatest value: earlier places are preferred."""
SMALL = 3000
"""Up to so many cells and options a gap is worth a search over whole numbers."""
WORTH_SEARCHING = 1e-4
NODES = 2000
"""The search looks at no more nodes than this: a limit that is the same on every machine, as a limit of time is not."""


@dataclass(frozen=True)
class Problem:
    """What is to be allocated. Arrays of one kind have one length.

    Attributes:
        cell_group: the group of each cell, rising.
        size: how many proposals are in a cell.
        mean: their mean value, falling within a group; low and high: the least and the greatest.
        option_group: the group of each option, rising; within a group the earliest option comes first.
        use_option, use_limit, use_amount: an option's proposal takes so much of a limit (whole numbers, 1 or more).
        room: how much of each limit there is (whole numbers).
    """

    cell_group: Integers
    size: Integers
    mean: Floats
    low: Floats
    high: Floats
    option_group: Integers
    use_option: Integers
    use_limit: Integers
    use_amount: Integers
    room: Integers

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(max(self.cell_group[-1], self.option_group[-1] if len(self.option_group) else 0)) + 1 if len(self.size) else 0


@dataclass(frozen=True)
class Allocation:
    """The answer.

    Attributes:
        quota: how many proposals of its group each option takes; the best of the group go first, to the earliest option.
        value: what is surely reached (a cell that is taken in part counts its mean, so that single values make it exact).
        bound: no allocation can be worth more: the dual bound of the linear programme, with every cell at its most favourable.
        price: the shadow price of each limit: what one more unit of room is worth.
        used: what the linear programme used of each limit, before rounding.
    """

    quota: Integers
    value: float
    bound: float
    price: Floats
    used: Floats

    @property
    def gap(self) -> float:
        """How far the value may lie below the best one, as a share of the bound."""
        return max(0.0, (self.bound - self.value) / self.bound) if self.bound > 0 else 0.0


def allocate(problem: Problem) -> Allocation:
    """Allocate: by the linear programme, rounded, and where few things leave a gap, by a search over whole numbers.

    Equal problems give equal answers. The answer keeps every limit, and nothing that still fits is left out.
    """
    problem = replace(problem, room=np.maximum(problem.room, 0))
    plain = Rounding(problem)
    if plain.everything_fits():
        value = float(problem.size @ problem.mean)
        nothing = np.zeros(len(problem.room))
        return Allocation(plain.quota, value, value, nothing, plain.used().astype(np.float64))
    programme = _Programme(problem)
    relaxed, price, used = programme.relaxed()
    best = Rounding(problem, relaxed)
    best.complete()
    least = LATER * programme.scale * len(problem.option_group)
    plainly = np.where(
        price * programme.unit > least, price, 0.0
    )  # what only the preference for earlier places costs is no price
    bound = min(upper_bound(problem, price), upper_bound(problem, plainly))
    if len(problem.size) + len(problem.option_group) <= SMALL and best.value() < bound * (1 - WORTH_SEARCHING):
        found = programme.whole()
        if found is not None:
            searched = Rounding(problem, found)
            searched.complete()
            best = max(best, searched, key=Rounding.value)
    return Allocation(best.quota, best.value(), max(bound, best.value()), plainly, used)


def upper_bound(problem: Problem, price: Floats) -> float:
    """What no allocation can exceed, given any prices of 0 or more: rooms at their prices, and what each proposal is worth above the
    price of its cheapest option. Of a cell the values are taken as spread as its mean, least and greatest allow."""
    paid = np.zeros(len(problem.option_group))
    np.add.at(paid, problem.use_option, problem.use_amount * price[problem.use_limit])
    cheapest = np.full(problem.groups, np.inf)
    np.minimum.at(cheapest, problem.option_group, paid)
    of_cell = cheapest[problem.cell_group]
    width = problem.high - problem.low
    at_high = np.where(width > 0, (problem.mean - problem.low) / np.where(width > 0, width, 1.0), 1.0)
    within = at_high * (problem.high - np.minimum(of_cell, problem.high))
    over = np.where(of_cell <= problem.low, problem.mean - np.minimum(of_cell, problem.low), within)
    gained = np.where(of_cell >= problem.high, 0.0, over)
    return min(float(problem.room @ price + problem.size @ gained), float(problem.size @ problem.mean))


class _Programme:
    """The programme in the form that HiGHS takes: cells, then options; values and limits scaled to about 1."""

    def __init__(self, problem: Problem) -> None:
        from scipy.sparse import csr_array

        cells, options, limits = len(problem.size), len(problem.option_group), len(problem.room)
        self.problem, self.cells = problem, cells
        self.scale = float(problem.high.max()) or 1.0
        place = np.arange(options) - np.searchsorted(problem.option_group, problem.option_group)
        self.cost = np.concatenate([-problem.mean / self.scale, LATER * place])
        rows = np.concatenate([problem.cell_group, problem.option_group])
        signs = np.concatenate([np.ones(cells), -np.ones(options)])
        self.balance = csr_array((signs, (rows, np.arange(cells + options))), shape=(problem.groups, cells + options))
        self.unit = np.ones(limits)
        np.maximum.at(self.unit, problem.use_limit, problem.use_amount.astype(np.float64))
        amounts = problem.use_amount / self.unit[problem.use_limit]
        self.uses = csr_array((amounts, (problem.use_limit, cells + problem.use_option)), shape=(limits, cells + options))
        self.most = np.concatenate([problem.size.astype(np.float64), np.full(options, np.inf)])

    def relaxed(self) -> tuple[Floats, Floats, Floats]:
        """Places of the options in the linear programme, the prices, and what is used of each limit.

        Raises:
            RuntimeError: HiGHS finds no optimum, which the form of the programme rules out.
        """
        from scipy.optimize import linprog

        answer = linprog(
            self.cost,
            A_ub=self.uses,
            b_ub=self.problem.room / self.unit,
            A_eq=self.balance,
            b_eq=np.zeros(self.problem.groups),
            bounds=np.column_stack([np.zeros(len(self.most)), self.most]),
            method="highs-ds",
        )
        if answer.status != 0:
            raise RuntimeError(f"the linear programme was not solved: {answer.message}")
        price = np.maximum(0.0, -answer.ineqlin.marginals) * self.scale / self.unit
        return answer.x[self.cells :], price, (self.uses @ answer.x) * self.unit

    def whole(self) -> Floats | None:
        """Places of the options as the search over whole numbers finds them, or None when it ends with nothing."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        rules: list[Any] = [
            LinearConstraint(self.balance, 0, 0),
            LinearConstraint(self.uses, -np.inf, self.problem.room / self.unit),
        ]
        integral = np.concatenate([np.zeros(self.cells), np.ones(len(self.problem.option_group))])
        options = {"node_limit": NODES, "mip_rel_gap": 1e-6}
        answer = milp(self.cost, integrality=integral, bounds=Bounds(0, self.most), constraints=rules, options=options)
        return None if answer.x is None else np.rint(answer.x[self.cells :])
