"""Effects on all who were assigned, and on those who would have been touched (Johnson, Lewis, Nubbemeyer 2017).

Controls walk the journey too, and gates that do not depend on competition are evaluated for them: a ghost decision says that this
control would have been touched. So the touched have their counterpart, and those whom no gate let through are a placebo.
"""

from __future__ import annotations

from dataclasses import dataclass

from tonglu.stats.balance import acted_too_early
from tonglu.stats.difference import compare_ratios
from tonglu.stats.estimate import Estimated, Withheld
from tonglu.stats.sufficient import Clusters

ASSIGNED = "on all assigned (intention to treat)"
WOULD_BE_TOUCHED = "on those who would have been touched"


@dataclass(frozen=True, slots=True)
class Side:
    """One arm: the units that were touched (for controls: by a ghost), and the others. Units that are their own cluster are clusters of one."""

    touched: Clusters
    untouched: Clusters

    def __add__(self, other: Side) -> Side:
        return Side(self.touched + other.touched, self.untouched + other.untouched)

    @property
    def assigned(self) -> Clusters:
        """All units of the arm. A cluster with units of both kinds counts as two, so this is for units that are their own cluster."""
        return self.touched + self.untouched


@dataclass(frozen=True, slots=True)
class Labelled:
    """An effect and whom it is on."""

    label: str
    effect: Estimated


def effects(treated: Side, control: Side) -> tuple[Labelled, Labelled]:
    """The effect on all assigned, first, and the one on those who would have been touched."""
    return (
        Labelled(ASSIGNED, compare_ratios(treated.assigned, control.assigned)),
        Labelled(WOULD_BE_TOUCHED, compare_ratios(treated.touched, control.touched)),
    )


def ghosts_differ(treated: Side, control: Side) -> Withheld | None:
    """Why the effect on the touched is refused: those whom no gate let through differ too, so ghosts are not the touched's like."""
    if acted_too_early(compare_ratios(treated.untouched, control.untouched)) is None:
        return None
    return Withheld("those who were not touched differ between the arms: ghost decisions do not match real ones")
