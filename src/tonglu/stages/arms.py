"""Arms: what the experiments of a journey have shown, and the shares and standing of their arms that follow from it (semantics 28).

An arm's share is the chance that it is best for what the experiment aims at, above its exploration floor; an arm that very probably
breaks a guardrail, or is shown to do worse than no touch, is not played.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from tonglu.compile.program import CompiledGoal, CompiledJourney
from tonglu.stats.always_valid import always_valid
from tonglu.stats.beliefs import Belief, Beta, Normal, kept
from tonglu.stats.difference import FEW_CONVERSIONS
from tonglu.stats.estimate import Estimate, Estimated, Interval, Withheld
from tonglu.stats.objectives import Guardrail, Objective, Weighed, guarded_allocation, weigh
from tonglu.stats.post_bandit import Batch, aipw, aipw_difference, mean_alongside
from tonglu.stats.sufficient import Moments
from tonglu.stats.thompson import top_two
from tonglu.stats.winner import Standing, standing
from tonglu.steps import CompiledStep
from tonglu.steps.experiment import VALUE

CONTROLS = ""
HARM = 0.95
"""The level of the always-valid interval that must lie on the wrong side of the controls' outcome before an arm is given up."""
FEW_HARMED = 5
"""An arm that was hardly played is not given up: its estimate is no normal variable yet."""
BatchKey = tuple[int, str]
"""The run that drew, and the stratum where strata are drawn by propensities of their own."""
T = TypeVar("T")


@dataclass
class Seen:
    """What one arm has shown, batch by batch: age in days, propensity, how many, conversions, value (fen) and its square."""

    batches: dict[BatchKey, tuple[float, float, int, int, int, int]] = field(default_factory=dict)

    def add(self, batch: BatchKey, row: tuple[float, float, int, int, int, int]) -> None:
        """Another stratum's outcomes of a batch join those that are there."""
        old = self.batches.get(batch)
        self.batches[batch] = row if old is None else (*row[:2], *(a + b for a, b in zip(old[2:], row[2:], strict=True)))  # type: ignore[assignment]

    def counts(self) -> tuple[int, int]:
        """How many were shown the arm, and how many of them converted."""
        return sum(row[2] for row in self.batches.values()), sum(row[3] for row in self.batches.values())

    def evened(self, half_life: float | None) -> tuple[float, float, float, float]:
        """How many, conversions, value and its square, as if the arm had been drawn by one propensity all the time; faded by age.

        An arm that was drawn more often in a good season would be credited with the season. So each batch counts by 1 / propensity, and
        all of them as the number of independent units that they are worth (Kish): (sum w)^2 / sum w^2. Where the propensity never
        changed these are the plain sums.
        """
        whole, squared, sums = 0.0, 0.0, [0.0] * 3
        for age, propensity, n, *outcomes in self.batches.values():
            weight = (1.0 if half_life is None else kept(age, half_life)) / propensity
            whole += weight * n
            squared += weight / propensity * n
            sums = [total + weight * one for total, one in zip(sums, outcomes, strict=True)]
        if not squared:
            return 0.0, 0.0, 0.0, 0.0
        worth = whole / squared
        return worth * whole, worth * sums[0], worth * sums[1], worth * sums[2]


Arms = dict[str, Seen]
"""By name; the controls who came to the step are the arm without a name."""


@dataclass(frozen=True)
class Experiment:
    """One experiment of one stratum, with what its arms have shown by goal."""

    journey: CompiledJourney
    step: CompiledStep
    goals: Mapping[str, Arms]
    half_life: float | None
    floor: float

    @property
    def arms(self) -> tuple[str, ...]:
        """The names of the arms, in written order."""
        assert self.step.lowered.arms is not None
        return self.step.lowered.arms.names

    @property
    def first(self) -> CompiledGoal | None:
        """The goal that the journey is judged by."""
        return self.journey.goals[0] if self.journey.goals else None

    def seen(self, goal: str) -> list[Seen]:
        """What the arms have shown of a goal."""
        return [self.goals.get(goal, {}).get(arm, Seen()) for arm in self.arms]

    def rates(self, goal: str) -> tuple[Beta, ...]:
        """What is believed of the arms' rates, from a uniform prior."""
        found = [one.evened(self.half_life) for one in self.seen(goal)]
        return tuple(Beta(1 + y, 1 + n - y) for n, y, *_ in found)

    def values(self, goal: str) -> tuple[Normal, ...]:
        """What is believed of the arms' mean values (fen), around their common mean."""
        found = [one.evened(self.half_life) for one in self.seen(goal)]
        n, total, squares = (sum(one[place] for one in found) for place in (0, 2, 3))
        if n < 2 or squares * n <= total * total:
            return tuple(Normal(0.0, 1.0) for _ in found)
        mean, spread = total / n, (squares - total * total / n) / (n - 1)
        return tuple(
            Normal((mean + v) / (1 + count), spread / (1 + count)) for count, _, v, _ in found
        )  # as if one more unit had shown the common mean

    @cached_property
    def objectives(self) -> list[Objective]:
        """What the experiment aims at."""
        assert self.step.lowered.arms is not None
        aims = self.step.lowered.arms.aims or (((self.first.name, 1.0),) if self.first else ())
        found = []
        for name, weight in aims:
            beliefs: tuple[Belief, ...] = (
                self.values(self.first.name) if name == VALUE and self.first is not None else self.rates(name)
            )
            less = any(goal.name == name and goal.role == "guardrail" for goal in self.journey.goals)
            found.append(Objective(name, beliefs, weight, less))
        return found

    def kept_rates(self, goal: str, limit: float) -> tuple[Beta, ...]:
        """What is believed of the arms' rates of what a guardrail counts: before anything is seen as if one of 1/limit units had shown
        it, so that no arm is barred for want of data."""
        found = [one.evened(self.half_life) for one in self.seen(goal)]
        others = max(1.0, 1 / limit - 1) if limit else 1.0
        return tuple(Beta(1 + y, others + n - y) for n, y, *_ in found)

    def guardrails(self) -> list[Guardrail]:
        """What no arm may exceed."""
        return [
            Guardrail(goal.name, self.kept_rates(goal.name, goal.at_most), goal.at_most)
            for goal in self.journey.goals
            if goal.role == "guardrail" and goal.at_most is not None
        ]

    def shares(self) -> tuple[tuple[float, ...], tuple[float, ...], str]:
        """The chance that each arm is best, the propensities of the next run, and why nothing was learned, where nothing was."""
        count = len(self.arms)
        floor = min(self.floor, 1 / count)
        kept = [number for number in range(count) if not self.harmful[number]] or list(range(count))
        objectives = [replace(one, beliefs=tuple(one.beliefs[number] for number in kept)) for one in self.objectives]
        guardrails = [replace(one, beliefs=tuple(one.beliefs[number] for number in kept)) for one in self.guardrails()]
        found = weigh(objectives, guardrails) if objectives else Withheld("the journey has no goal")
        if isinstance(found, Withheld):
            even = Weighed((1 / count,) * count, (True,) * count)
            return even.shares, guarded_allocation(even, floor), found.reason
        weighed = Weighed(_spread(found.shares, kept, count, 0.0), _spread(found.allowed, kept, count, False))
        played = weighed
        assert self.step.lowered.arms is not None
        if self.step.lowered.arms.learn == "top_two":
            may = [share for share, allowed in zip(weighed.shares, weighed.allowed, strict=True) if allowed]
            pairs = iter(top_two(may))
            played = Weighed(tuple(next(pairs) if allowed else 0.0 for allowed in weighed.allowed), weighed.allowed)
        return weighed.shares, guarded_allocation(played, floor), ""

    @cached_property
    def harmful(self) -> list[bool]:
        """Which arms are shown to do worse than no touch at all, at any number of looks, in what the journey is judged by."""
        if self.first is None:
            return [False] * len(self.arms)
        controls = self.goals.get(self.first.name, {}).get(CONTROLS, Seen())
        n, y = controls.counts()
        if min(y, n - y) < FEW_CONVERSIONS:
            return [False] * len(self.arms)
        seen = self.seen(self.first.name)
        beside = [_moments(controls, batch, by_value=False) for batch in _runs(seen)]
        found = []
        for batches in _batches(seen, by_value=False):
            arm, untouched = aipw(batches), mean_alongside(batches, beside)
            if (
                isinstance(arm, Withheld)
                or isinstance(untouched, Withheld)
                or sum(one.seen.total for one in batches) < FEW_HARMED
            ):
                found.append(False)
                continue
            variance = arm.variance + untouched.variance
            apart = Estimate(arm.value - untouched.value, variance, arm.n + untouched.n, method="arm against controls")
            shown = always_valid(apart, level=HARM)
            found.append(isinstance(shown, Interval) and shown.high < 0)
        return found

    def standing(self) -> Standing | Withheld:
        """How the leading arm stands, by estimates that the changing shares do not bias."""
        if self.first is None:
            return Withheld("the journey has no goal")
        objective = self.objectives[0]
        by_value = objective.name == VALUE
        seen = self.seen(self.first.name if by_value else objective.name)
        return standing(objective.beliefs, _compare(seen, by_value=by_value), minimise=objective.minimise)


def _spread(values: Sequence[T], places: Sequence[int], count: int, otherwise: T) -> tuple[T, ...]:
    """Values at their places among `count`."""
    known = dict(zip(places, values, strict=True))
    return tuple(known.get(place, otherwise) for place in range(count))


def _compare(seen: Sequence[Seen], *, by_value: bool) -> Callable[[int, int], Estimated]:
    known = _batches(seen, by_value=by_value)
    return lambda i, j: aipw_difference(known[i], known[j])


def _batches(seen: Sequence[Seen], *, by_value: bool) -> list[list[Batch]]:
    """Every arm's outcomes by batch, with its propensity in that batch."""
    whole = _runs(seen)

    def batches(one: Seen) -> list[Batch]:
        found = []
        for batch, total in whole.items():
            propensity = one.batches[batch][1] if batch in one.batches else 0.0
            found.append(Batch(total, propensity, _moments(one, batch, by_value=by_value)))
        return found

    known = [batches(one) for one in seen]
    for one, mine in zip(seen, known, strict=True):
        if any(batch not in one.batches for batch in whole):
            _fill_in(mine, list(whole), seen, one)
    return known


def _runs(seen: Sequence[Seen]) -> dict[BatchKey, int]:
    """The batches in their order, each with how many were shown any arm."""
    whole: dict[BatchKey, int] = defaultdict(int)
    for one in seen:
        for batch, (_, _, n, *_) in one.batches.items():
            whole[batch] += n
    return dict(sorted(whole.items()))


def _moments(one: Seen, batch: BatchKey, *, by_value: bool) -> Moments:
    _, _, n, y, v, v2 = one.batches.get(batch, (0.0, 0.0, 0, 0, 0, 0))
    return Moments(n, v, v2) if by_value else Moments(n, y, y)


def _fill_in(mine: list[Batch], numbers: Sequence[BatchKey], seen: Sequence[Seen], one: Seen) -> None:
    """A batch in which an arm was shown to nobody says nothing of its propensity: it is what the others left, evenly."""
    for place, number in enumerate(numbers):
        if number not in one.batches:
            others = [other.batches[number][1] for other in seen if number in other.batches]
            left = max(1e-6, 1 - sum(others)) / max(1, len(seen) - len(others))
            mine[place] = Batch(mine[place].n, min(1.0, left), mine[place].seen)
