"""Evaluate: what another policy would have earned, judged from the log of the one that ran (off-policy), before anybody is touched by it.

The log is a journey's own exposures with the propensities by which their arms were drawn, or a file from elsewhere. A policy that was learned
is judged by exposures that were drawn after it was learned, and never by those that it was made of.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonglu.core.errors import did_you_mean, wrong
from tonglu.core.shares import parse_share
from tonglu.stages.lifts import FEN
from tonglu.stats.estimate import Effect, fixed
from tonglu.stats.off_policy import Cell, Logged, Support, direct, doubly_robust, ips, refused, snips, support
from tonglu.warehouse.analysts import PublishedFile
from tonglu.warehouse.decision_log import read_log

EQUAL, LEARNED, BEST = "equal", "learned", "best"
FOLDS = 2
ANY = ""
"""The stratum of everybody."""
Shares = Mapping[str, Mapping[str, float]]
"""A policy: by stratum, how often each arm is shown."""


@dataclass(frozen=True)
class Seen:
    """Rows of the log that are alike: of a stratum, arm, propensity and fold; how many, the sum of their rewards and of their squares."""

    stratum: str
    arm: str
    propensity: float
    fold: int
    n: int
    r: float
    r2: float


@dataclass(frozen=True)
class Evaluated:
    """What a policy would have earned per decision, with 95 % intervals for one look.

    Attributes:
        policy: by stratum and arm.
        support: how much of the log speaks of it.
        refused: why nothing can be said, where that is so.
        played: what was earned by the policy that ran.
        estimates: by method; the doubly robust one is the one to read.
    """

    policy: Shares
    support: Support
    refused: str
    played: Effect
    estimates: Mapping[str, Effect]


def of_journey(
    file: PublishedFile,
    journey: str,
    step: str | None,
    goal: str | None,
    asked: str,
    learned_in: int | None,
    *,
    value: bool = False,
) -> tuple[str, str, int, Evaluated]:
    """Judge a policy by a journey's own log; its step, goal, and the run after which exposures count.

    Args:
        file: what was published.
        journey: whose arms are drawn.
        step: where; the only one if not given.
        goal: what is earned; what the journey is judged by if not given.
        asked: 'equal', 'learned', 'best', an arm, or shares such as 'warm=70%,plain=30%'.
        learned_in: the run whose learning is asked for; one about halfway if not given.
        value: whether yuan are earned instead of conversions.

    Raises:
        InputError: there is no such experiment, goal, arm or run.
    """
    step, goal = _experiment(file, journey, step, goal)
    rows = file.ask("logged", journey=journey, step=step, goal=goal)
    after = 0
    if asked in (LEARNED, BEST):
        known = {row["run_no"]: row["n"] for row in file.ask("learned_when", journey=journey, step=step)}
        after = _halfway(known, rows) if learned_in is None else learned_in
        if not known.get(after):
            hint = "Name a run in which the experiment had learned something: tonglu learned."
            raise wrong(f"by run {after} nothing was learned of '{step}'", "--learned-in", hint)
        learned = file.ask("learned_in", journey=journey, step=step, run_no=after)
        rows = [row for row in rows if row["batch"] > after]
    seen = [_of_journey(row, value=value) for row in rows]
    strata = sorted({one.stratum for one in seen})
    arms = {one.arm for one in seen}
    policy = _learned(learned, strata, asked) if asked in (LEARNED, BEST) else policy_of(asked, arms, strata)
    return step, goal, after, evaluate(seen, policy)


def of_file(path: Path, arm: str, propensity: str, outcome: str, by: Sequence[str], asked: str) -> Evaluated:
    """Judge a policy by a log from elsewhere, a row per decision, in Parquet or CSV.

    Args:
        path: the file.
        arm: the column of what was shown.
        propensity: the column of the probability with which it was.
        outcome: the column of what that earned, a number.
        by: columns of what was known before; the policy is the same for all, the reward need not be.
        asked: 'equal' (over the arms that occur), an arm, or shares.

    Raises:
        InputError: the file or a column is not there, a propensity is no probability, or something is empty.
    """
    seen = [Seen(*row) for row in read_log(path, arm, propensity, outcome, by)]
    if not seen:
        raise wrong("the log has no rows", str(path))
    if asked in (LEARNED, BEST):
        raise wrong(f"nothing was learned from a log: '{asked}' is no policy here", "--policy", "Write equal, an arm, or shares.")
    return evaluate(seen, policy_of(asked, {one.arm for one in seen}, sorted({one.stratum for one in seen})))


def policy_of(asked: str, arms: Iterable[str], strata: Iterable[str]) -> Shares:
    """A policy as somebody writes it.

    Raises:
        InputError: an arm is unknown, or shares do not come to 100 %.
    """
    known = sorted(arms)
    if asked == EQUAL:
        shares = dict.fromkeys(known, 1 / len(known)) if known else {}
    elif "=" in asked:
        shares = dict(_share(part) for part in asked.split(","))
        if abs(sum(shares.values()) - 1) > 1e-6:
            raise wrong(f"the shares come to {sum(shares.values()):.1%}, not to 100 %", "--policy")
    else:
        shares = {asked: 1.0}
    for name in shares:
        if name not in known:
            raise wrong(f"no exposure had the arm '{name}'", "--policy", did_you_mean(name, known))
    return {stratum: {arm: shares.get(arm, 0.0) for arm in known} for stratum in strata}


def evaluate(seen: Sequence[Seen], policy: Shares) -> Evaluated:
    """What a policy would have earned, by the log of the one that ran."""
    logged: dict[tuple[str, str, int], Logged] = defaultdict(Logged)
    for one in seen:
        w = policy[one.stratum].get(one.arm, 0.0) / one.propensity
        logged[one.stratum, one.arm, one.fold] += Logged(
            one.n, one.r, one.r2, w * one.n, w * w * one.n, w * one.r, w * w * one.r, w * w * one.r2, w if one.n else 0.0
        )
    for stratum, shares in policy.items():
        for arm in shares:
            logged[stratum, arm, 0] += Logged()
    cells = [
        Cell(stratum, arm, policy[stratum].get(arm, 0.0), sums, fold) for (stratum, arm, fold), sums in sorted(logged.items())
    ]
    found = support(cells)
    why = refused(found)
    return Evaluated(
        policy,
        found,
        why.reason if why else "",
        _played(seen),
        {
            "doubly robust": fixed(doubly_robust(cells)),
            "snips": fixed(snips(cells)),
            "ips": fixed(ips(cells)),
            "direct": fixed(direct(cells)),
        },
    )


def _played(seen: Sequence[Seen]) -> Effect:
    """What the policy that ran earned: every row with weight 1."""
    alike = sum((Logged(one.n, one.r, one.r2, one.n, one.n, one.r, one.r, one.r2, 1.0) for one in seen), Logged())
    return fixed(ips([Cell(ANY, ANY, 1.0, alike)]))


def _experiment(file: PublishedFile, journey: str, step: str | None, goal: str | None) -> tuple[str, str]:
    rows = file.ask("experiments", journey=journey)
    if not rows:
        hint = "Outcomes count once the goal's time has passed; tonglu learned shows what there is."
        raise wrong(f"no arm of '{journey}' has shown anything yet", "JOURNEY", hint)
    steps = list(dict.fromkeys(row["step"] for row in rows))
    if step is None and len(steps) > 1:
        raise wrong(f"'{journey}' draws arms at several steps", "--step", f"Name one: {', '.join(steps)}.")
    found = step or steps[0]
    if found not in steps:
        raise wrong(f"no arm was drawn at a step '{found}'", "--step", did_you_mean(found, steps))
    goals = [row["goal"] for row in rows if row["step"] == found]
    if goal is not None and goal not in goals:
        raise wrong(f"'{journey}' has no goal '{goal}'", "--goal", did_you_mean(goal, goals))
    return found, goal or goals[0]


def _halfway(known: Mapping[int, int], rows: Sequence[Mapping[str, int]]) -> int:
    """The run that had learned from as much as was drawn after it, or nearly: so that both are worth something."""

    def worth(run_no: int) -> int:
        return min(known[run_no], sum(row["n"] for row in rows if row["batch"] > run_no))

    return max(known, key=worth, default=0)


def _of_journey(row: Mapping[str, Any], *, value: bool) -> Seen:
    r, r2 = (row["v"] / FEN, row["v2"] / FEN**2) if value else (row["y"], row["y"])
    return Seen(row["stratum"], row["arm"], row["propensity"], row["batch"] % FOLDS, row["n"], r, r2)


def _learned(rows: Sequence[Mapping[str, Any]], strata: Iterable[str], asked: str) -> Shares:
    """What a run had learned: the shares that it set ('learned'), or all to the arm that is likeliest to be the best ('best')."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        found[row["stratum"]][row["arm"]] = row["p_best" if asked == BEST else "propensity"]
    policy = {}
    for stratum in strata:
        shares = found.get(stratum, found[ANY])
        if asked == BEST:
            first = max(shares, key=lambda arm: shares[arm])
            shares = {arm: float(arm == first) for arm in shares}
        policy[stratum] = shares
    return policy


def _share(part: str) -> tuple[str, float]:
    name, _, number = part.partition("=")
    try:
        share = parse_share(number)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise wrong(f"'{part}' is no arm with its share", "--policy", "Write it like warm=70%,plain=30%.")
    return name.strip(), share
