"""What every gate declares.

A gate reads the temporary table `proposal` (one row per proposal of the run, `outcome` NULL while it is still in the chain)
and adds to `stopped(proposal_no, reason, detail, outcome)` those that it stops. It may fill in `channel` or `not_before`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.language.hours import Days
from tonglu.language.message import Product
from tonglu.language.policy import Policy


@dataclass(frozen=True)
class OwnCondition:
    """The condition of a touch, as SQL over the customer at hand.

    Attributes:
        step_key: the touch.
        condition: whether it holds.
        parts: what it is made of when `and` joins it, each as it is written.
        reads: the values that it reads, each as it is written.
    """

    step_key: int
    condition: exp.Expression
    parts: tuple[tuple[str, exp.Expression], ...] = ()
    reads: tuple[tuple[str, exp.Expression], ...] = ()


@dataclass(frozen=True)
class Chain:
    """What a gate may look at: the warehouse, the run's instant, the policy, the touches' own conditions, which days are worked,
    the products that touches are about, by step key, and what a touch of each channel costs (fen)."""

    warehouse: Warehouse
    run_no: int
    as_of: datetime
    zone: ZoneInfo
    policy: Policy
    conditions: tuple["OwnCondition", ...]
    days: Days
    products: Mapping[int, Product] = field(default_factory=dict)
    costs: Mapping[str, int] = field(default_factory=dict)

    def skipping(self, gate: str) -> list[str]:
        """The purposes whose touches skip a gate, as policy names them."""
        return sorted(name for name, purpose in self.policy.purposes.items() if gate in purpose.skips)


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes:
        name: how decisions and policy name it.
        order: its place in the chain.
        title: for people, Chinese and English.
        reasons: every reason it can give, with what it says to people.
        judges_ghosts: whether controls pass it too; gates that depend on competition do not judge them.
        apply: fills `stopped` and what else the gate decides.
    """

    name: str
    order: int
    title: str
    reasons: dict[str, str]
    judges_ghosts: bool
    apply: Callable[[Chain], None]
