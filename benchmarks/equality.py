"""Whether the floor did what the engine did: EXCEPT ALL both ways over what both wrote."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

WHOLE = (
    "tonglu.membership", "tonglu.segment_size", "tonglu.profile", "tonglu.entry", "tonglu.rest", "tonglu.ended", "tonglu.move",
    "tonglu.candidate", "tonglu.left_out", "tonglu.exposure", "tonglu.decision", "tonglu.ghost", "tonglu.touch", "tonglu.waiting_touch",
    "tonglu.conversion", "tonglu.delivery", "tonglu.opt_out", "tonglu.attribute",
    "tonglu.suitability", "tonglu.risk_seen", "tonglu.risk_count",
    "tonglu.worth", "tonglu.weighed", "tonglu.yielded", "tonglu.hours_group", "tonglu.contender", "tonglu.limit_use", "tonglu.allocation",
    "tonglu.work_item", "tonglu.fairness",
)  # fmt: skip
LIFT = "run_no, journey, goal, assigned_treated, assigned_control, n_treated, n_control, conversions_treated, conversions_control"
LEARNED = "run_no, version_no, journey, step_key, step, arm_no, arm, n, conversions"
STAGED = "touch_key, customer_id, journey, version, address, message, arm, variables, not_before, expires_at, heeds_opt_out"
TABLES = "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'engine' AND schema_name IN ({}) ORDER BY ALL"


@dataclass(frozen=True)
class Compared:
    """One comparison: rows on the engine's side, rows that only one side has, and a few of those."""

    name: str
    rows: int
    only_engine: int
    only_floor: int
    examples: tuple[object, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether both sides have the same rows, each as often."""
        return not self.only_engine and not self.only_floor


def compare(engine: Path, floor: Path, run_no: int) -> list[Compared]:
    """Compare the two sides.

    Args:
        engine: the project after the engine's run.
        floor: the folder after the floor's.
        run_no: the run that both made.
    """
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{engine / 'data' / 'warehouse.duckdb'}' AS engine (READ_ONLY)")
    connection.execute(f"ATTACH '{floor / 'warehouse.duckdb'}' AS floor (READ_ONLY)")
    connection.execute(
        f"ATTACH '{engine / 'data' / 'published' / f'tonglu-{run_no:06d}.duckdb'}' AS engine_published (READ_ONLY)"
    )
    connection.execute(f"ATTACH '{floor / 'published.duckdb'}' AS floor_published (READ_ONLY)")

    def tables(*schemas: str) -> list[str]:
        listed = ", ".join(f"'{schema}'" for schema in schemas)
        return [name for (name,) in connection.execute(TABLES.format(listed)).fetchall()]

    pairs = {name: (f"FROM engine.{name}", f"FROM floor.{name}") for name in (*WHOLE, *tables("segment", "risk"))}
    pairs["tonglu.lift, counts"] = _both(f"SELECT {LIFT} FROM {{}}.tonglu.lift")
    pairs["tonglu.learned, counts"] = _both(f"SELECT {LEARNED} FROM {{}}.tonglu.learned")
    for name in tables("source", "personal", "history"):
        today = f"SELECT * FROM {{}}.{name} WHERE loaded_run = {run_no}"
        pairs[f"{name}, today's rows"] = _both(today)
        pairs[f"{name}, rows by run"] = _both(f"SELECT loaded_run, count(*) FROM {{}}.{name} GROUP BY ALL")
    pairs["staged batches"] = (
        f"SELECT {STAGED} FROM read_parquet('{engine / 'data' / 'staged'}/{run_no:06d}-*.parquet')",
        f"SELECT {STAGED} FROM read_parquet('{floor}/staged/*/*.parquet', hive_partitioning = true)",
    )
    for name in ("entry", "rest", "move", "decision", "touch", "membership", "receipt"):
        pairs[f"published {name}"] = (f"FROM engine_published.engine.{name}", f"FROM floor_published.engine.{name}")
    return [_compare(connection, name, *sides) for name, sides in pairs.items()]


def _both(query: str) -> tuple[str, str]:
    return query.format("engine"), query.format("floor")


def _compare(connection: duckdb.DuckDBPyConnection, name: str, engine: str, floor: str) -> Compared:
    [(rows,)] = connection.execute(f"SELECT count(*) FROM ({engine})").fetchall()
    only = [f"SELECT * FROM ({one}) EXCEPT ALL SELECT * FROM ({other})" for one, other in ((engine, floor), (floor, engine))]
    counts = [connection.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0] for query in only]
    examples = (
        [row for query in only for row in connection.execute(f"{query} ORDER BY ALL LIMIT 3").fetchall()] if any(counts) else []
    )
    return Compared(name, rows, counts[0], counts[1], tuple(examples))
