"""A/A campaigns watched daily: touches change nothing, and somebody looks every day and stops at the first sign of an effect."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tests.coverage.campaigns import Setting
from tests.coverage.lab import Lab
from tests.coverage.table import Counted, failing

from tonglu.stats.ratio_mismatch import ALARM as MISMATCH

DAYS = 60
ALPHA = 0.05
PEEKING = 0.10
"""What looking daily at one-look intervals rejects, at the least: had it been less, these looks would be no trial."""
SETTINGS = (Setting("plain", 0.02, 40, 0.5), Setting("plain", 0.3, 20, 0.2), Setting("cuped, strata", 0.1, 30, 0.3))
"""Entries are those of a day."""
EVER = """
    SELECT journey, bool_or(coalesce(p_value < $alpha, FALSE)), bool_or(coalesce(lift_low > 0 OR lift_high < 0, FALSE)),
        bool_or(coalesce(value_low > 0 OR value_high < 0, FALSE)), bool_or(coalesce(fixed_low > 0 OR fixed_high < 0, FALSE))
    FROM tonglu.lift GROUP BY journey
"""
ALARMED = "SELECT count(DISTINCT journey) FROM tonglu.trust WHERE broken"
LOOKED = "SELECT count(DISTINCT journey) FROM tonglu.trust WHERE starts_with(about, 'assignment')"


@dataclass(frozen=True)
class Watched:
    """How many campaigns of a setting ever rejected, by what was looked at."""

    setting: Setting
    campaigns: int
    p_value: Counted
    shown: Counted
    value: Counted
    mismatch: Counted
    peeking: int

    @property
    def cells(self) -> tuple[Counted, ...]:
        return self.p_value, self.shown, self.value, self.mismatch


def watched(lab: Lab, setting: Setting, campaigns: int, chance: np.random.Generator, days: int = DAYS) -> Watched:
    """Play A/A campaigns day by day, with a look at the end of each."""
    lab.open(campaigns, setting.holdout)
    for _ in range(days):
        lab.enter(setting.made(chance, campaigns, uplift=0.0))
        lab.look()
        lab.pass_day()
    lab.look()
    ever = lab.warehouse.fetch(EVER, alpha=ALPHA)
    assert len(ever) == campaigns
    p_value, shown, value, peeking = (sum(row[place] for row in ever) for place in range(1, 5))
    [(alarmed,)], [(looked,)] = lab.warehouse.fetch(ALARMED), lab.warehouse.fetch(LOOKED)
    return Watched(
        setting,
        campaigns,
        Counted(p_value, campaigns, ALPHA, "fewer"),
        Counted(shown, campaigns, ALPHA, "fewer"),
        Counted(value, campaigns, ALPHA, "fewer"),
        Counted(alarmed, looked, MISMATCH, "fewer"),
        peeking,
    )


def alone(setting: Setting, campaigns: int, seed: Sequence[int], days: int = DAYS) -> Watched:
    """The same in a warehouse of its own."""
    with Lab(threads=1) as lab:
        return watched(lab, setting, campaigns, np.random.default_rng(seed), days)


def told(rows: Sequence[Watched]) -> tuple[str, bool]:
    """The table as text, and whether every cell holds."""
    verdicts = iter(failing([cell for row in rows for cell in row.cells]))
    head = f"{'A/A campaigns':16} {'rate':>6} {'a day':>6} {'played':>7} {'p value':>9} {'interval':>9} {'value':>9} {'mismatch':>9} {'peeking':>9}"
    lines, good = [head, "-" * len(head)], True
    for row in rows:
        one, marks = row.setting, [next(verdicts) for _ in row.cells]
        good = good and not any(marks) and all(cell.of for cell in row.cells) and row.peeking > PEEKING * row.campaigns
        shares = [cell.told(out) for cell, out in zip(row.cells, marks, strict=True)]
        lines.append(
            f"{one.kind:16} {one.rate:6.1%} {one.size:6,} {row.campaigns:7,} {' '.join(shares)} {row.peeking / row.campaigns:9.2%}"
        )
    return "\n".join(lines), good
