"""Power: before launch, how many days pass until the effect that matters can be seen, and what could be seen sooner."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, sqrt
from pathlib import Path

from tonglu.app.count import count
from tonglu.app.definitions import Definitions
from tonglu.app.inspect import published
from tonglu.core.errors import InputError, wrong
from tonglu.language.journey import Goal, Journey
from tonglu.settings import Settings
from tonglu.stats.power import controls_needed, detectable

HOLDOUTS = (0.05, 0.1, 0.2, 0.3, 0.5)
LOOKED_AT = (30, 60, 90, 180)
LONG = 180
"""A journey that needs more days than these is told so."""
ONE_DAY = timedelta(days=1)
OPTION, EXPECTED, MEASURED = "given", "expected in the journey", "measured of its controls"
ASSUMED, ASSUMED_SHARE = "assumed, a tenth of the rate; --lift gives another", 0.1


@dataclass(frozen=True)
class Sight:
    """What a holdout takes to see the lift: controls, customers in all, and days until the time of the last of them has passed (None: never)."""

    holdout: float
    controls: int
    customers: int
    days: int | None


@dataclass(frozen=True)
class Power:
    """What a journey can see of its first goal.

    Attributes:
        rate: of controls that reach the goal, 0 to 1, and where that is from.
        lift: the difference that matters, and where that is from.
        a_day: customers that enter on a day and are compared; None where that is not known.
        now: those who enter at once.
        within: days in which the goal counts.
        always: by the interval that holds at all looks, for the journey's holdout and others.
        once: by one look that is planned, for the journey's holdout.
        visible: the least lift that can be seen after so many days, with the journey's holdout.
        randomised_by: what is drawn, the customer or the employer.
    """

    journey: str
    goal: str
    rate: float
    rate_from: str
    lift: float
    lift_from: str
    a_day: float | None
    now: int
    within: float
    always: tuple[Sight, ...]
    once: Sight
    visible: tuple[tuple[int, float | None], ...]
    randomised_by: str

    @property
    def mine(self) -> Sight:
        """By the interval that holds at all looks, for the journey's holdout."""
        return next(one for one in self.always if one.holdout == self.once.holdout)


def power(
    root: Path,
    definitions: Definitions,
    journey: Journey,
    settings: Settings,
    *,
    rate: float | None = None,
    lift: float | None = None,
    a_day: float | None = None,
    design: float = 1.0,
    as_of: datetime | None = None,
) -> Power:
    """How long a journey takes to see a lift.

    Args:
        root: the project.
        definitions: what is written in it.
        journey: one of its journeys; no run need know it.
        settings: threads and memory.
        rate: what controls do; else what the goal expects, else what was measured.
        lift: the difference that matters; else what the goal expects, else a tenth of the rate.
        a_day: how many enter on a day; else counted, as `tonglu count` does.
        design: by how much clusters raise what is needed.
        as_of: an instant to come, for the count.

    Raises:
        InputError: the journey has no goal or no holdout, or a number is not known.
        Unavailable: a run has the warehouse at this moment.
    """
    header = journey.header
    goal = _goal(journey)
    known, known_from = _rate(root, definitions, journey.name, goal, rate)
    wanted, wanted_from = _lift(goal, known, lift)
    entering, now = (a_day, 0) if a_day is not None else _flow(root, definitions, journey, settings, as_of)
    within = goal.within / ONE_DAY

    def sight(share: float, *, always: bool) -> Sight:
        controls = controls_needed(known, wanted, share, always_valid=always, design=design)
        customers = ceil(controls / share)
        days = 0 if customers <= now else ceil((customers - now) / entering) if entering else None
        return Sight(share, controls, customers, None if days is None else days + ceil(within))

    def visible(day: int) -> float | None:
        controls = int((now + (entering or 0) * (day - within)) * header.holdout) if day > within else 0
        spread = sqrt(known * (1 - known) * design)
        return detectable(spread, controls, header.holdout, always_valid=True) if controls else None

    return Power(
        journey.name,
        goal.called,
        known,
        known_from,
        wanted,
        wanted_from,
        entering,
        now,
        within,
        tuple(sight(share, always=True) for share in sorted({*HOLDOUTS, header.holdout})),
        sight(header.holdout, always=False),
        tuple((day, visible(day)) for day in LOOKED_AT),
        header.randomise,
    )


def _goal(journey: Journey) -> Goal:
    """What the journey is judged by, if somebody is held out to judge it."""
    if not journey.header.all_goals:
        raise wrong(f"'{journey.name}' has no goal, so there is nothing to see", "JOURNEY")
    if not journey.header.holdout:
        hint = "Write a holdout, e.g. holdout: 10%."
        raise wrong(f"'{journey.name}' holds nobody out, so no effect can be seen", "JOURNEY", hint)
    return journey.header.all_goals[0]


def _lift(goal: Goal, rate: float, given: float | None) -> tuple[float, str]:
    """The difference that matters, and where that is from."""
    found, source = rate * ASSUMED_SHARE, ASSUMED
    if given is not None:
        found, source = given, OPTION
    elif goal.expect:
        found, source = goal.expect.lift, EXPECTED
    if not (0 < rate < 1 and 0 < rate + found < 1 and found):
        raise wrong(f"a rate of {rate:.2%} with a lift of {found:+.2%} cannot be", "--lift")
    return found, source


def _rate(root: Path, definitions: Definitions, journey: str, goal: Goal, given: float | None) -> tuple[float, str]:
    if given is not None:
        return given, OPTION
    if goal.expect:
        return goal.expect.rate, EXPECTED
    try:
        with published(root, definitions.project) as file:
            rows = [row for row in file.ask("lifts", journey=journey) if row["role"] == "primary" and row["n_control"]]
    except InputError:
        rows = []
    if not rows or not rows[0]["conversions_control"]:
        hint = "Give it, or write it in the goal: expect: {rate, lift, customers}."
        raise wrong("how many would reach the goal without touches is not known", "--rate", hint)
    return float(rows[0]["rate_control"]), MEASURED


def _flow(
    root: Path, definitions: Definitions, journey: Journey, settings: Settings, as_of: datetime | None
) -> tuple[float | None, int]:
    """Those who enter on a day and are compared, and those who would at once."""
    found = count(root, definitions, journey, settings, as_of=as_of).audience
    qualified = sum(found.qualified.values())
    compared = qualified - found.qualified.get("global_control", 0)
    enter = journey.header.enter
    daily = None if enter.enrolment == "current" else found.daily(compared)
    now = found.now * compared // qualified if qualified and enter.enrolment != "future" else 0
    limits = [float(limit.count) for limit in enter.limit if limit.per in ("run", "day")]
    if limits and now:  # those who wait enter little by little, and nobody needs to come new
        return min(limits), 0
    return (None if daily is None else min([daily, *limits])), now
