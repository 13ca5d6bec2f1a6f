"""Backtest: past days played with the definitions of today and all gates on, in a scratch warehouse that begins empty.

The facts are those that have landed, each from the instant at which it occurred; opt-outs and receipts of touches that were never made are
not among them, and neither is what such touches would have changed. So a backtest tells of audiences, touches and reasons, never of lift.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tonglu.app.definitions import Definitions
from tonglu.app.dry import play_without_effects, scratch_copy
from tonglu.app.fairness import keep_seen
from tonglu.app.workplace import Workplace
from tonglu.settings import Settings

ONE_DAY = timedelta(days=1)
ENTRIES = "SELECT journey, strftime(bank_clock(assigned_at), '%Y-%m'), count(*) FROM tonglu.entry GROUP BY ALL"
TOUCHES = "SELECT journey, strftime(bank_clock(decided_at), '%Y-%m'), channel, count(*) FROM tonglu.touch GROUP BY ALL"
REASONS = """
    SELECT d.journey, strftime(bank_clock(r.as_of), '%Y-%m'), d.outcome, coalesce(d.gate, ''), d.reason, count(*)
    FROM tonglu.decision AS d JOIN tonglu.run AS r USING (run_no) WHERE d.outcome <> 'sent' GROUP BY ALL
"""


@dataclass(frozen=True)
class Backtest:
    """What the definitions of today would have done.

    Attributes:
        runs: how many runs were played.
        entries: by journey and month.
        touches: by journey, month and channel.
        refused: by journey, month, outcome, gate and reason.
    """

    runs: int
    entries: Counter[tuple[str, ...]] = field(default_factory=Counter)
    touches: Counter[tuple[str, ...]] = field(default_factory=Counter)
    refused: Counter[tuple[str, ...]] = field(default_factory=Counter)


def backtest(
    root: Path,
    definitions: Definitions,
    first: datetime,
    last: datetime,
    settings: Settings | None = None,
    on_run: Callable[[datetime], None] = lambda as_of: None,
) -> Backtest:
    """Play a run a day from the first instant to the last, both included.

    Raises:
        InputError: the definitions or what has landed cannot be used.
        CheckFailed: data broke a contract that blocks.
    """
    with scratch_copy(root, definitions, with_state=False) as scratch:
        place = Workplace(scratch, settings)
        try:
            runs, as_of = 0, first
            while as_of <= last:
                play_without_effects(place, as_of)
                on_run(as_of)
                runs, as_of = runs + 1, as_of + ONE_DAY
            if runs:
                keep_seen(place, definitions.path("mailroom"), definitions.journey_hashes(), "backtest")
            return Backtest(runs, *(_counted(place, statement) for statement in (ENTRIES, TOUCHES, REASONS)))
        finally:
            place.close()


def _counted(place: Workplace, statement: str) -> Counter[tuple[str, ...]]:
    return Counter({tuple(map(str, key)): count for *key, count in place.warehouse.fetch(statement)})
