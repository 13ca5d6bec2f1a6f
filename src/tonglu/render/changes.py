"""Why the next run changes: what was learned between the last two runs, of arms and of what touches are worth, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from tonglu.render.measures import Worth
from tonglu.render.published import Arm
from tonglu.render.scale import percent

LEAST_MOVE = 0.0005
"""Shares and probabilities that differ by less read the same."""


@dataclass(frozen=True, slots=True)
class ArmChange:
    """One arm: its share before and now, what matured in between (fewer where late facts or fading took it back), how it stands."""

    arm: str
    before: float | None
    now: float
    exposures: int
    conversions: int
    standing: str


@dataclass(frozen=True, slots=True)
class Change:
    """One experiment of one stratum, between two runs; `why` says in words what moved its shares."""

    journey: str
    step: str
    stratum: str
    run_no: int
    previous: int | None
    arms: tuple[ArmChange, ...]
    why: str


@dataclass(frozen=True, slots=True)
class WorthChange:
    """What touches of a journey are worth: P, V in yuan and their source, now and in the run before in which it proposed anything."""

    journey: str
    run_no: int
    p: float
    v: float
    source: str
    before_p: float | None
    before_v: float | None
    before_source: str
    why: str


def arm_changes(arms: Sequence[Arm]) -> list[Change]:
    """Every experiment of the last run that learned, beside the run before."""
    if not arms:
        return []
    last = max(one.run_no for one in arms)
    found = []
    ordered = sorted(arms, key=lambda one: (one.journey, one.step, one.stratum, one.run_no))
    for (journey, step, stratum), rows in groupby(ordered, key=lambda one: (one.journey, one.step, one.stratum)):
        by_run = {run: {one.arm: one for one in of_run} for run, of_run in groupby(rows, key=lambda one: one.run_no)}
        if last not in by_run:
            continue
        previous = max((run for run in by_run if run < last), default=None)
        then = by_run[previous] if previous is not None else {}
        changed = tuple(_arm(one, then.get(one.arm)) for one in by_run[last].values())
        found.append(Change(journey, step, stratum, last, previous, changed, _why(changed, previous)))
    return found


def worth_changes(worths: Iterable[Worth]) -> list[WorthChange]:
    """What touches of every journey are worth, beside what they were worth before."""
    found = []
    for journey, rows in groupby(worths, key=lambda one: one.journey):
        *earlier, now = rows
        was = next((one for one in reversed(earlier) if not _same(one, now)), earlier[-1] if earlier else None)
        why = _why_worth(was, now)
        found.append(
            WorthChange(
                journey,
                now.run_no,
                now.p,
                now.v,
                now.source,
                was.p if was else None,
                was.v if was else None,
                was.source if was else "",
                why,
            )
        )
    return found


def _arm(now: Arm, then: Arm | None) -> ArmChange:
    known = (then.n, then.conversions) if then is not None else (0, 0)
    before = then.propensity if then is not None else None
    return ArmChange(now.arm, before, now.propensity or 0.0, now.n - known[0], now.conversions - known[1], now.standing or "")


def _why(arms: Sequence[ArmChange], previous: int | None) -> str:
    """In words: what came in between, how that moved the shares, and how the arms stand."""
    nothing = next((one.standing for one in arms if one.standing not in ("", "leads", "winner", "breaks a guardrail")), "")
    if nothing:
        return f"nothing learned: {nothing}; the arms are drawn evenly"
    moved = [one for one in arms if one.before is not None and abs(one.now - one.before) >= LEAST_MOVE]
    came = [one for one in arms if one.exposures or one.conversions]
    if previous is None:
        told = "learned for the first time"
    elif came:
        told = ", ".join(f"{one.arm} {one.exposures:+,} matured ({one.conversions:+,} converted)" for one in came)
    else:
        told = "nothing new has matured"
    if previous is not None:
        if not moved:
            told += "; the shares stay"
        elif came:
            told += "; so " + _movement(moved)
        else:
            told += "; what was seen before fades: " + _movement(moved)
    for one in arms:
        if one.standing == "winner":
            told += f"; {one.arm} beats the others at any number of looks: winner"
        elif one.standing == "leads":
            told += f"; {one.arm} leads, not yet shown to win"
        elif one.standing:
            told += f"; {one.arm} {one.standing} and is not played"
    return told


def _movement(moved: Sequence[ArmChange]) -> str:
    return ", ".join(f"{one.arm} {percent(one.before or 0.0, 1)} to {percent(one.now, 1)}" for one in moved)


def _same(one: Worth, other: Worth) -> bool:
    return one.source == other.source and abs(one.p - other.p) < 1e-6 and abs(one.v - other.v) < 0.005


def _why_worth(was: Worth | None, now: Worth) -> str:
    """In words."""
    prior = now.source == "prior"
    source = "the journey's own prior: its lift cannot be told yet" if prior else f"the measured {now.source}"
    if was is None or _same(was, now):
        return f"{source}; unchanged"
    if was.source != now.source:
        return f"{source}; before run {now.run_no} {was.source} {percent(was.p, 2)}"
    return f"{source}; before {percent(was.p, 2)} x {was.v:,.2f} yuan"
