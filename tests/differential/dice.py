"""What all that makes cases has in common: chance from a seed, the names of the case, and what its journeys ask for."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from tests.differential import phrases
from tests.differential.facts import Delivery, Event, Lever
from tests.differential.phrases import DURATIONS, length

HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
NOW = timedelta(0)


@dataclass(frozen=True)
class Frame:
    """What the cases of a batch share. Before the runs of `edits` journeys may be written anew; `switches` and `levers` are of what all cases share.

    With `products` touches may offer them, and the policy has rules of suitability; see `making_rules`. A `contested` batch has
    policies of competition; see `making_contests`.
    """

    runs: tuple[datetime, ...]
    policy: dict[str, Any]
    edits: tuple[int, ...] = ()
    switches: tuple[tuple[int, str, str], ...] = ()
    products: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    risk: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    deliveries: tuple[Delivery, ...] = ()
    levers: tuple[Lever, ...] = ()
    contested: bool = False


@dataclass
class Dice:
    """Chance, and what the lives of a case must know of its journeys.

    Attributes:
        spans: the lengths that they speak of.
        asked: the events that they count, with the time that they look back.
        touches: the journeys and steps that a receipt may be of.
    """

    DURATIONS: ClassVar[Sequence[str]] = DURATIONS

    rng: random.Random
    number: int
    frame: Frame
    spans: list[timedelta] = field(default_factory=list)
    asked: list[tuple[str, timedelta]] = field(default_factory=list)
    touches: list[tuple[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    notes: bool = False
    pushy: bool = False
    letter: str = "s"
    purpose: str = "marketing"

    @property
    def prefix(self) -> str:
        """What the names of the case begin with."""
        return f"c{self.number:05d}_"

    @property
    def segments(self) -> tuple[str, ...]:
        """The case's segments."""
        return (f"{self.prefix}s", f"{self.prefix}t")

    def likely(self, chance: float) -> bool:
        """True as often as said."""
        return self.rng.random() < chance

    def of(self, *choices: Any) -> Any:
        """One of several."""
        return self.rng.choice(choices)

    def ways(self, later: Sequence[str]) -> list[str]:
        """Two or three of the steps that come later."""
        return self.rng.sample(list(later), min(len(later), self.of(2, 2, 3)))

    def span(self) -> str:
        """A length of time, kept for the events to come."""
        words = self.rng.choice(self.DURATIONS)
        self.spans.append(length(words))
        return words

    def condition(self) -> str:
        """A condition on a customer; its lengths and what it counts are kept too."""
        words = phrases.customer(self.rng, self.segments, notes=self.notes)
        self.spans += [length(one) for one in DURATIONS if one in words]
        self.asked += phrases.counted(words)
        return words
