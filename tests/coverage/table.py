"""The tables: how often intervals cover the truth, and how often A/A campaigns reject, each cell with its verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests
from tests.coverage.campaigns import KINDS, UPLIFT, Setting
from tests.coverage.lab import Lab

LEVEL = 0.95
NEAR = (0.94, 0.96)
"""Between these lies the coverage of all settings together."""
ALARM = 0.001
"""Chance of one false verdict or more in a whole table."""
FEW = 30
"""Below so many conversions in an arm an interval may cover more than it says."""
AT_ONCE = 1_000_000
"""Entries that one warehouse holds at a time."""
MOST = 2_000_000
"""Entries of one setting, all campaigns together."""
YUAN = 100
"""What a conversion is worth on average."""
SIZES = (
    (0.002, 2_000, 0.5), (0.002, 40_000, 0.5), (0.01, 1_000, 0.5), (0.01, 8_000, 0.5),
    (0.05, 400, 0.5), (0.05, 4_000, 0.25), (0.3, 100, 0.5), (0.3, 2_000, 0.1),
)  # fmt: skip
"""Base rate, entries, holdout: of each rate a small campaign and a large one."""
SETTINGS = tuple(Setting(kind, *size) for kind in KINDS for size in SIZES)
MEASURED = """
    SELECT fixed_low, fixed_high, lift_low, lift_high, value_low, value_high, variance_ratio FROM tonglu.lift
    WHERE run_no = (SELECT max(run_no) FROM tonglu.lift) ORDER BY journey
"""


@dataclass(frozen=True)
class Counted:
    """How often something happened, and the rate at which it should: exactly, at least ('greater' rates are welcome) or at most."""

    times: int
    of: int
    rate: float
    welcome: str = ""

    @property
    def share(self) -> float:
        """NaN where nothing was shown."""
        return self.times / self.of if self.of else float("nan")

    def told(self, out: bool) -> str:
        """As the table has it; marked where it is off."""
        return f"{self.share:8.2%}{'!' if out else ' '}" if self.of else "  nothing"

    @property
    def p_value(self) -> float:
        """Of the rate, against being off on the side that is not welcome; 1 where nothing was shown."""
        if not self.of:
            return 1.0
        against = {"": "two-sided", "more": "less", "fewer": "greater"}[self.welcome]
        return float(binomtest(self.times, self.of, self.rate, alternative=against).pvalue)


@dataclass(frozen=True)
class Covered:
    """A setting's campaigns: how many showed an interval, and how often it covered the truth."""

    setting: Setting
    campaigns: int
    once: Counted
    always: Counted
    value: Counted
    variance_ratio: float | None

    @property
    def cells(self) -> tuple[Counted, ...]:
        return self.once, self.always, self.value


def failing(cells: Sequence[Counted]) -> list[bool]:
    """Which cells chance does not explain, all held together (Holm)."""
    return [bool(out) for out in multipletests([cell.p_value for cell in cells], alpha=ALARM, method="holm")[0]]


def covered(lab: Lab, setting: Setting, campaigns: int, chance: np.random.Generator) -> Covered:
    """Play campaigns of one setting, some at a time, and see what their intervals cover."""
    rows = [row for some in _batches(campaigns, setting.size) for row in _measured(lab, setting, some, chance)]
    truths = (setting.lift, setting.lift, YUAN * setting.lift)
    few = setting.conversions < FEW
    found = []
    for place, (truth, welcome) in enumerate(zip(truths, ("more" if few else "", "more", "more"), strict=True)):
        shown = [(row[2 * place], row[2 * place + 1]) for row in rows if row[2 * place] is not None]
        found.append(Counted(sum(low <= truth <= high for low, high in shown), len(shown), LEVEL, welcome))
    ratios = [row[6] for row in rows if row[6] is not None]
    return Covered(setting, campaigns, *found, float(np.mean(ratios)) if ratios else None)


def _measured(lab: Lab, setting: Setting, campaigns: int, chance: np.random.Generator) -> list[tuple[float | None, ...]]:
    lab.open(campaigns, setting.holdout)
    lab.enter(setting.made(chance, campaigns, uplift=UPLIFT))
    lab.pass_day()
    lab.look()
    return lab.warehouse.fetch(MEASURED)


def alone(setting: Setting, campaigns: int, seed: Sequence[int]) -> Covered:
    """The same in a warehouse of its own; of large campaigns fewer are played than are asked for."""
    with Lab(threads=1) as lab:
        return covered(lab, setting, max(1, min(campaigns, MOST // setting.size)), np.random.default_rng(seed))


def _batches(campaigns: int, size: int) -> Iterator[int]:
    most = max(1, AT_ONCE // size)
    while campaigns > 0:
        yield min(most, campaigns)
        campaigns -= most


def together(rows: Sequence[Covered]) -> list[tuple[str, Counted]]:
    """Coverage for one look over all settings with enough conversions, and over the others."""
    found = []
    for name, some in (("enough conversions", False), ("few conversions", True)):
        cells = [row.once for row in rows if (row.setting.conversions < FEW) is some]
        found.append(
            (name, Counted(sum(one.times for one in cells), sum(one.of for one in cells), LEVEL, "more" if some else ""))
        )
    return found


def told(rows: Sequence[Covered]) -> tuple[str, bool]:
    """The table as text, and whether every cell holds."""
    verdicts = iter(failing([cell for row in rows for cell in row.cells]))
    numbers = f"{'rate':>6} {'entries':>8} {'conv.':>6} {'played':>7} {'shown':>6}"
    head = f"{'campaigns':16} {numbers} {'one look':>9} {'always':>9} {'value':>9} {'variance':>9}"
    lines, good = [head, "-" * len(head)], True
    for row in rows:
        one, marks = row.setting, [next(verdicts) for _ in row.cells]
        good = good and not any(marks) and row.once.of > 0
        shares = [cell.told(out) for cell, out in zip(row.cells, marks, strict=True)]
        ratio = f"{row.variance_ratio:9.3f}" if row.variance_ratio else " " * 9
        numbers = f"{one.rate:6.1%} {one.size:8,} {one.conversions:6.0f} {row.campaigns:7,} {row.once.of:6,}"
        lines.append(f"{one.kind:16} {numbers} {' '.join(shares)} {ratio}")
    for name, cell in together(rows):
        lines.append(f"one look, {name}: {cell.times:,} of {cell.of:,} intervals cover the truth, {cell.share:.2%}")
        good = good and (cell.share >= NEAR[0] and (cell.welcome == "more" or cell.share <= NEAR[1]))
    return "\n".join(lines), good
