"""What the world remembers of the spans it has played: one folder of Parquet files per span in the hidden part."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tonglu.bank.calendar import SECOND
from tonglu.bank.chance import Ints

_EMPTY = pa.schema([("person", pa.int64()), ("goal", pa.string()), ("at", pa.int64())])


@dataclass(frozen=True)
class Happened:
    """Goals that came about: customer position and instant (microseconds)."""

    person: Ints
    at: Ints


class Played:
    """The spans played so far. A span is known by its start in microseconds; playing it again replaces it."""

    def __init__(self, hidden: Path) -> None:
        self._folder = hidden / "played"

    def starts(self, since: int, before: int) -> list[int]:
        """Starts of complete spans with since <= start < before, in order."""
        if not self._folder.exists():
            return []
        found = sorted(int(path.name) * SECOND for path in self._folder.iterdir() if path.name.isdigit())
        return [start for start in found if since <= start < before]

    def batches(self, before: int) -> set[str]:
        """Names of the batches that earlier spans received."""
        names: set[str] = set()
        for start in self.starts(0, before):
            names |= set(json.loads((self._span(start) / "span.json").read_text(encoding="utf-8"))["batches"])
        return names

    def keep(self, start: int, end: int, batches: list[str], touches: pa.Table, outcomes: dict[str, Happened]) -> None:
        """Store a span; it appears complete."""
        waiting = self._folder / f"{start // SECOND}.tmp"
        shutil.rmtree(waiting, ignore_errors=True)
        waiting.mkdir(parents=True)
        pq.write_table(touches, waiting / "touches.parquet", compression="zstd")
        rows = [pa.table({"person": h.person, "goal": pa.array([goal] * len(h.person), pa.string()), "at": h.at})
                for goal, h in outcomes.items()]
        pq.write_table(pa.concat_tables(rows) if rows else _EMPTY.empty_table(), waiting / "outcomes.parquet", compression="zstd")
        (waiting / "span.json").write_text(json.dumps({"start": start, "end": end, "batches": batches}) + "\n", encoding="utf-8")
        shutil.rmtree(self._span(start), ignore_errors=True)
        waiting.replace(self._span(start))

    def touches(self, since: int, before: int) -> list[pa.Table]:
        """Touches received in spans with since <= start < before."""
        return [pq.read_table(self._span(s) / "touches.parquet") for s in self.starts(since, before)]

    def outcomes(self, goal: str, before: int) -> Happened:
        """When a goal came about in spans that started before an instant."""
        tables = [pq.read_table(self._span(s) / "outcomes.parquet", filters=[("goal", "=", goal)]) for s in self.starts(0, before)]
        if not tables:
            return Happened(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
        table = pa.concat_tables(tables)
        return Happened(table["person"].to_numpy(), table["at"].to_numpy())

    def _span(self, start: int) -> Path:
        return self._folder / str(start // SECOND)
