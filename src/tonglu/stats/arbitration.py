"""What a lift is worth in competition for scarce contacts: never its raw point estimate.

By caution its lower bound: a journey that nobody knows much about does not push out one that is known to work. Or, as policy says, its
mean after shrinking, with a bonus for what trying it would teach (an upper confidence index: Lai and Robbins 1985).
"""

from __future__ import annotations

from tonglu.stats.always_valid import always_valid
from tonglu.stats.distributions import student_quantile
from tonglu.stats.estimate import Estimated, Withheld


def lower_bound(lift: Estimated, level: float = 0.95, tightest_at: float | None = None) -> float | Withheld:
    """The one-sided lower bound, value - t quantile * standard error; `Withheld` passes through.

    With `tightest_at` the lower limit of the always-valid interval instead, for arbitration that reads it every day.
    """
    if isinstance(lift, Withheld):
        return lift
    if tightest_at is not None:
        interval = always_valid(lift, tightest_at, level)
        return interval if isinstance(interval, Withheld) else interval.low
    return lift.value - student_quantile(level, lift.degrees) * lift.error


def with_bonus(shrunk: Estimated, bonus: float) -> float | Withheld:
    """The shrunk mean and `bonus` standard errors above it; `Withheld` passes through.

    Raises ValueError where the estimate was not shrunk, or the bonus is negative.
    """
    if isinstance(shrunk, Withheld):
        return shrunk
    if shrunk.method != "shrunk" or bonus < 0:
        raise ValueError(f"a bonus of {bonus} on a lift by '{shrunk.method}': only shrunk lifts take one")
    return shrunk.value + bonus * shrunk.error
