"""What runs: definitions compiled to numbers and conditions. Nothing here knows of files; the stages know of nothing else."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from pydantic import BaseModel
from sqlglot import exp

from tonglu.language.journey import JourneyFile
from tonglu.language.policy import Policy
from tonglu.steps import CompiledStep


@dataclass(frozen=True)
class Definition:
    """A journey as it is pinned: header and steps without their file. `text` is what the warehouse keeps to read it again;
    `hash` covers journey and messages, so that an edit of either makes a new version."""

    header: JourneyFile
    steps: tuple[tuple[str, str, BaseModel], ...]
    text: str
    hash: str

    @property
    def name(self) -> str:
        """The journey's name."""
        return self.header.journey


GOAL = -1
"""The ordinal of an exit by reaching a goal: before every other."""


@dataclass(frozen=True)
class CompiledExit:
    """What ends an entry: `ordinal` breaks ties at one instant, the goal is the lowest."""

    ordinal: int
    reason: str
    event: str | None
    condition: exp.Expression


@dataclass(frozen=True)
class CompiledGoal:
    """A goal: its event with the filter as SQL, its window, its value in fen (of the event `e`, where the event says it).

    `horizons` are the times at which it is measured, the window last; `adjust` the attribute that foretells it; `anyone` the condition
    whatever entry the event may belong to.
    """

    number: int
    name: str
    event: str
    condition: exp.Expression
    window: timedelta
    value: int
    role: str = "primary"
    worth: exp.Expression | None = None
    horizons: tuple[timedelta, ...] = ()
    adjust: str | None = None
    expected: int | None = None
    anyone: exp.Expression | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class CompiledJourney:
    """One version of a journey as the engine runs it; `current` is the version that enrols."""

    version_no: int
    current: bool
    definition: Definition
    steps: tuple[CompiledStep, ...]
    exits: tuple[CompiledExit, ...]
    goals: tuple[CompiledGoal, ...]
    enter_where: exp.Expression | None
    enter_when: exp.Expression | None
    order: exp.Expression | None

    @property
    def name(self) -> str:
        """The journey's name."""
        return self.definition.name

    @property
    def header(self) -> JourneyFile:
        """What stands at the top of its file."""
        return self.definition.header


@dataclass(frozen=True)
class Program:
    """Everything that one run executes: every version that enrols or still has open entries, and the policy of this run.

    `context` are the policy's context weights, each with its condition on the customer.
    """

    journeys: tuple[CompiledJourney, ...]
    policy: Policy
    context: tuple[tuple[Decimal, exp.Expression], ...] = ()

    @property
    def steps(self) -> dict[int, CompiledStep]:
        """Every step by key."""
        return {step.key: step for journey in self.journeys for step in journey.steps}

    @property
    def current(self) -> tuple[CompiledJourney, ...]:
        """The versions that enrol."""
        return tuple(journey for journey in self.journeys if journey.current)
