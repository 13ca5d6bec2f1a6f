"""What was scarce: each limit of capacity and budget with its use and what more of it would be worth, for terminal and report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tonglu.core.clock import show_instant
from tonglu.render.published import Published, read
from tonglu.render.sheet import Column, Sheet

TIGHTEST = 30


@dataclass(frozen=True, slots=True)
class LimitUse:
    """One limit in one unit and period, after a run. Budgets are yuan, capacities touches; `shadow_price` is yuan per one of these."""

    run_no: int
    as_of: datetime
    limit_name: str
    gate: str
    channel: str | None
    journey: str | None
    purpose: str | None
    unit_kind: str | None
    unit: str
    period: str
    starts: datetime
    ends: datetime
    at_most: float
    used_before: float
    used: float
    left_out: int
    shadow_price: float | None

    @property
    def share(self) -> float:
        """The part of it that is used, 1 where nothing was allowed."""
        return float(self.used) / float(self.at_most) if self.at_most else 1.0

    @property
    def worth(self) -> str:
        """What one more of it would be worth, in words; empty where there is room."""
        if not self.shadow_price:
            return ""
        what = "yuan" if self.gate == "budget" else self.channel or "touch"
        where = f" in {self.unit}" if ":" in self.unit else f" in {self.unit_kind} {self.unit}" if self.unit else ""
        return f"one more {what}{where} is worth {self.shadow_price:,.2f} yuan"


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the allocation of one priority group was."""

    run_no: int
    as_of: datetime
    priority: int
    proposals: int
    placed: int
    value_reached: float
    value_bound: float
    gap: float
    method: str


USES = """
    SELECT run_no, as_of, limit_name, gate, channel, journey, purpose, unit_kind, unit, period, starts, ends, at_most, used_before, used,
        left_out, shadow_price
    FROM limits WHERE run_no = (SELECT max(run_no) FROM limits)
    ORDER BY coalesce(shadow_price, 0) DESC, used / greatest(at_most, 1) DESC, limit_name, unit, starts
"""
QUALITIES = """
    SELECT run_no, as_of, priority, proposals, placed, value_reached, value_bound, gap, method
    FROM allocations WHERE run_no = (SELECT max(run_no) FROM limits) ORDER BY priority
"""


def newest_uses(published: Published) -> list[LimitUse]:
    """Every limit in the last run in which anything competed, the scarcest first."""
    return read(published, USES, LimitUse)


def newest_qualities(published: Published) -> list[Quality]:
    """How good the allocation of that run was."""
    return read(published, QUALITIES, Quality)


def limits_sheet(uses: Sequence[LimitUse], zone: ZoneInfo) -> Sheet:
    """The table of limits."""
    columns = (
        Column("限额 limit"),
        Column("unit"),
        Column("from", need=2),
        Column("used", "right"),
        Column("at most", "right"),
        Column("share", "right", 1),
        Column("left out", "right"),
        Column("shadow price"),
    )
    rows = [
        (
            one.limit_name,
            one.unit,
            show_instant(one.starts, zone),
            amount(one, one.used),
            amount(one, one.at_most),
            f"{one.share:.0%}",
            f"{one.left_out:,}",
            one.worth,
        )
        for one in uses
    ]
    about = f", run {uses[0].run_no}" if uses else ""
    return Sheet(f"容量与预算 capacity and budget{about}", columns, rows, empty="no run came to a limit")


def group_name(priority: int, groups: Sequence[str]) -> str:
    """The name of a priority group by its place in the policy; the last place is that of journeys without a group."""
    return groups[priority] if priority < len(groups) else "no group" if groups else "all"


def quality_sheet(qualities: Iterable[Quality], groups: Sequence[str]) -> Sheet:
    """The table of priority groups, `groups` by name in the policy's order."""
    columns = (
        Column("优先级 priority group"),
        Column("proposals", "right"),
        Column("placed", "right"),
        Column("value, yuan", "right"),
        Column("bound, yuan", "right"),
        Column("gap", "right"),
        Column("method", need=1),
    )
    rows = [
        (
            group_name(one.priority, groups),
            f"{one.proposals:,}",
            f"{one.placed:,}",
            f"{one.value_reached:,.2f}",
            f"{one.value_bound:,.2f}",
            f"{one.gap:.4%}",
            one.method,
        )
        for one in qualities
    ]
    return Sheet("分配 allocation", columns, rows, empty="nothing was allocated")


def amount(use: LimitUse, number: float) -> str:
    """Touches as a whole number, money with two decimals."""
    return f"{number:,.2f} yuan" if use.gate == "budget" else f"{number:,.0f}"
