"""Made campaigns in one warehouse, each a journey of its own, measured by the engine's own stage.

Made are the customers: whether each would reach the goal with and without touches, and what it would be worth. The engine does the rest:
its draw decides who is held out, its SQL counts, its statistics tell.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from tonglu.compile.program import Program
from tonglu.language.policy import Measurement, Policy
from tonglu.stages.measure import measure
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.schema import migrate

START = datetime(2026, 3, 2, 2)
DAY = timedelta(days=1)
WINDOW_US = 86_400_000_000
FILLED = (
    "version", "entry", "conversion", "baseline", "horizon", "goal", "drawn", "measured", "measured_by", "lift", "trust",
)  # fmt: skip
LAUNCH = """
    INSERT INTO journey_now BY NAME SELECT $name || c AS journey, c AS version_no, $holdout AS holdout FROM range($count) AS r(c);
    INSERT INTO tonglu.version BY NAME SELECT c AS version_no, $name || c AS journey, 'service' AS purpose FROM range($count) AS r(c);
    INSERT INTO tonglu.goal SELECT c, 0, 'paid', 'paid', $window, 0, 'primary', NULL FROM range($count) AS r(c);
    INSERT INTO tonglu.horizon SELECT c, 0, $window FROM range($count) AS r(c)
"""
ENTER = """
    INSERT INTO tonglu.entry
    SELECT $last + m.nth, j.journey, j.version_no, $last + m.nth, '', 1,
        CASE WHEN draw('holdout', j.journey, coalesce(m.unit, $last + m.nth)) < j.holdout THEN 'holdout' ELSE 'treated' END,
        coalesce('employer ' || m.unit, ($last + m.nth)::VARCHAR), $run_no, $as_of, $as_of
    FROM made AS m JOIN journey_now AS j ON j.version_no = m.campaign;
    INSERT INTO tonglu.baseline SELECT $last + m.nth, coalesce(m.stratum::VARCHAR, ''), [m.x], []::BIGINT[] FROM made AS m WHERE m.asks
"""
CONVERT = """
    INSERT INTO tonglu.conversion
    SELECT $run_no + 1, e.entry_id, 0, 'e' || e.entry_id, e.assigned_at + INTERVAL 1 HOUR, m.worth
    FROM made AS m JOIN tonglu.entry AS e ON e.entry_id = $last + m.nth
    WHERE m.touched AND (e.assignment = 'treated' OR m.untouched)
"""
LAST = "SELECT coalesce(max(entry_id), 0) FROM tonglu.entry"


@dataclass(frozen=True)
class People:
    """Customers of many campaigns, in columns: their campaign, what they would do, what is known of them, with whom they are assigned.

    Whoever converts untouched does so when touched too.
    """

    campaign: np.ndarray
    touched: np.ndarray
    untouched: np.ndarray
    worth: np.ndarray
    unit: np.ndarray | None = None
    stratum: np.ndarray | None = None
    x: np.ma.MaskedArray | None = None

    def table(self) -> pa.Table:
        n = len(self.campaign)
        none = pa.nulls(n, pa.int64())
        return pa.table(
            {
                "nth": np.arange(1, n + 1),
                "campaign": self.campaign.astype(np.int32),
                "unit": none if self.unit is None else self.unit,
                "touched": self.touched,
                "untouched": self.untouched,
                "worth": self.worth,
                "stratum": none if self.stratum is None else self.stratum,
                "x": none if self.x is None else pa.array(self.x.data, mask=self.x.mask),
                "asks": np.full(n, self.stratum is not None or self.x is not None),
            }
        )


class Lab:
    """A warehouse with nothing but campaigns in it."""

    def __init__(self, *, threads: int | None = None) -> None:
        self.warehouse = DuckDBWarehouse(":memory:", threads=threads)
        migrate(self.warehouse)
        self.program = Program((), Policy(measurement=Measurement()))
        self.day = self.opened = 0

    def open(self, campaigns: int, holdout: float) -> None:
        """Launch so many campaigns, each with this holdout, in an empty warehouse.

        They draw other customers each time, for no journey is called like one before it.
        """
        for name in FILLED:
            self.warehouse.execute(f"TRUNCATE tonglu.{name}")
        self.day = 0
        self.warehouse.run("enrol/begin")
        self.warehouse.execute(LAUNCH, name=f"campaign {self.opened}.", count=campaigns, holdout=holdout, window=WINDOW_US)
        self.opened += 1

    def enter(self, people: People) -> None:
        """A day on which these people enter; what they would do, they do within the hour."""
        self._give()
        self.warehouse.connection.register("made", people.table())
        [(last,)] = self.warehouse.fetch(LAST)
        self.warehouse.execute(ENTER, last=last)
        self.warehouse.execute(CONVERT, last=last)
        self.warehouse.connection.unregister("made")

    def look(self) -> None:
        """The measure stage at the end of the day."""
        self._give()
        with self.warehouse.transaction():
            measure(self.warehouse, self.program)

    def pass_day(self) -> None:
        """To the next day."""
        self.day += 1

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *error: object) -> None:
        self.warehouse.close()

    def _give(self) -> None:
        now = START + self.day * DAY
        self.warehouse.give(run_no=self.day + 1, as_of=now, previous_as_of=now - DAY)
