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
        self._read: dict[int, tuple[int, dict[str, Happened], set[str]]] = {}

    def starts(self, since: int, before: int) -> list[int]:
        """Starts of complete spans with since <= start < before, in order."""
        if not self._folder.exists():
            return []
        found = sorted(int(path.name) * SECOND for path in self._folder.iterdir() if path.name.isdigit())
        return [start for start in found if since <= start < before]

    def batches(self, before: int) -> set[str]:
        """Names of the batches that earlier spans received."""
        return set().union(*(self._span_facts(start)[1] for start in self.starts(0, before)))

    def keep(self, start: int, end: int, batches: list[str], touches: pa.Table, outcomes: dict[str, Happened]) -> None:
        """Store a span; it appears complete."""
        waiting = self._folder / f"{start // SECOND}.tmp"
        shutil.rmtree(waiting, ignore_errors=True)
        waiting.mkdir(parents=True)
        pq.write_table(touches, waiting / "touches.parquet", compression="zstd")
        rows = [
            pa.table({"person": h.person, "goal": pa.array([goal] * len(h.person), pa.string()), "at": h.at})
            for goal, h in outcomes.items()
        ]
        pq.write_table(pa.concat_tables(rows) if rows else _EMPTY.empty_table(), waiting / "outcomes.parquet", compression="zstd")
        (waiting / "span.json").write_text(json.dumps({"start": start, "end": end, "batches": batches}) + "\n", encoding="utf-8")
        shutil.rmtree(self._span(start), ignore_errors=True)
        waiting.replace(self._span(start))

    def touches(self, since: int, before: int) -> list[pa.Table]:
        """Touches received in spans with since <= start < before."""
        return [pq.read_table(self._span(s) / "touches.parquet") for s in self.starts(since, before)]

    def outcomes(self, goal: str, before: int) -> Happened:
        """When a goal came about in spans that started before an instant."""
        none = Happened(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
        parts = [none, *(self._span_facts(start)[0].get(goal, none) for start in self.starts(0, before))]
        return Happened(np.concatenate([p.person for p in parts]), np.concatenate([p.at for p in parts]))

    def _span_facts(self, start: int) -> tuple[dict[str, Happened], set[str]]:
        """Outcomes by goal and batch names of a span, read once per version of the span: every day asks for all days before."""
        span = self._span(start)
        version = (span / "span.json").stat().st_mtime_ns
        if start not in self._read or self._read[start][0] != version:
            table = pq.read_table(span / "outcomes.parquet")
            goals, person, at = table["goal"].to_pylist(), table["person"].to_numpy(), table["at"].to_numpy()
            names = np.array(goals, dtype=np.str_)
            outcomes = {str(g): Happened(person[names == g], at[names == g]) for g in sorted(set(goals))}
            batches = set(json.loads((span / "span.json").read_text(encoding="utf-8"))["batches"])
            self._read[start] = (version, outcomes, batches)
        return self._read[start][1:]

    def _span(self, start: int) -> Path:
        return self._folder / str(start // SECOND)
