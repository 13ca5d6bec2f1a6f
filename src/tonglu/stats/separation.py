"""Separation: where the limits on groups come apart so far that ranking alone allocates exactly, and where they cross.

Groups that share a limit belong together; what belongs together is exact in two cases. Either each limit lies at one time and the
limits of one time are nested or apart: then, time by time, the best ranked fill each limit, inner limits first. Or all groups have the
same limits at the same times: then, time by time, the best ranked fill what the scarcest of them leaves. In both a proposal takes the
earliest time that has room, as if all came one by one in their ranking.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


class Kind(StrEnum):
    """How a group is allocated: `free` has room for all, `exact` by ranking, `crossing` by the linear programme."""

    FREE = "free"
    EXACT = "exact"
    CROSSING = "crossing"


@dataclass(frozen=True)
class Uses:
    """What the options of groups take of limits, a row per option and limit; rows rise by option, options by group and time.

    Attributes:
        size: proposals of each group.
        option_group, option_time: the group of each option, and its time as a number that rises with time.
        option, limit, amount: the rows.
        room: of each limit.
    """

    size: Integers
    option_group: Integers
    option_time: Integers
    option: Integers
    limit: Integers
    amount: Integers
    room: Integers


@dataclass(frozen=True)
class Separation:
    """The result: the kind of each group, the stage of each option and the level of each limit (-1 where none), which limits bind."""

    kind: list[Kind]
    stage: Integers
    level: Integers
    binding: npt.NDArray[np.bool_]


def separate(uses: Uses) -> Separation:
    """Tell apart what can be allocated by ranking and what cannot."""
    binding = _binding(uses)
    kept = binding[uses.limit]
    option, limit, amount = uses.option[kept], uses.limit[kept], uses.amount[kept]
    kind = [Kind.FREE] * len(uses.size)
    stage = np.full(len(uses.option_group), -1, dtype=np.int64)
    level = np.full(len(uses.room), -1, dtype=np.int64)
    if not len(option):
        return Separation(kind, stage, level, binding)
    limits_of: dict[int, list[int]] = defaultdict(list)
    amounts: dict[int, set[int]] = defaultdict(set)
    for one, taken, much in zip(option.tolist(), limit.tolist(), amount.tolist(), strict=True):
        limits_of[one].append(taken)
        amounts[taken].add(much)
    for groups in _components(uses, option, limit):
        found = _exact(uses, groups, limits_of, amounts)
        for group in groups:
            kind[group] = Kind.CROSSING if found is None else Kind.EXACT
        if found is not None:
            for one, number in found[0].items():
                stage[one] = number
            for taken, number in found[1].items():
                level[taken] = number
    return Separation(kind, stage, level, binding)


def _binding(uses: Uses) -> npt.NDArray[np.bool_]:
    """Which limits could be used up if every group that may take of them did."""
    pairs = np.stack([uses.option_group[uses.option], uses.limit, uses.amount])
    distinct = np.unique(pairs, axis=1)
    asked = np.zeros(len(uses.room), dtype=np.int64)
    np.add.at(asked, distinct[1], distinct[2] * uses.size[distinct[0]])
    return np.asarray(asked > uses.room, dtype=np.bool_)


def _components(uses: Uses, option: Integers, limit: Integers) -> Iterable[list[int]]:
    """The groups that belong together through limits; groups without a limit that binds are in none."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    groups, limits = len(uses.size), len(uses.room)
    edges = coo_array((np.ones(len(option)), (uses.option_group[option], groups + limit)), shape=(groups + limits,) * 2)
    _, label = connected_components(edges, directed=False)
    touched = np.unique(uses.option_group[option])
    together: dict[int, list[int]] = defaultdict(list)
    for group in touched.tolist():
        together[int(label[group])].append(group)
    return together.values()


def _exact(
    uses: Uses, groups: list[int], limits_of: dict[int, list[int]], amounts: dict[int, set[int]]
) -> tuple[dict[int, int], dict[int, int]] | None:
    """The stage of each option and the level of each limit where ranking is exact, else None."""
    bounds = np.searchsorted(uses.option_group, [groups, [group + 1 for group in groups]])
    options = {group: range(*pair) for group, pair in zip(groups, bounds.T.tolist(), strict=True)}
    mine = {limit for group in groups for option in options[group] for limit in limits_of.get(option, ())}
    if any(len(amounts[limit]) > 1 for limit in mine):
        return None
    times = {option: int(uses.option_time[option]) for each in options.values() for option in each}
    if _same_everywhere(list(options.values()), limits_of, times):
        return times, _told_apart(mine, [limits_of.get(option, []) for option in max(options.values(), key=len)])
    members: dict[int, set[int]] = defaultdict(set)
    for option in times:
        for limit in limits_of.get(option, ()):
            members[limit].add(option)
    if any(len({times[option] for option in each}) > 1 for each in members.values()):
        return None
    level: dict[int, int] = {}
    inside: dict[int, int] = {}  # of an option, the widest limit that was seen around it
    for limit in sorted(members, key=lambda one: (len(members[one]), one)):
        inner = {inside[option] for option in members[limit] if option in inside}
        if any(not members[one] <= members[limit] for one in inner):
            return None
        level[limit] = max((level[one] + 1 for one in inner), default=0)
        inside.update(dict.fromkeys(members[limit], limit))
    return times, level


def _same_everywhere(groups: list[range], limits_of: dict[int, list[int]], times: dict[int, int]) -> bool:
    """Whether all groups begin at the same time and have the same limits at every time that they have."""
    longest = max(groups, key=len)
    pattern = [(times[option], limits_of.get(option, [])) for option in longest]
    return all([(times[option], limits_of.get(option, [])) for option in each] == pattern[: len(each)] for each in groups)


def _told_apart(limits: Iterable[int], rows: list[list[int]]) -> dict[int, int]:
    """A level for each limit, so that no two of one row have the same."""
    level: dict[int, int] = {}
    for limit in sorted(limits):
        beside = {level[one] for row in rows if limit in row for one in row if one in level}
        level[limit] = next(number for number in range(len(level) + 1) if number not in beside)
    return level
