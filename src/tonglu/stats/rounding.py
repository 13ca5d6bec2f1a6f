"""Rounding: from fractions of places to whole ones that keep every limit, with nothing left out that still fits."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tonglu.stats.allocation import Problem

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


class Rounding:
    """Whole places by option, and the room that they leave. All steps are over groups and cells, in an order that is always the same.

    Attributes:
        quota: places taken of each option.
        left: what is left of each limit.
    """

    def __init__(self, problem: Problem, fractions: Floats | None = None) -> None:
        self.problem = problem
        order = np.lexsort((problem.use_limit, problem.use_option))
        self.limits, self.amounts = problem.use_limit[order], problem.use_amount[order]
        options = len(problem.option_group)
        self.first_use = np.searchsorted(problem.use_option[order], np.arange(options + 1))
        self.first_option = np.searchsorted(problem.option_group, np.arange(problem.groups + 1))
        self.first_cell = np.searchsorted(problem.cell_group, np.arange(problem.groups + 1))
        self.demand = np.zeros(problem.groups, dtype=np.int64)
        np.add.at(self.demand, problem.cell_group, problem.size)
        self.quota = np.zeros(options, dtype=np.int64)
        if fractions is not None:
            self.quota = np.floor(np.maximum(fractions, 0) + 1e-7).astype(np.int64)
        self._give_back()

    def used(self) -> Integers:
        """What the places take of each limit."""
        found = np.zeros(len(self.problem.room), dtype=np.int64)
        np.add.at(found, self.problem.use_limit, self.problem.use_amount * self.quota[self.problem.use_option])
        return found

    def taken(self) -> Integers:
        """Places of each group."""
        found = np.zeros(self.problem.groups, dtype=np.int64)
        np.add.at(found, self.problem.option_group, self.quota)
        return found

    def value(self) -> float:
        """The value of the best proposals of each group, as many as have places."""
        before = np.cumsum(self.problem.size) - self.problem.size
        within = before - before[self.first_cell[self.problem.cell_group]]
        got = np.clip(self.taken()[self.problem.cell_group] - within, 0, self.problem.size)
        return float(got @ self.problem.mean)

    def everything_fits(self) -> bool:
        """Take every proposal at its group's first option; whether all limits allow that."""
        has = self.first_option[:-1] < self.first_option[1:]
        if not has.all():
            return False
        self.quota[self.first_option[:-1]] = self.demand
        return bool((self.used() <= self.problem.room).all())

    def complete(self) -> None:
        """Take what still fits, the best first, and move to earlier options what fits there, until neither changes anything."""
        while True:
            self._fill()
            if not self._move_forward():
                return

    def _give_back(self) -> None:
        """Undo what rounding errors took too much of: of a limit, and of a group."""
        for group in np.flatnonzero(self.taken() > self.demand):
            options = np.arange(self.first_option[group], self.first_option[group + 1])[::-1]
            over = int(self.quota[options].sum() - self.demand[group])
            for option in options:
                less = min(over, int(self.quota[option]))
                self.quota[option] -= less
                over -= less
        self.left = self.problem.room - self.used()
        for limit in np.flatnonzero(self.left < 0):
            for option in self.problem.use_option[self.problem.use_limit == limit][::-1]:
                while self.left[limit] < 0 < self.quota[option]:
                    self._take(int(option), -1)

    def _take(self, option: int, places: int) -> None:
        uses = slice(self.first_use[option], self.first_use[option + 1])
        self.quota[option] += places
        self.left[self.limits[uses]] -= self.amounts[uses] * places

    def _fits(self, option: int) -> int:
        """How many more places of an option there are; very many where nothing limits it."""
        uses = slice(self.first_use[option], self.first_use[option + 1])
        return int((self.left[self.limits[uses]] // self.amounts[uses]).min(initial=2**62))

    def _open(self) -> Booleans:
        """Which options have room for one more."""
        short = np.concatenate([[0], np.cumsum(self.amounts > self.left[self.limits])])
        return np.asarray(short[self.first_use[1:]] == short[self.first_use[:-1]], dtype=np.bool_)

    def _fill(self) -> None:
        """Take the best cell that has an option with room, as much as fits, again and again."""
        taken, is_open = self.taken(), self._open()
        able = np.zeros(self.problem.groups, dtype=np.bool_)
        np.logical_or.at(able, self.problem.option_group, is_open)
        ends = np.cumsum(self.problem.size) - (np.cumsum(self.demand) - self.demand)[self.problem.cell_group]
        waiting: list[tuple[float, int, int]] = []
        for group in np.flatnonzero(able & (taken < self.demand)).tolist():
            first, last = self.first_cell[group], self.first_cell[group + 1]
            cell = int(first + np.searchsorted(ends[first:last], taken[group], "right"))
            waiting.append((-float(self.problem.mean[cell]), group, cell))
        heapq.heapify(waiting)
        while waiting:
            _, group, cell = heapq.heappop(waiting)
            wanted = int(ends[cell] - taken[group])
            for option in range(self.first_option[group], self.first_option[group + 1]):
                places = min(wanted, self._fits(option)) if wanted else 0
                if places > 0:
                    self._take(option, places)
                    taken[group] += places
                    wanted -= places
            if not wanted and taken[group] < self.demand[group]:
                heapq.heappush(waiting, (-float(self.problem.mean[cell + 1]), group, cell + 1))

    def _move_forward(self) -> bool:
        """Move places to an earlier option of their group where it has room; whether any moved."""
        moved = False
        later = np.arange(len(self.quota)) > self.first_option[self.problem.option_group]
        for option in np.flatnonzero(later & (self.quota > 0)):
            for earlier in range(self.first_option[self.problem.option_group[option]], option):
                places = self._movable(int(option), earlier)
                if places:
                    self._take(int(option), -places)
                    self._take(earlier, places)
                    moved = True
        return moved

    def _movable(self, option: int, earlier: int) -> int:
        """How many places of an option fit into an earlier one: a limit of both has what the later one gives back."""
        here = slice(self.first_use[option], self.first_use[option + 1])
        there = slice(self.first_use[earlier], self.first_use[earlier + 1])
        freed = dict(zip(self.limits[here].tolist(), self.amounts[here].tolist(), strict=True))
        most = int(self.quota[option])
        for limit, amount in zip(self.limits[there].tolist(), self.amounts[there].tolist(), strict=True):
            more = amount - freed.get(limit, 0)
            if more > 0:
                most = min(most, int(self.left[limit]) // more)
        return most
